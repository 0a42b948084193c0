#include "libs/unpack/script/fold.h"

#include <gtest/gtest.h>

#include <string>

namespace day::unpack::script {
namespace {

constexpr std::uint64_t kWork = 1 << 20;

void Check(Language language, std::string_view text, std::string_view expected) {
  EXPECT_EQ(Fold(text, language, kWork).text, expected) << text;
}
void CheckJs(std::string_view text, std::string_view expected) {
  Check(Language::kJavaScript, text, expected);
}

TEST(Fold, JoinsStrings) {
  CheckJs(R"(x = "ab" + 'cd' + "ef";)", R"(x = "abcdef";)");
  CheckJs("f('a'\n+'b', y)", "f('ab', y)");
  CheckJs(R"(x = "a" + y + "b" + "c")", R"(x = "a" + y + "bc")");
  CheckJs(R"(x = ("a" + ("b")) + "c")", R"(x = "abc")");
  Check(Language::kVbScript, R"(x = "a" & "b" & "say ""hi""")", R"(x = "absay "hi"")");
  Check(Language::kPhp, R"($x = 'sys' . 'tem';)", R"($x = 'system';)");
}

TEST(Fold, DecodesEscapes) {
  CheckJs(R"("\x41\u0042\103\n\'")", "\"ABC\n'\"");
  Check(Language::kPowerShell, "i`e`x \"`x\"", "iex \"x\"");
  Check(Language::kPowerShell, R"('\x41')", R"('\x41')");
  Check(Language::kShell, R"(c''url w"ge"t)", "curl wget");
  Check(Language::kShell, R"($'\x63\x75')", "$'cu'");
}

TEST(Fold, EvaluatesCharacters) {
  CheckJs("eval(String.fromCharCode(97, 0x62, 90+9))", "eval(\"abc\")");
  CheckJs("x = chr(104).chr(105)", "x = \"hi\"");
  Check(Language::kVbScript, "x = Chr(65) & ChrW(&H42) & \"C\"", "x = \"ABC\"");
  CheckJs("y = 'a' + String.fromCharCode(98) + 'c'", "y = 'abc'");
  CheckJs("y = 'a' + x.String.fromCharCode(z) + 'c'", "y = 'a' + x.String.fromCharCode(z) + 'c'");
  Check(Language::kPowerShell, "[char]105+[char](0x65)+'x'", "\"iex\"");
}

TEST(Fold, EvaluatesDecoders) {
  CheckJs("window.unescape('%61%u0062c')", "\"abc\"");
  CheckJs("atob('aGVs' + 'bG8=')", "\"hello\"");
  Check(Language::kPhp, "eval(base64_decode(strrev('==AbsVGa')))", "eval(\"hell\")");
  Check(Language::kPhp, "str_rot13('flfgrz')", "\"system\"");
  Check(Language::kPowerShell, "[System.Convert]::FromBase64String('aQBlAHgAIAB4AHkA')",
        "\"iex xy\"");
  Check(Language::kVbScript, "StrReverse(\"cba\")", "\"abc\"");
}

TEST(Fold, AppliesMethods) {
  CheckJs("'aXXbXXc'.replace('XX', '')", "\"abc\"");
  CheckJs("'cba'.split('').reverse().join('')", "\"abc\"");
  CheckJs("['a','b','c'].join('-') + 'd'", "\"a-b-cd\"");
  Check(Language::kPowerShell, "'{1}{0}' -f 'b', 'a'", "\"ab\"");
  Check(Language::kPowerShell, "(\"{2}{0}{1}\" -f 'e','x','i') $y", "\"iex\" $y");
  Check(Language::kPowerShell, "'i#e#x' -replace '#','' ; y", "\"iex\" ; y");
  Check(Language::kPowerShell, "('i','ex') -join ''\n", "\"iex\"\n");
  Check(Language::kPowerShell, "-join('i','ex')", "\"iex\"");
}

TEST(Fold, RemovesComments) {
  CheckJs("a/*x*/b // c\nd", "ab \nd");
  CheckJs("'http://x' + 1", "'http://x' + 1");
  Check(Language::kVbScript, "x ' y\nz", "x \nz");
  Check(Language::kPowerShell, "a <# b #> c # d\ne", "a  c \ne");
}

TEST(Fold, LeavesTheRestAlone) {
  for (const std::string_view text :
       {"if (a[i] + b(1, 2) == c) { return \"x\"; }", "\"not closed\n + 'x", "((((", "))))",
        "x = y.join('a')", "chr(x)", "chr()", "'a'.foo('b')", "[1, 2].join()", "' ' -f", "a ^ b"}) {
    const Folded folded = Fold(text, Language::kJavaScript, kWork);
    EXPECT_EQ(folded.text, text);
    EXPECT_FALSE(folded.is_material);
  }
}

TEST(Fold, ListsOfNumbersAreFiles) {
  std::string list = "x = [77, 90";
  for (int i = 0; i < 100; ++i) {
    list += ",0x41";
  }
  const Folded folded = Fold(list + "];", Language::kJavaScript, kWork);
  ASSERT_EQ(folded.blobs.size(), 1U);
  EXPECT_EQ(folded.blobs[0], "MZ" + std::string(100, 'A'));
}

TEST(Fold, WorkIsBounded) {
  std::string text = "'" + std::string(10'000, 'a') + "'";
  for (int i = 0; i < 1000; ++i) {
    text = "unescape(" + text + ")";
  }
  const Folded folded = Fold(text, Language::kJavaScript, 100'000);
  EXPECT_TRUE(folded.is_cut);
  EXPECT_LT(folded.text.size(), text.size());
}

TEST(Fold, GuessesLanguages) {
  EXPECT_EQ(GuessLanguage("Dim x\nx = Chr(65)"), Language::kVbScript);
  EXPECT_EQ(GuessLanguage("var x = 'iex'; function(a) {}"), Language::kPowerShell);
  EXPECT_EQ(GuessLanguage("$x = [char]65"), Language::kPowerShell);
  EXPECT_EQ(GuessLanguage("<?php $x = chr(65);"), Language::kPhp);
  EXPECT_EQ(GuessLanguage("#!/bin/sh\n"), Language::kShell);
  EXPECT_EQ(GuessLanguage("var x = 1;"), Language::kJavaScript);
}

}  // namespace
}  // namespace day::unpack::script
