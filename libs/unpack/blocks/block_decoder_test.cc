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
