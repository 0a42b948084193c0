#include "libs/unpack/blocks/block_decoder.h"

#include <gtest/gtest.h>

namespace day::unpack::blocks {
namespace {

using std::string_view_literals::operator""sv;

std::string gap;

std::string Decode(Codec codec, std::string_view packed, std::uint64_t size_max = 100) {
  BlockDecoder decoder;
  base::Budget budget{base::BudgetLimits{}};
  inflate::OutputBuffer out;
  gap = decoder.Decode(codec, base::AsBytes(packed), size_max, budget, out);
  EXPECT_EQ(budget.bytes_out(), 0u);
  return std::string(base::AsText(out.bytes()));
}

TEST(BlockDecoderTest, Stored) {
  EXPECT_EQ(Decode(Codec::kStored, "text"), "text");
  EXPECT_EQ(gap, "");
  EXPECT_EQ(Decode(Codec::kStored, "text", 3), "");
  EXPECT_EQ(gap, "damaged: a block is longer than it may be");
}

TEST(BlockDecoderTest, Zlib) {
  const auto packed = "\x78\x01\x01\x04\0\xFB\xFFtext"sv;
  EXPECT_EQ(Decode(Codec::kZlib, packed), "text");
  EXPECT_EQ(gap, "");
  EXPECT_EQ(Decode(Codec::kZlib, packed, 4), "text");
  EXPECT_EQ(gap, "");
  Decode(Codec::kZlib, packed, 3);
  EXPECT_EQ(gap, "damaged: a block is longer than it may be");
  Decode(Codec::kZlib, "x");
  EXPECT_EQ(gap, "damaged: no zlib header");
}

TEST(BlockDecoderTest, Lz4) {
  // Four literals, a match of eight from four bytes back, five literals at the end.
  EXPECT_EQ(Decode(Codec::kLz4,
                   "\x44"
                   "abcd\x04\0\x50"
                   "12345"sv),
            "abcdabcdabcd12345");
  EXPECT_EQ(gap, "");
  Decode(Codec::kLz4,
         "\x44"
         "abcd\x09\0\x50"
         "12345"sv);
  EXPECT_EQ(gap, "damaged: invalid LZ4 data");
}

// Instructions of every kind, and the end mark.
TEST(BlockDecoderTest, Lzo) {
  // Three literals at first; 2 bytes from 3 back, and a literal; 2 from 4 back.
  EXPECT_EQ(Decode(Codec::kLzo,
                   "\x14"
                   "abc"
                   "\x09\0d"
                   "\x0C\0"
                   "\x11\0\0"sv),
            "abcabdca");
  EXPECT_EQ(gap, "");
  // Four literals; 3 bytes from 4 back; a run of 4; 5 from 8; 40 from one, by a length that goes
  // on.
  EXPECT_EQ(Decode(Codec::kLzo,
                   "\x15"
                   "abcd"
                   "\x4C\0"
                   "\x01"
                   "wxyz"
                   "\x9C\0"
                   "\x20\x07\0\0"
                   "\x11\0\0"sv),
            "abcdabcwxyzdabcw" + std::string(40, 'w'));
  EXPECT_EQ(gap, "");
  Decode(Codec::kLzo,
         "\x15"
         "abcd"
         "\x4C"sv);
  EXPECT_EQ(gap, "damaged: the data ends too early");
  Decode(Codec::kLzo,
         "\x15"
         "abcd"
         "\x5C\0"
         "\x11\0\0"sv);
  EXPECT_NE(gap, "");
}

// 3 bytes from above 2 KiB back, 33 and more KiB back, and a long run of literals.
TEST(BlockDecoderTest, LzoFarMatches) {
  std::string text;
  for (int i = 0; text.size() < 40'000; ++i) {
    text += std::to_string(i) + ",";
  }
  text.resize(40'000);
  std::string packed(1, '\0');  // a run: 18 and 255 for each zero, and the rest
  const std::size_t rest = text.size() - 18;
  packed += std::string((rest - 1) / 255, '\0') + static_cast<char>((rest - 1) % 255 + 1) + text;
  packed += "\x00\x01"sv;      // 3 bytes from 2049 + 4 back
  packed += "\x1E\x00\xFA"sv;  // 8 from 16384 * 2 + 16000
  packed += "\x11\0\0"sv;
  EXPECT_EQ(Decode(Codec::kLzo, packed, 100'000), text + text.substr(text.size() - 2053, 3));
  EXPECT_NE(gap, "");                                      // that lies before the start
  packed.replace(packed.size() - 6, 3, "\x1E\x00\x20"sv);  // 2048: 34,816 back
  const std::string grown = text + text.substr(text.size() - 2053, 3);
  EXPECT_EQ(Decode(Codec::kLzo, packed, 100'000), grown + grown.substr(grown.size() - 34'816, 8));
  EXPECT_EQ(gap, "");
}

// Every kind of instruction.
TEST(BlockDecoderTest, Lzvn) {
  // Five literals; one, and 3 from 2 back; one, and 3 by the same distance; 4 from 9 back, written
  // long; one, and 4 from 5 back; one by the same distance; nothing; the end.
  EXPECT_EQ(Decode(Codec::kLzvn,
                   "\xE5"
                   "abcde"
                   "\x40\x02"
                   "f"
                   "\x46"
                   "g"
                   "\x0F\x09\0"
                   "\xA8\x15\0"
                   "h"
                   "\xF1"
                   "\x0E"
                   "\x06\0\0\0\0\0\0\0"sv),
            "abcdefefegegeefefhefefh");
  EXPECT_EQ(gap, "");
  EXPECT_EQ(Decode(Codec::kLzvn,
                   "\xE0\0"
                   "sixteen letters!"
                   "\xF0\4"
                   "\6"sv),
            "sixteen letters!");
  EXPECT_NE(gap, "");  // a match without a distance
  Decode(Codec::kLzvn,
         "\xE5"
         "abc"sv);
  EXPECT_EQ(gap, "damaged: the data ends too early");
  for (const std::string_view unknown : {"\x1E", "\x70", "\xD3"}) {
    Decode(Codec::kLzvn, unknown);
    EXPECT_EQ(gap, "damaged: invalid LZVN data");
  }
}

TEST(BlockDecoderTest, Lzfse) {
  EXPECT_EQ(Decode(Codec::kLzfse,
                   "bvx-\3\0\0\0"
                   "rawbvxn\2\0\0\0\4\0\0\0\xE2hi\6bvx$"sv),
            "rawhi");
  EXPECT_EQ(gap, "");
  Decode(Codec::kLzfse, "bvx-\3\0\0\0raw"sv);
  EXPECT_EQ(gap, "damaged: the data ends too early");
  Decode(Codec::kLzfse, "bvx1\3\0\0\0raw"sv);
  EXPECT_EQ(gap, "unsupported: LZFSE block bvx1");
  Decode(Codec::kLzfse, "what is this"sv);
  EXPECT_EQ(gap, "damaged: invalid LZFSE data");
}

TEST(BlockDecoderTest, Adc) {
  // Three literals; a short match: 3 bytes from 3 back; a long one: 5 bytes from 2 back.
  EXPECT_EQ(Decode(Codec::kAdc,
                   "\x82"
                   "abc\0\x02\x41\0\x01"sv),
            "abcabcbcbcb");
  EXPECT_EQ(gap, "");
  EXPECT_EQ(Decode(Codec::kAdc,
                   "\x82"
                   "ab"sv),
            "");
  EXPECT_EQ(gap, "damaged: the data ends too early");
  Decode(Codec::kAdc, "\x80z\0\x05"sv);
  EXPECT_EQ(gap, "damaged: a match reaches back too far");
}

TEST(BlockDecoderTest, StreamsSayWhenTheyAreNone) {
  for (const Codec codec : {Codec::kLzma, Codec::kXz, Codec::kZstd, Codec::kBzip2}) {
    EXPECT_EQ(Decode(codec, "text"), "");
    EXPECT_EQ(gap, "damaged: no header");
  }
}

TEST(BlockDecoderTest, WorkIsPaid) {
  base::BudgetLimits limits;
  limits.steps_max = kStepsPerBlock + 1;
  base::Budget budget(limits);
  BlockDecoder decoder;
  inflate::OutputBuffer out;
  EXPECT_EQ(decoder.Decode(Codec::kStored, base::AsBytes("text"), 100, budget, out),
            "limit steps_max");
}

}  // namespace
}  // namespace day::unpack::blocks
