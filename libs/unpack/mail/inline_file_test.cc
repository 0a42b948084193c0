#include "libs/unpack/mail/inline_file.h"

#include <gtest/gtest.h>

#include <vector>

namespace day::unpack::mail {
namespace {

struct Found {
  std::string name;
  std::string data;
  std::string gap;
};

std::vector<Found> All(std::string_view text, std::uint64_t room = 100'000) {
  std::vector<Found> all;
  std::size_t at = 0;
  while (const auto file = FindInlineFile(text, at)) {
    inflate::OutputBuffer out;
    const InlineContent content = DecodeInline(*file, room, out);
    all.push_back({content.name.empty() ? std::string(file->name) : content.name,
                   std::string(base::AsText(content.data)), content.cut ? "cut" : content.gap});
  }
  return all;
}

constexpr std::string_view kNoEnd = "damaged: the encoded file has no end";

TEST(UuencodeTest, ReadsFilesInText) {
  const auto found =
      All("hello\nbegin 644 a b.txt\n%:&5L;&\\\n`\nend\ntext\nbegin 600 c\n!80\n \nend");
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].name, "a b.txt");
  EXPECT_EQ(found[0].data, "hello");
  EXPECT_EQ(found[0].gap, "");
  EXPECT_EQ(found[1].name, "c");
  EXPECT_EQ(found[1].data, "a") << "blanks at the end of the line are gone";
}

TEST(UuencodeTest, NeedsNoEnd) {
  auto found = All("begin 644 a\r\n%:&5L;&\\\r\n");
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].data, "hello");
  EXPECT_EQ(found[0].gap, kNoEnd);
  found = All("begin 644 a\n%:&5L;&\\\nbegin 644 b\n%:&5L;&\\\nend\n");
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].gap, kNoEnd);
  EXPECT_EQ(found[1].data, "hello");
}

TEST(UuencodeTest, PassesOverJunkLines) {
  const auto found = All("begin 644 a\n%:&5L;&\\\nthis is junk\n\n!80``\nend\n");
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].data, "helloa");
}

TEST(UuencodeTest, ReadsDamagedLines) {
  const std::string line = "M" + std::string(60, '`') + "\n";
  std::string damaged = line;
  damaged[20] = 'b';
  auto found = All("begin 644 a\n" + damaged + "%:&5L;&\\\nend\n");
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].data.substr(45), "hello");
  found = All("begin 644 a\nM" + std::string(80, '`') + "\n%:&5L;&\\\nend\n");
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].data.substr(45), "hello") << "a line that is too long";
  EXPECT_EQ(All("begin 694 a\n%:&5L;&\\\nend\n").size(), 1u) << "a mode that is none";
}

TEST(UuencodeTest, OrdinaryWordsAreNoFile) {
  EXPECT_TRUE(All("begin 644 and then some words\nthat are no such line\n").empty());
  EXPECT_TRUE(All("begin with 3 eggs\n").empty());
  EXPECT_TRUE(All("begin 644\n").empty());
  EXPECT_TRUE(All("begin 644 a").empty());
  EXPECT_TRUE(All("").empty());
}

TEST(UuencodeTest, ReadsBase64) {
  const auto found = All("begin-base64 644 a\naGVs\nbG8=\n====\nx");
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].data, "hello");
  EXPECT_EQ(found[0].gap, "");
}

TEST(YencTest, ReadsEscapesAndChecksums) {
  // "hello" is 92 8F 96 96 99; the sum is that of "hello".
  const std::string body = "\x92\x8F\r\n\x96\x96\x99";
  const std::string start = "=ybegin line=128 size=5 name=a b\r\n";
  auto found = All(start + body + "\r\n=yend size=5 crc32=3610a686\r\n");
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].name, "a b");
  EXPECT_EQ(found[0].data, "hello");
  EXPECT_EQ(found[0].gap, "");
  EXPECT_EQ(All(start + body + "\n=yend size=5 crc32=1\n")[0].gap, "damaged: wrong checksum");
  EXPECT_EQ(All(start + body)[0].gap, kNoEnd);
  found = All("=ybegin part=1 name=a\n=ypart begin=1 end=1\n=\x6A\n=yend part=1 crc32=1\n");
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].data, std::string(1, '\0')) << "42 + 64 is zero, escaped";
  EXPECT_EQ(found[0].gap, "") << "the sum is of the whole file";
}

TEST(BinHexTest, SurvivesEveryTruncation) {
  const std::string file =
      "(This file must be converted with BinHex 4.0)\n\n:\"&%ZBfpY!&4&@&4dG(Kd!!!!!!8!!!!!-ep"
      "H5!!!:";
  for (std::size_t i = 0; i < file.size(); ++i) {
    const auto found = All(file.substr(0, i));
    EXPECT_TRUE(found.empty() || found[0].gap == kNoEnd) << i;
  }
  EXPECT_TRUE(All("(This file must be converted with BinHex 4.0)\n").empty());
  ASSERT_EQ(All("(This file must be converted with BinHex 4.0)\n:!!:").size(), 1u);
  EXPECT_EQ(All("(This file must be converted with BinHex 4.0)\n:!!:")[0].gap,
            "damaged: the BinHex data ends too early");
}

TEST(InlineFileTest, StopsAtTheRoom) {
  const auto found = All("begin 644 a\n%:&5L;&\\\nend\n", 3);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].data, "hel");
  EXPECT_EQ(found[0].gap, "cut");
}

}  // namespace
}  // namespace day::unpack::mail
