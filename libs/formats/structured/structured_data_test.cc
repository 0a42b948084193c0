#include "libs/formats/structured/structured_data.h"

#include <gtest/gtest.h>

namespace day::formats::structured {
namespace {

// Numbers that issuers publish for tests.
TEST(CardsTest, CountsNumbersOfIssuers) {
  EXPECT_EQ(CountCards("4111111111111111", CardMode::kAll, 9), 1u);
  EXPECT_EQ(CountCards("a: 4111-1111-1111-1111, 5555 5555 5555 4444\n378282246310005.",
                       CardMode::kAll, 9),
            3u);
  EXPECT_EQ(CountCards("6011111111111117 30569309025904 3530111333300000", CardMode::kAll, 9), 3u);
  EXPECT_EQ(CountCards("6011111111111117, 30569309025904, 3530111333300000", CardMode::kAll, 9),
            3u);
  EXPECT_EQ(CountCards("4111111111111111\n4111111111111111", CardMode::kAll, 1), 1u);
}

TEST(CardsTest, OthersAreNone) {
  EXPECT_EQ(CountCards("4111111111111112", CardMode::kAll, 9), 0u);   // Luhn
  EXPECT_EQ(CountCards("1234567812345670", CardMode::kAll, 9), 0u);   // issuer
  EXPECT_EQ(CountCards("x4111111111111111", CardMode::kAll, 9), 0u);  // touches a letter
  EXPECT_EQ(CountCards("4111111111111111y", CardMode::kAll, 9), 0u);
  EXPECT_EQ(CountCards("41111111111111111", CardMode::kAll, 9), 0u);  // 17 digits
  EXPECT_EQ(CountCards("", CardMode::kAll, 9), 0u);
  EXPECT_TRUE(PassesLuhn("79927398713"));
  EXPECT_FALSE(PassesLuhn("79927398710"));
}

TEST(SsnTest, CountsByFormat) {
  constexpr std::string_view kText = "123-45-6789 and 123456789, 772-99-9999";
  EXPECT_EQ(CountSsns(kText, SsnFormat::kNormal, 9), 2u);
  EXPECT_EQ(CountSsns(kText, SsnFormat::kStripped, 9), 1u);
  EXPECT_EQ(CountSsns(kText, SsnFormat::kBoth, 9), 3u);
  EXPECT_EQ(CountSsns(kText, SsnFormat::kBoth, 2), 2u);
  for (const char* none :
       {"000-45-6789", "666-45-6789", "773-45-6789", "123-00-6789", "123-45-0000", "1123-45-6789",
        "123-45-67890", "123-45-678", "a123-45-6789", "123 45 6789", ""}) {
    EXPECT_EQ(CountSsns(none, SsnFormat::kBoth, 9), 0u) << none;
  }
}

}  // namespace
}  // namespace day::formats::structured
