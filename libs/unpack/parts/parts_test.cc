#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "libs/unpack/parts/archive.h"
#include "libs/unpack/parts/bits.h"
#include "libs/unpack/parts/markup.h"
#include "libs/unpack/parts/prefix_code.h"
#include "libs/unpack/parts/sink.h"

namespace day::unpack::parts {
namespace {

TEST(PartsTest, BitsComeInBothOrders) {
  const std::string bytes = "\xA5\x0F";
  LsbBits low(base::AsBytes(bytes));
  EXPECT_EQ(low.Take(4), 0x5u);
  EXPECT_EQ(low.Take(8), 0xFAu);
  EXPECT_EQ(low.position(), 2u);
  EXPECT_FALSE(low.overrun());
  EXPECT_EQ(low.Take(4), 0u);
  EXPECT_FALSE(low.overrun());
  EXPECT_EQ(low.Take(1), 0u);
  EXPECT_TRUE(low.overrun());
  MsbBits high(base::AsBytes(bytes));
  EXPECT_EQ(high.Take(4), 0xAu);
  EXPECT_EQ(high.Peek(8), 0x50u);
  EXPECT_EQ(high.Take(12), 0x50Fu);
  EXPECT_FALSE(high.overrun());
  high.Drop(1);
  EXPECT_TRUE(high.overrun());
}

TEST(PartsTest, LsbBitsAtTheEndOfAByte) {
  const std::string bytes = "\xFF\x12";
  LsbBits bits(base::AsBytes(bytes));
  EXPECT_EQ(bits.Take(3), 7u);
  bits.ToByte();
  EXPECT_EQ(bits.Take(8), 0x12u);
}

// The bit `at` of the bytes, or zero behind them.
unsigned BitAt(const std::string& bytes, std::size_t at, bool is_highest_first) {
  if (at / 8 >= bytes.size()) {
    return 0;
  }
  const auto byte = static_cast<unsigned char>(bytes[at / 8]);
  return byte >> (is_highest_first ? 7 - at % 8 : at % 8) & 1u;
}

TEST(PartsTest, BitsOfAnyCountAreThoseOneByOne) {
  std::mt19937 random(1);
  for (int round = 0; round < 200; ++round) {
    std::string bytes(random() % 40, '\0');
    for (char& byte : bytes) {
      byte = static_cast<char>(random());
    }
    LsbBits low(base::AsBytes(bytes));
    MsbBits high(base::AsBytes(bytes));
    for (std::size_t at = 0; at < bytes.size() * 8 + 70;) {
      const unsigned count = random() % 33;
      std::uint64_t of_low = 0;
      std::uint64_t of_high = 0;
      for (unsigned i = 0; i < count; ++i) {
        of_low |= std::uint64_t{BitAt(bytes, at + i, false)} << i;
        of_high = of_high << 1 | BitAt(bytes, at + i, true);
      }
      ASSERT_EQ(low.Peek(count), of_low);
      ASSERT_EQ(high.Peek(count), of_high);
      ASSERT_EQ(low.Take(count), of_low);
      high.Drop(count);
      at += count;
      ASSERT_EQ(low.overrun(), at > bytes.size() * 8);
      ASSERT_EQ(high.overrun(), at > bytes.size() * 8);
      ASSERT_EQ(high.taken(), at);
      ASSERT_EQ(low.position(), std::min(bytes.size(), (at + 7) / 8));
    }
  }
}

TEST(PartsTest, PrefixCodesAreCanonical) {
  PrefixCode code;
  ASSERT_TRUE(code.Build(std::vector<std::uint8_t>{2, 1, 3, 3}));  // 10, 0, 110, 111
  const std::string bytes = "\x5B\x80";                            // 0 10 110 111 0...
  MsbBits bits(base::AsBytes(bytes));
  for (const std::uint32_t symbol : {1u, 0u, 2u, 3u, 1u}) {
    EXPECT_EQ(code.Decode(bits), symbol);
  }
  EXPECT_FALSE(code.Build(std::vector<std::uint8_t>{1, 1, 1}));
  EXPECT_FALSE(code.Build(std::vector<std::uint8_t>{21}));
}

TEST(PartsTest, SinkCopiesBackOverItself) {
  base::Budget budget{base::BudgetLimits{}};
  inflate::OutputBuffer buffer;
  ASSERT_TRUE(buffer.Append(base::AsBytes("before")));
  {
    Sink sink(10, budget, buffer);
    EXPECT_TRUE(sink.Write(base::AsBytes("ab")));
    EXPECT_TRUE(sink.CopyBack(2, 5));
    EXPECT_TRUE(sink.CopyBack(9, 2, Sink::Before::kZeros));
    EXPECT_EQ(base::AsText(sink.content()), std::string("abababa\0\0", 9));
    EXPECT_FALSE(sink.CopyBack(10, 1));
    EXPECT_EQ(sink.gap(), "damaged: a match reaches back too far");
  }
  EXPECT_EQ(budget.bytes_out(), 9u);
  EXPECT_EQ(buffer.size(), 15u);
}

TEST(PartsTest, SinkEndsAtLimits) {
  base::BudgetLimits limits;
  limits.file_bytes_max = 100'000;
  limits.bytes_out_max = 150'000;
  base::Budget budget(limits);
  inflate::OutputBuffer buffer;
  for (const auto& [size, gap] :
       {std::pair(100'000u, "limit file_bytes_max"), std::pair(50'000u, "limit bytes_out_max")}) {
    Sink sink(10, budget, buffer);
    EXPECT_TRUE(sink.Put('x'));
    EXPECT_FALSE(sink.CopyBack(1, 1'000'000));
    EXPECT_EQ(sink.produced(), size);
    EXPECT_EQ(sink.gap(), gap);
  }
}

TEST(PartsTest, SinkEndsAtTheRatio) {
  base::Budget budget{base::BudgetLimits{}};
  inflate::OutputBuffer buffer;
  Sink sink(100, budget, buffer);
  sink.Put('x');
  EXPECT_FALSE(sink.CopyBack(1, 50'000'000));
  EXPECT_EQ(sink.gap(), "limit ratio_max");
  EXPECT_LT(sink.produced(), 11'000'000u);
}

TEST(PartsTest, StoredMembersArePaid) {
  base::BudgetLimits limits;
  limits.bytes_out_max = 5;
  base::Budget budget(limits);
  const Member whole = StoredMember("a", base::AsBytes("1234"), budget);
  EXPECT_EQ(whole.gap, "");
  EXPECT_TRUE(whole.has_content);
  const Member cut = StoredMember("b", base::AsBytes("1234"), budget);
  EXPECT_EQ(base::AsText(cut.content), "1");
  EXPECT_EQ(cut.gap, "limit bytes_out_max");
}

// Tags and texts, "tag|text" each.
std::vector<std::string> Elements(std::string_view text) {
  ElementScanner scanner(text);
  std::vector<std::string> all;
  while (const auto element = scanner.Next()) {
    all.push_back(std::string(element->tag) + "|" + std::string(element->text));
  }
  EXPECT_EQ(scanner.position(), text.size());
  return all;
}

TEST(PartsTest, ElementsAreFoundWhateverIsWrong) {
  using All = std::vector<std::string>;
  EXPECT_EQ(Elements("a<b>c</b>"), (All{"b|c", "/b|"}));
  EXPECT_EQ(Elements("<b c=\"1>2\" d='\">'>e"), (All{"b c=\"1>2\" d='\">'|e"}));
  EXPECT_EQ(Elements("<b c=\"1>e<f>"), (All{"b c=\"1|e", "f|"}));  // a quote that does not end
  EXPECT_EQ(Elements("<b <c>d<"), (All{"b |", "c|d", "|"}));
  EXPECT_EQ(Elements("<b> <!-- <x> -->c<!-- <y> -->d<e>"), (All{"b|c", "e|"}));
  EXPECT_EQ(Elements("<!-- <x> <!-- --><b><!-- <c>d"), (All{"b|", "!-- |", "c|d"}));
  EXPECT_EQ(Elements(""), All{});
}

}  // namespace
}  // namespace day::unpack::parts
