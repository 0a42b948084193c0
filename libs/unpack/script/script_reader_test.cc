#include "libs/unpack/script/script_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "libs/base/base64.h"
#include "libs/unpack/script/batch.h"
#include "libs/unpack/script/gate.h"

namespace day::unpack::script {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

std::vector<std::pair<std::string, std::string>> Parts(const std::string& text,
                                                       Certainty certainty = Certainty::kText) {
  base::Budget budget{base::BudgetLimits{}};
  inflate::OutputBuffer buffer;
  ScriptReader reader(base::AsBytes(text), certainty);
  std::vector<std::pair<std::string, std::string>> parts;
  while (const auto part = reader.Next(budget, buffer)) {
    parts.emplace_back(part->name, std::string(base::AsText(part->content)));
  }
  EXPECT_EQ(reader.problem(), "");
  return parts;
}

TEST(ScriptReader, GivesLayersAsTheyComeOff) {
  const std::string inner = "al\\x65\\x72\\x74\\x28\\x31\\x29;x";
  std::string escaped;
  for (const char c : inner) {
    escaped += "%" + base::ToHex(base::AsBytes(std::string_view(&c, 1)));
  }
  EXPECT_THAT(Parts("eval(unescape('" + escaped + "'))"),
              ElementsAre(Pair("(deobfuscated)", "eval(\"" + inner + "\")"),
                          Pair("(deobfuscated 2)", "eval(\nalert(1);x\n)")));
}

TEST(ScriptReader, PlainTextsGiveNothing) {
  EXPECT_THAT(Parts("It's a text with \"quotes\" and (brackets), and chr(1) once.\n"), IsEmpty());
  EXPECT_THAT(Parts(""), IsEmpty());
  EXPECT_THAT(Parts("sha512: " + std::string(128, 'a') + "\n"), IsEmpty());
}

TEST(ScriptReader, GivesFilesAndTextsInBase64AndHex) {
  const std::string program = "MZ" + std::string(200, '\0');
  const std::string script = "powershell was here, and this is its script, in letters";
  std::string wide;
  for (const char c : script) {
    wide += c;
    wide += '\0';
  }
  std::string lines = base::EncodeBase64(base::AsBytes(program + "end"));
  for (std::size_t i = 76; i < lines.size(); i += 77) {
    lines.insert(i, "\n");
  }
  const auto parts = Parts("powershell -enc " + base::EncodeBase64(base::AsBytes(wide)) + " x\n" +
                           lines + "\n0x" + base::ToHex(base::AsBytes(program)) + ";");
  ASSERT_EQ(parts.size(), 3U);
  EXPECT_THAT(parts[0], Pair("(base64 1)", script));
  EXPECT_THAT(parts[1], Pair("(base64 2)", program + "end"));
  EXPECT_EQ(parts[2].first, "(hex 3)");
}

TEST(ScriptReader, ConvertsUtf16) {
  const auto wide = [](std::string_view text) {
    std::string bytes = "\xFF\xFE";
    for (const char c : text) {
      bytes += c;
      bytes += '\0';
    }
    return bytes;
  };
  const std::string script = "iex ('a'+'b'+'c'+'d'+'e'+'f')";
  EXPECT_THAT(Parts(wide(script)), ElementsAre(Pair("(utf-8)", script)));
  EXPECT_THAT(Parts(wide("nothing of interest")), IsEmpty());
}

TEST(ScriptReader, LimitsAreNamed) {
  base::BudgetLimits limits;
  limits.file_bytes_max = 5;
  base::Budget budget(limits);
  inflate::OutputBuffer buffer;
  const std::string text = "x='a'+'b'+'c'+'d'+'e'+'f'+'g'+'h'+'i'";
  ScriptReader reader(base::AsBytes(text), Certainty::kScript);
  const auto part = reader.Next(budget, buffer);
  ASSERT_TRUE(part);
  EXPECT_EQ(part->gap, "limit file_bytes_max");
  EXPECT_EQ(base::AsText(part->content), "x='ab");
}

TEST(Batch, FollowsVariables) {
  const Folded folded = UnfoldBatch(
      "@echo off\r\nset \"a=shellpower\"\r\nset b=%a:~5%%a:~0,5%\r\n%b% -c !a:~-5,2! "
      "%a:power=x%\r\n"
      "p^o^w^e^r^shell ^& \"a^b\" %unknown% 100%\r\n");
  EXPECT_TRUE(folded.is_material);
  EXPECT_THAT(folded.text, HasSubstr("powershell -c po shellx"));
  EXPECT_THAT(folded.text, HasSubstr("powershell & \"a^b\" %unknown% 100%"));
  EXPECT_TRUE(IsBatch("@echo off\n"));
  EXPECT_FALSE(IsBatch("a text"));
}

TEST(Batch, GrowthIsBounded) {
  std::string text = "set a=" + std::string(8000, 'x') + "\n";
  for (int i = 0; i < 10'000; ++i) {
    text += "%a%%a%\n";
  }
  const Folded folded = UnfoldBatch(text);
  EXPECT_TRUE(folded.is_cut);
  EXPECT_LT(folded.text.size(), 20 * text.size());
}

TEST(Gate, CountsWhereverTheyStand) {
  for (std::size_t front = 0; front < 150; ++front) {
    const std::string text = std::string(front, ' ') + "'+'" + std::string(70, ' ') + "\\x41 ^";
    EXPECT_EQ(CountSigns(text), 2U) << front;
  }
  EXPECT_EQ(CountSigns("Chr(6 fromCharCode(6 [char] p^o p`o :~ }{ %20%20 \\u0041 'a' + 'b'"), 10U);
}

TEST(Gate, TellsWhere) {
  const std::string plain(10'000, ' ');
  const Signs none = FindSigns(plain, 1);
  EXPECT_TRUE(none.disguises.empty() && none.long_words.empty());
  const Signs signs = FindSigns(plain + "'+'" + plain + std::string(200, 'A') + plain, 1);
  ASSERT_EQ(signs.disguises.size(), 1U);
  EXPECT_EQ(signs.disguises[0].begin, 2 * kWindowBytes);
  EXPECT_EQ(signs.disguises[0].end, 3 * kWindowBytes);
  ASSERT_EQ(signs.long_words.size(), 1U);
  EXPECT_EQ(signs.long_words[0].begin, 4 * kWindowBytes);
  EXPECT_TRUE(FindSigns(plain + "'+'", 2).disguises.empty());
  ASSERT_EQ(FindSigns(plain + "'+'", 1).disguises.size(), 1U);
  EXPECT_EQ(FindSigns(plain + "'+'", 1).disguises[0].end, plain.size() + 3);
}

TEST(ScriptReader, OnlyThePartsWithSignsAreGiven) {
  const std::string code = "x='a'+'b'+'c'+'d'+'e'+'f'+'g'+'h'+'i'+'j'+'k';\n";
  std::string plain;
  for (int i = 0; i < 3000; ++i) {
    plain += "nothing here\n";
  }
  const auto parts = Parts(plain + code + plain + code + plain);
  ASSERT_EQ(parts.size(), 1U);
  EXPECT_THAT(parts[0].second, HasSubstr("x='abcdefghijk';\n"));
  EXPECT_LT(parts[0].second.size(), plain.size());
}

}  // namespace
}  // namespace day::unpack::script
