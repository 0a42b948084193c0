// Tokens cover the text; formatting loses nothing and settles at once.
#include "libs/rules/syntax/format.h"

#include <gtest/gtest.h>

#include <random>

namespace day::rules::syntax {
namespace {

TEST(Lexer, CoversEveryByte) {
  const std::string text =
      "rule a/*c*/{\r\n // x\n strings: $a={ 01 // }\n 02 } $b=/a\\/b/is \x80 \"";
  std::string joined;
  for (const Token& token : Tokenize(text)) {
    joined += text.substr(token.begin, token.end - token.begin);
  }
  EXPECT_EQ(joined, text);
}

TEST(Lexer, HexStringOrBrace) {
  EXPECT_EQ(Tokenize("{ 01 [2-3] ( 02 | ~?? ) /* } */ }").size(), 1u);
  EXPECT_EQ(Tokenize("{}")[0].kind, TokenKind::kLeftBrace);
  EXPECT_EQ(Tokenize("{ meta }")[0].kind, TokenKind::kLeftBrace);
  EXPECT_EQ(Tokenize("{ 01 // }\n")[0].kind, TokenKind::kLeftBrace);
}

TEST(Format, LaysOutARule) {
  EXPECT_EQ(FormatSource("import   \"pe\"  private rule a:t{meta:x=1 y=\"q\"//why\n"
                         "strings:$a=\"x\"   wide\n\n\n\n$b={ 01  02 }condition:( $a and\n$b )}",
                         {}),
            "import \"pe\"\n"
            "private rule a:t {\n"
            "  meta:\n"
            "    x = 1\n"
            "    y = \"q\" //why\n"
            "  strings:\n"
            "    $a = \"x\" wide\n"
            "\n"
            "    $b = { 01  02 }\n"
            "  condition:\n"
            "    ($a and\n"
            "      $b)\n"
            "}\n");
}

TEST(Format, LeavesBrokenTextAlone) {
  const std::string text = "rule a {  condition: \"unterminated\n }";
  EXPECT_EQ(FormatSource(text, {}), text);
}

TEST(Format, RandomTokenSoupKeepsItsTokensAndSettles) {
  const std::vector<std::string> words = {
      "rule", "private", "import", "\"x\"", "{",  "}",    "meta",    ":",  "strings", "condition",
      "$a",   "=",       "a",      "(",     ")",  "[",    "]",       ",",  ".",       "..",
      "1",    "1KB",     "//c\n",  "/*c*/", "\n", "\n\n", " ",       "\t", "/re/i",   "{ 01 }",
      "$a*",  "#a",      "!a",     "==",    "or", "and",  "include", "-",  "\r\n",    "global"};
  std::mt19937 random(7);
  for (int round = 0; round < 20000; ++round) {
    std::string text;
    const std::size_t count = random() % 30;
    for (std::size_t i = 0; i < count; ++i) {
      text += words[random() % words.size()];
      text += random() % 2 == 0 ? " " : "";
    }
    const std::string once = FormatSource(text, {});
    ASSERT_TRUE(SameTokens(text, once)) << text;
    ASSERT_EQ(FormatSource(once, {}), once) << text;
  }
}

}  // namespace
}  // namespace day::rules::syntax
