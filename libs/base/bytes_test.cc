#include "libs/base/bytes.h"

#include <gtest/gtest.h>

#include "libs/base/budget.h"
#include "libs/base/checked.h"
#include "libs/base/find.h"

namespace day::base {
namespace {

TEST(BytesTest, ReadsBothEndiansAndRefusesWhatLiesOutside) {
  const Bytes bytes = AsBytes("\x01\x02\x03\x04");
  EXPECT_EQ(ReadAt<std::uint16_t>(bytes, 1), 0x0302);
  EXPECT_EQ(ReadAt<std::uint16_t>(bytes, 1, Endian::kBig), 0x0203);
  EXPECT_EQ(ReadAt<std::uint32_t>(bytes, 0, Endian::kBig), 0x01020304u);
  EXPECT_FALSE(ReadAt<std::uint32_t>(bytes, 1).has_value());
  EXPECT_FALSE(ReadAt<std::uint8_t>(bytes, ~std::uint64_t{0}).has_value());
}

TEST(BytesTest, ReaderFailsForGood) {
  ByteReader reader(AsBytes("abc"));
  EXPECT_EQ(reader.U16(), 0x6261);
  EXPECT_EQ(reader.U16(), 0);
  EXPECT_FALSE(reader.ok());
  EXPECT_EQ(reader.U8(), 0);
}

TEST(FindTest, FindsWhatStringViewFinds) {
  const std::string_view text = "aab abab ab aabb b";
  for (const std::string_view word : {"aab", "ab", "b b", "bb", "abc", "aab abab ab aabb b "}) {
    for (std::size_t rare = 0; rare < word.size(); ++rare) {
      for (std::size_t from = 0; from < text.size() + 2; ++from) {
        EXPECT_EQ(FindBy(text, word, rare, from), text.find(word, from)) << word << rare << from;
      }
    }
  }
}

TEST(BytesTest, SlicesNeverLeaveTheirSpan) {
  const Bytes bytes = AsBytes("abcdef");
  EXPECT_FALSE(Slice(bytes, 4, 3).has_value());
  EXPECT_EQ(AsText(*Slice(bytes, 4, 2)), "ef");
  EXPECT_EQ(AsText(ClippedSlice(bytes, 4, ~std::uint64_t{0})), "ef");
  EXPECT_TRUE(ClippedSlice(bytes, 9, 1).empty());
}

TEST(BytesTest, HexRoundTrip) {
  EXPECT_EQ(ToHex(AsBytes("\x01\xAF")), "01af");
  EXPECT_EQ(FromHex("01aF"), std::string("\x01\xAF"));
  EXPECT_FALSE(FromHex("0").has_value());
  EXPECT_FALSE(FromHex("0g").has_value());
}

TEST(BudgetTest, KeepsTheFirstLimitHit) {
  Budget budget({.depth_max = 1, .files_max = 1, .bytes_out_max = 10});
  EXPECT_TRUE(budget.SpendBytesOut(10).ok());
  EXPECT_FALSE(budget.SpendBytesOut(1).ok());
  EXPECT_TRUE(budget.SpendFile().ok());
  EXPECT_FALSE(budget.SpendFile().ok());
  EXPECT_EQ(budget.exceeded(), Limit::kBytesOut);
}

TEST(CheckedTest, RefusesWhatDoesNotFit) {
  EXPECT_FALSE(CheckedAdd<std::uint8_t>(200, 100).has_value());
  EXPECT_FALSE(CheckedMul<std::uint32_t>(1u << 31, 2).has_value());
  EXPECT_EQ((CheckedCast<std::uint8_t>(255)), 255);
  EXPECT_FALSE((CheckedCast<std::uint8_t>(-1)).has_value());
}

}  // namespace
}  // namespace day::base
