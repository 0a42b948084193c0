#include "libs/unpack/cms/cms_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace day::unpack::cms {
namespace {

using ::testing::ElementsAre;

std::string Definite(unsigned tag, const std::string& content) {
  std::string out(1, static_cast<char>(tag));
  if (content.size() < 0x80) {
    out += static_cast<char>(content.size());
  } else {
    out += '\x82';
    out += static_cast<char>(content.size() >> 8);
    out += static_cast<char>(content.size() & 0xFF);
  }
  return out + content;
}
std::string Indefinite(unsigned tag, const std::string& content) {
  return std::string{static_cast<char>(tag), '\x80'} + content + std::string(2, '\0');
}

const std::string kPrefix("\x2A\x86\x48\x86\xF7\x0D\x01", 7);
std::string Oid(const std::string& rest) { return Definite(6, kPrefix + rest); }

std::string Message(const std::string& kind, const std::string& content, bool is_definite = true) {
  const auto wrap = is_definite ? &Definite : &Indefinite;
  const std::string inner = wrap(0x30, Oid("\x07\x01") + wrap(0xA0, content));
  return wrap(0x30, Oid(kind) + wrap(0xA0, wrap(0x30, Definite(2, "\x01") +
                                                          wrap(0x31, wrap(0x30, Oid("x"))) + inner +
                                                          Definite(0x31, "signers"))));
}

std::vector<std::string> WalkAll(const std::string& file) {
  std::vector<std::string> parts;
  EXPECT_TRUE(CmsReader::IsCms(base::AsBytes(file)));
  CmsReader reader(base::AsBytes(file));
  base::Budget budget{base::BudgetLimits{}};
  inflate::Inflater inflater;
  inflate::OutputBuffer buffer;
  while (const auto part = reader.Next(budget, inflater, buffer)) {
    parts.push_back(part->name + "=" + std::string(base::AsText(part->content)) + part->gap);
  }
  return parts;
}

TEST(CmsReaderTest, GivesSignedContent) {
  const std::string content = Definite(4, std::string(300, 'x') + "end");
  EXPECT_THAT(WalkAll(Message("\x07\x02", content)),
              ElementsAre("(signed content)=" + std::string(300, 'x') + "end"));
}

TEST(CmsReaderTest, PutsPiecesTogether) {
  const std::string pieces =
      Definite(4, "one ") + Indefinite(0x24, Definite(4, "two ")) + Definite(4, "three");
  EXPECT_THAT(WalkAll(Message("\x07\x02", Indefinite(0x24, pieces), false)),
              ElementsAre("(signed content)=one two three"));
  EXPECT_THAT(WalkAll(Message("\x07\x02",
                              Definite(0x24, Definite(4, "a") + Definite(0x24, Definite(4, "b")) +
                                                 Definite(4, "c")))),
              ElementsAre("(signed content)=abc"));
}

TEST(CmsReaderTest, EncryptedMessagesAreGaps) {
  EXPECT_THAT(WalkAll(Message("\x07\x03", "cipher")), ElementsAre("(content)=encrypted"));
}

TEST(CmsReaderTest, CompressedMessagesAreInflated) {
  const std::string packed = "\x78\x9C\x01\x04" + std::string("\0\xFB\xFF", 3) + "text";
  EXPECT_THAT(WalkAll(Message("\x09\x10\x01\x09", Definite(4, packed))),
              ElementsAre("(content)=text"));
}

TEST(CmsReaderTest, DetachedSignaturesHaveNone) {
  const std::string file =
      Definite(0x30, Oid("\x07\x02") +
                         Definite(0xA0, Definite(0x30, Definite(2, "\x01") + Definite(0x31, "") +
                                                           Definite(0x30, Oid("\x07\x01")))));
  EXPECT_THAT(WalkAll(file), ElementsAre());
  EXPECT_FALSE(CmsReader::IsCms(base::AsBytes("0 is no message")));
}

}  // namespace
}  // namespace day::unpack::cms
