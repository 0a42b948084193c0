#include "libs/match/regex.h"

#include <gtest/gtest.h>

#include <string>

namespace day::match {
namespace {

std::string RegexError(const std::string& source) {
  const auto tree = ParseRegex(source, {}, nullptr);
  return tree.ok() ? "" : tree.error().message;
}
std::string HexError(const std::string& source) {
  const auto tree = ParseHex(source, nullptr);
  return tree.ok() ? "" : tree.error().message;
}

TEST(RegexParserTest, RefusesWhatYaraRefusesInItsWords) {
  for (const char* source : {"|a", "(|a)", "()", "(a", "a)", "a**", "^*", "{2}", "a{2}{3}", "a|*",
                             "\\b*", "(*)", "(?:a)", "+", ""}) {
    EXPECT_EQ(RegexError(source), "syntax error") << source;
  }
  EXPECT_EQ(RegexError("a\\1"), "backreferences are not allowed");
  EXPECT_EQ(RegexError("[b-a]"), "bad character range");
  EXPECT_EQ(RegexError("[a"), "missing terminating ] for character class");
  EXPECT_EQ(RegexError("a{5,2}"), "bad repeat interval");
  EXPECT_EQ(RegexError("a{40000}"), "repeat interval too large");
  EXPECT_EQ(RegexError("a{40000,}"), "bad repeat interval");
  EXPECT_EQ(RegexError("\\xZZ"), "illegal escape sequence");
  EXPECT_EQ(RegexError("[\x01]"), "non-ascii character");
  EXPECT_EQ(RegexError("a.*?b+"),
            "greedy and ungreedy quantifiers can't be mixed in a regular expression");
}

TEST(RegexParserTest, AcceptsYarasOddities) {
  for (const char* source : {"a|", "a||b", "(a|)", "ab{.*}", "a{,2}", "a{2 , 3}", "[]a]", "[^]a]",
                             "[a-]", "[-a]", "[\\w-z]", "a{4294967298}", "]", "}", "/"}) {
    EXPECT_EQ(RegexError(source), "") << source;
  }
}

TEST(RegexParserTest, ClassesCloseUnderCaseBeforeTheyAreNegated) {
  RegexFlags flags;
  flags.no_case = true;
  const auto tree = ParseRegex("[^d]", flags, nullptr);
  ASSERT_TRUE(tree.ok());
  EXPECT_FALSE(tree->sets.at(0).Has('D'));
  EXPECT_FALSE(tree->sets.at(0).Has('d'));
  EXPECT_TRUE(tree->sets.at(0).Has('e'));
}

TEST(RegexParserTest, WarnsOfUnknownEscapesAndUnboundedDots) {
  std::vector<ParseWarning> warnings;
  ASSERT_TRUE(ParseRegex("a\\vb.*c", {}, &warnings).ok());
  ASSERT_EQ(warnings.size(), 2u);
  EXPECT_EQ(warnings[0].code, ParseWarning::Code::kUnknownEscape);
  EXPECT_EQ(warnings[0].offset, 1u);
  EXPECT_EQ(warnings[1].code, ParseWarning::Code::kSlowPattern);
}

TEST(RegexParserTest, DeepNestingIsALimit) {
  const auto tree = ParseRegex(std::string(4000, '('), {}, nullptr);
  ASSERT_FALSE(tree.ok());
  EXPECT_EQ(tree.error().kind, base::ErrorKind::kLimit);
}

TEST(HexParserTest, RefusesWhatYaraRefusesInItsWords) {
  for (const char* source :
       {" ", "01 [2]", "[2] 01", "01 (02|03", "01 )", "01 ( ) 02", "01 ( | 02) 03", "01 (02|) 03",
        "01 ([2] 02) 03", "01 [] 02", "01 [-3] 02", "01 [3-4-5] 02", "01 | 02", "01 [3 02"}) {
    EXPECT_EQ(HexError(source), "syntax error") << source;
  }
  EXPECT_EQ(HexError("01 0"), "uneven number of digits in hex string");
  EXPECT_EQ(HexError("01 ?"), "invalid character in hex string");
  EXPECT_EQ(HexError("01 [0] 02"), "invalid jump length");
  EXPECT_EQ(HexError("01 [5-2] 02"), "invalid jump range");
  EXPECT_EQ(HexError("01 (02 [300] 03) 04"), "jumps over 200 not allowed inside alternation (|)");
  EXPECT_EQ(HexError("01 (02 [-] 03) 04"), "unbounded jumps not allowed inside alternation (|)");
  EXPECT_EQ(HexError("~?? 01"), "invalid not operator (~) in hex string");
  EXPECT_EQ(HexError("01 [3-2147483648] 02"), "invalid negative jump length");
  EXPECT_EQ(HexError("01 [/*c*/ 3] 02"), "invalid character in hex string jump");
}

TEST(HexParserTest, AcceptsCommentsJumpsAndNestedAlternatives) {
  for (const char* source : {"01 /* c */ 02 // d\n 03", "01 [3][4] 02", "01 [0-0] 02", "~0? ?1",
                             "01 ( 02 ( 03 | 04 ) | ?? ) 05", "01 [0x10-0x20] 02", "01 [-] 02"}) {
    EXPECT_EQ(HexError(source), "") << source;
  }
}

}  // namespace
}  // namespace day::match
