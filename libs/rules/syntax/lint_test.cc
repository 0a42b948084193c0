#include "libs/rules/syntax/lint.h"

#include <gtest/gtest.h>

#include "libs/rules/syntax/testing/check.h"

namespace day::rules::syntax {
namespace {

std::string Checks(std::string_view text) {
  const testing::Checked checked = testing::Check(text);
  EXPECT_TRUE(checked.ok) << checked.lines;
  std::string names;
  for (const Diagnostic& diagnostic : Lint(checked.rules)) {
    names += (names.empty() ? "" : " ") + diagnostic.check;
  }
  return names;
}

TEST(Lint, FindsWhatCannotBeTrue) {
  EXPECT_EQ(Checks("rule a { condition: false }"), "never-true");
  EXPECT_EQ(Checks("rule a { condition: 1 == 2 and filesize > 1 }"), "never-true");
  EXPECT_EQ(Checks("rule a { strings: $a = \"abcdef\" condition: 2 of them }"), "never-true");
  EXPECT_EQ(Checks("rule a { condition: uint16(0) == 1 and uint16(0) == 2 }"),
            "contradictory-guards");
  EXPECT_EQ(Checks("rule a { condition: filesize < 10 and 20 < filesize }"),
            "contradictory-guards");
  EXPECT_EQ(Checks("rule a { condition: filesize < 10 and filesize > 8 }"), "");
  EXPECT_EQ(Checks("rule a { condition: uint16(0) == 1 or uint16(0) == 2 }"), "");
  EXPECT_EQ(Checks("rule a { condition: a }"), "self-reference");
}

TEST(Lint, FindsDuplicates) {
  EXPECT_EQ(Checks("rule a { strings: $a = { 01 02 03 04 } $b = { 01 02 03  04 } "
                   "condition: all of them }"),
            "duplicate-string");
  EXPECT_EQ(
      Checks("rule a { strings: $a = \"abcdef\" $b = \"abcdef\" wide condition: all of them }"),
      "");
  EXPECT_EQ(Checks("rule a { strings: $a = \"abcdef\" condition: $a at 5 }"
                   "rule b { strings: $x = \"abcdef\" condition: $x at 5 }"),
            "duplicate-rule");
  EXPECT_EQ(Checks("rule a { strings: $a = \"abcdef\" condition: $a at 5 }"
                   "rule b { strings: $x = \"abcdef\" condition: $x at 6 }"),
            "");
}

TEST(Lint, GivesAdvice) {
  EXPECT_EQ(Checks("rule a { strings: $a = \"abc\" condition: $a }"), "short-string");
  EXPECT_EQ(Checks("rule a { strings: $a = \"abc\" fullword condition: $a }"), "");
  EXPECT_EQ(Checks("rule a { strings: $a = /evil.com/ condition: $a }"), "unescaped-dot");
  EXPECT_EQ(Checks("rule a { strings: $a = /evil\\.com/ condition: $a }"), "");
  EXPECT_EQ(Checks("import \"hash\" rule a { condition: hash.md5(0, filesize) == \"x\" }"),
            "no-size-guard");
  EXPECT_EQ(Checks("import \"hash\" rule a { condition: filesize < 9 and "
                   "hash.md5(0, filesize) == \"x\" }"),
            "");
  EXPECT_EQ(Checks("rule a { condition: with x = filesize : (x > 1) }"), "yara-x-only");
}

}  // namespace
}  // namespace day::rules::syntax
