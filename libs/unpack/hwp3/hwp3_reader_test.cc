#include "libs/unpack/hwp3/hwp3_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>

namespace day::unpack::hwp3 {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;
using ::testing::SizeIs;

std::string Little(std::uint64_t value, int bytes) {
  std::string out;
  for (int i = 0; i < bytes; ++i, value >>= 8) {
    out += static_cast<char>(value & 0xFF);
  }
  return out;
}

// Deflate without compression.
std::string Stored(const std::string& text) {
  return "\1" + Little(text.size(), 2) + Little(~text.size(), 2) + text;
}

std::string File(const std::string& body, bool deflated, bool locked = false) {
  std::string info(128, '\0');
  info[96] = locked ? 1 : 0;
  info[124] = deflated ? 1 : 0;
  info[126] = 5;
  return std::string(kSignature) + info + std::string(1008, 's') + "block" +
         (deflated ? Stored(body) : body);
}

struct Walk {
  std::map<std::string, std::string> parts;  // contents, with gaps in brackets
  std::string problem;
};

Walk WalkAll(const std::string& file) {
  Walk walk;
  Hwp3Reader reader(base::AsBytes(file));
  base::Budget budget(base::BudgetLimits{});
  inflate::Inflater inflater;
  inflate::OutputBuffer buffer;
  while (const auto part = reader.Next(budget, inflater, buffer)) {
    walk.parts[part->name] =
        std::string(base::AsText(part->content)) + (part->gap.empty() ? "" : "[" + part->gap + "]");
  }
  walk.problem = std::string(reader.problem());
  return walk;
}

const std::string kObject = "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1 an object";

TEST(Hwp3ReaderTest, GivesTheBodyAndItsObjects) {
  const std::string body = "paragraphs" + Little(kObject.size() + 4, 4) + Little(0xF8995567, 4) +
                           kObject + "more" + kObject;
  const Walk walk = WalkAll(File(body, /*deflated=*/true));
  EXPECT_THAT(walk.parts, ElementsAre(Pair("(body)", body), Pair("object 1", kObject),
                                      Pair("object 2", kObject)));
  EXPECT_EQ(walk.problem, "");
  EXPECT_THAT(WalkAll(File(body, /*deflated=*/false)).parts, SizeIs(2)) << "the body is the file";
}

TEST(Hwp3ReaderTest, FlagsThatLieHideNothing) {
  const std::string body = "paragraphs" + kObject;
  for (const std::size_t flag : {96u, 124u}) {
    std::string file = File(body, /*deflated=*/true);
    file[kSignature.size() + flag] ^= 1;
    EXPECT_THAT(WalkAll(file).parts, ElementsAre(Pair("(body)", body), Pair("object 1", kObject)));
  }
}

TEST(Hwp3ReaderTest, GapsAreSaid) {
  EXPECT_THAT(WalkAll(File("no stream", false, /*locked=*/true)).parts,
              ElementsAre(Pair("(body)", "[encrypted]")));
  std::string cut = File("a body", true);
  cut.resize(cut.size() - 2);
  EXPECT_THAT(WalkAll(cut).parts.at("(body)"), ::testing::HasSubstr("[damaged"));
  EXPECT_EQ(WalkAll(std::string(kSignature)).problem, "damaged: no body");
  std::string many;
  for (std::uint64_t i = 0; i < kObjectsMax + 1; ++i) {
    many += Little(kObject.size() + 4, 4) + Little(0xF8995567, 4) + kObject;
  }
  EXPECT_EQ(WalkAll(File(many, false)).problem, "limit hwp3_objects_max");
}

}  // namespace
}  // namespace day::unpack::hwp3
