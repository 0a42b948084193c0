#include "libs/unpack/swf/swf_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <lzma.h>

#include <string>
#include <vector>

namespace day::unpack::swf {
namespace {

using ::testing::ElementsAre;

std::string Little(std::uint64_t value, int bytes) {
  std::string out;
  for (int i = 0; i < bytes; ++i, value >>= 8) {
    out += static_cast<char>(value & 0xFF);
  }
  return out;
}

// A rectangle without bits, frame rate, frame count, and a tag with a file in it.
std::string Body(const std::string& content) {
  return std::string(5, '\0') + Little((9 << 6) | 3, 2) + "rgb" + Little((87 << 6) | 0x3F, 2) +
         Little(content.size() + 6, 4) + std::string(6, '\0') + content + Little(0, 2);
}

std::vector<std::string> WalkAll(const std::string& file) {
  std::vector<std::string> parts;
  SwfReader reader(base::AsBytes(file));
  base::Budget budget{base::BudgetLimits{}};
  inflate::Inflater inflater;
  inflate::OutputBuffer buffer;
  while (const auto part = reader.Next(budget, inflater, buffer)) {
    parts.push_back(part->name + "=" + std::string(base::AsText(part->content)) + part->gap);
  }
  return parts;
}

TEST(SwfReaderTest, GivesFilesInTags) {
  EXPECT_THAT(WalkAll("FWS\x09" + Little(100, 4) + Body("the file")),
              ElementsAre("binary 1=the file"));
  EXPECT_THAT(WalkAll("FWS"), ElementsAre());
}

TEST(SwfReaderTest, DecompressesZlib) {
  const std::string body = Body("the file");
  const std::string packed =
      "\x78\x9C\x01" + Little(body.size(), 2) + Little(~body.size(), 2) + body;
  const std::string size = Little(8 + body.size(), 4);
  EXPECT_THAT(WalkAll("CWS\x09" + size + packed),
              ElementsAre("(decompressed)=FWS\x09" + size + body));
}

TEST(SwfReaderTest, DecompressesLzma) {
  const std::string body = Body("the file");
  lzma_options_lzma options;
  ASSERT_FALSE(lzma_lzma_preset(&options, 6));
  lzma_stream stream = LZMA_STREAM_INIT;
  ASSERT_EQ(lzma_alone_encoder(&stream, &options), LZMA_OK);
  std::vector<std::uint8_t> in(body.begin(), body.end());
  std::vector<std::uint8_t> out(1000);
  stream.next_in = in.data();
  stream.avail_in = in.size();
  stream.next_out = out.data();
  stream.avail_out = out.size();
  ASSERT_EQ(lzma_code(&stream, LZMA_FINISH), LZMA_STREAM_END);
  const std::string alone(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(stream.total_out));
  lzma_end(&stream);
  const std::string size = Little(8 + body.size(), 4);
  // lzma-alone has the properties and an unpacked size of eight bytes.
  EXPECT_THAT(WalkAll("ZWS\x0D" + size + Little(0, 4) + alone.substr(0, 5) + alone.substr(13)),
              ElementsAre("(decompressed)=FWS\x0D" + size + body));
}

}  // namespace
}  // namespace day::unpack::swf
