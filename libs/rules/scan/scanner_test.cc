// What conditions mean, one by one. Expectations are libyara 4.5.8's; the random comparison with
// the slow twin is in differential_test.cc.
#include "libs/rules/scan/scanner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "libs/rules/scan/cost.h"
#include "libs/rules/scan/explain.h"
#include "libs/rules/scan/testing/compile_text.h"
#include "libs/rules/scan/testing/sample_modules.h"

namespace day::rules::scan {
namespace {

using testing::CompiledText;
using ::testing::ElementsAre;

constexpr char kFile[] = "alpha beta alpha gamma alpha";  // 28 bytes: integer 0, real 7, text "alp"

std::unique_ptr<CompiledText> Compile(const std::string& text) {
  std::string error;
  auto made = CompiledText::Make(text, testing::SampleRegistry(), &error);
  EXPECT_NE(made, nullptr) << error << "\n" << text;
  return made;
}

// The names of the rules that match.
std::vector<std::string> Matching(const std::string& text, const std::string& file,
                                  const ScanOptions& options = {}) {
  const auto rules = Compile(text);
  if (rules == nullptr) {
    return {"error"};
  }
  const auto scanner = Scanner::Create(rules->rules());
  (void)scanner->Scan(base::AsBytes(file), options);
  std::vector<std::string> names;
  for (const std::uint32_t rule : scanner->matching_rules()) {
    names.emplace_back(rules->rules().rule(rule).identifier);
  }
  return names;
}

bool Holds(const std::string& condition, const std::string& file = kFile) {
  return !Matching(
              "import \"sample\" import \"badge\" rule t { strings: $_a = \"alpha\" "
              "$_b = \"beta\" $_n = \"nowhere\" condition: " +
                  condition + " }",
              file)
              .empty();
}

void Check(std::initializer_list<std::pair<const char*, bool>> cases,
           const std::string& file = kFile) {
  for (const auto& [condition, expected] : cases) {
    EXPECT_EQ(Holds(condition, file), expected) << condition;
  }
}

TEST(ScannerTest, OfAChainAtOnePlaceOnlyTheFirstLinkIsThere) {
  const std::string rule = "rule t { strings: $a = { 31 41 [2-] 62 } condition: $a at 3 }";
  EXPECT_THAT(Matching(rule, "bbb1Axxxxb"), ElementsAre("t"));
  EXPECT_THAT(Matching(rule, "bbbb1Axxxxb"), ElementsAre());
}

TEST(ScannerTest, Strings) {
  Check({{"$_a", true},
         {"$_n", false},
         {"$_a at 0", true},
         {"$_a at 11", true},
         {"$_a at 1", false},
         {"$_a in (1..11)", true},
         {"$_a in (1..10)", false},
         {"#_a == 3", true},
         {"#_n == 0", true},
         {"#_a in (0..11) == 2", true},
         {"@_a == 0", true},
         {"@_a[3] == 23", true},
         {"@_a[4] == 0", false},
         {"defined @_a[4]", false},
         {"defined @_a[0]", false},
         {"!_a[1] == 5", true},
         {"not @_a[4] == 0", false},  // undefined stays undefined under not
         {"$_a at @_b", false},
         {"$_b at 6", true}});
}

TEST(ScannerTest, Sets) {
  Check({{"any of them", true},
         {"all of them", false},
         {"2 of them", true},
         {"3 of them", false},
         {"none of ($_n)", true},
         {"0 of them", false},
         {"66% of them", true},
         {"67% of them", false},
         {"any of them at 6", true},
         {"2 of them in (0..6)", true},
         {"2 of them in (0..5)", false},
         {"sample.nothing of them", false},  // undefined is all
         {"sample.nothing of ($_a, $_b)", true},
         {"sample.nothing% of them", false},
         {"not sample.nothing% of them", false},
         {"any of ($_a, $_b) at sample.nothing", false},
         {"not any of ($_a, $_b) at sample.nothing", false}});
}

TEST(ScannerTest, Loops) {
  Check({{"for any of them : ($ at 6)", true},
         {"for all of ($_a, $_b) : (@ < 10)", true},
         {"for 2 of them : (# >= 1)", true},
         {"for none of them : (# > 3)", true},
         {"for any i in (1..#_a) : (@_a[i] == 11)", true},
         {"for all i in (1..#_a) : (!_a[i] == 5)", true},
         {"for all i in (1..#_n) : (true)", false},  // no iteration is never true
         {"for none i in (1..#_n) : (true)", false},
         {"for any i in (1..sample.nothing) : (true)", false},
         {"not for any i in (1..sample.nothing) : (true)", true},
         {"for sample.nothing i in (1..3) : (i > 0)", true},
         {"for sample.nothing i in (1..3) : (i > 1)", false},
         {"for any i in (3, 5) : (i == 5)", true},
         {"for any s in (\"x\", \"alp\") : (s == sample.text)", true},
         {"for any n in sample.numbers : (n == 30)", true},
         {"for all n in sample.numbers : (n >= 0)", false},  // one is undefined
         {"for any k, v in sample.words : (k == \"two\" and v == \"2\")", true},
         {"for any p in sample.people : (p.name == \"bob\" and p.age == 21)", true},
         {"for 2 p in sample.people : (p.age > 20)", true},
         {"for any i in (0..2) : (for any j in (0..2) : (i * j == 4))", true},
         // Bodies that are numbers are added up.
         {"for 3 i in (1..1) : (#_a)", true},
         {"for all i in (1..2) : (#_a)", false},
         {"for all i in (1..2) : (1)", true}});
}

TEST(ScannerTest, Numbers) {
  Check({{"7 \\ 2 == 3", true},
         {"-7 \\ 2 == -3", true},
         {"-7 % 3 == -1", true},
         {"filesize \\ sample.integer == 0", false},
         {"defined (filesize \\ sample.integer)", false},
         {"defined (filesize % sample.integer)", false},
         {"filesize << 64 == 0", true},
         {"filesize >> 70 == 0", true},
         {"defined (1 << (sample.integer - 1))", false},
         {"-1 >> 1 == -1", true},
         {"~filesize == -29", true},
         {"0x7FFFFFFFFFFFFFFF + filesize < 0", true},  // wraps
         {"sample.real == 7.0", true},
         {"sample.real == 7", true},
         {"sample.real * 2 == 14", true},
         {"sample.real \\ 2 == 3.5", true},
         {"1.0 == 1.0000000000000001", true},
         {"filesize == 28.0", true},
         {"sample.nothing < 1.5", false},
         {"not sample.nothing < 1.5", true},  // libyara reads this one as false, not undefined
         {"not sample.nothing > 1.5", false},
         {"not sample.nothing < 1", false}});
}

TEST(ScannerTest, ReadsIntegers) {
  const std::string file("\x80\xff\x01\x02\x03", 5);
  Check({{"uint8(0) == 128", true},
         {"int8(0) == -128", true},
         {"uint16(0) == 0xff80", true},
         {"uint16be(0) == 0x80ff", true},
         {"int16be(0) == -32513", true},
         {"uint32(1) == 0x030201ff", true},
         {"uint32be(1) == 0xff010203", true},
         {"int32be(1) == -16711165", true},
         {"defined uint32(2)", false},
         {"defined uint8(5)", false},
         {"defined uint8(-1)", false},
         {"defined uint8(sample.nothing)", false}},
        file);
}

TEST(ScannerTest, Texts) {
  Check({{"sample.text == \"alp\"", true},
         {"sample.text contains \"lp\"", true},
         {"sample.text contains \"\"", true},
         {"sample.text icontains \"LP\"", true},
         {"sample.text startswith \"al\"", true},
         {"sample.text istartswith \"AL\"", true},
         {"sample.text endswith \"p\"", true},
         {"sample.text iendswith \"LP\"", true},
         {"sample.text iequals \"ALP\"", true},
         {"sample.text iequals \"ALPH\"", false},
         {"sample.text < \"alq\"", true},
         {"\"\\x80\" < \"a\"", true},  // signed characters
         {"sample.text matches /^a.p$/", true},
         {"sample.text matches /x|/", true},
         {"sample.text matches /b/", false},
         {"sample.words[\"one\"] == \"1\"", true},
         {"defined sample.words[\"three\"]", false},
         {"sample.words[\"one\\x00rest\"] == \"1\"", true},  // keys end at the first zero byte
         {"sample.same(/l./, sample.text)", true},
         {"sample.sum(2, 3) == 5", true},
         {"defined sample.sum(2, sample.nothing)", false},
         {"sample.numbers[1] == 10", true},
         {"sample.numbers[4294967297] == 10", true},  // cut to 32 bits
         {"defined sample.numbers[2]", false},
         {"ext_integer == 5 and ext_float > 1.4 and ext_boolean and ext_text == \"hello\"", true}});
}

TEST(ScannerTest, UndefinedInConnectives) {
  Check({{"sample.nothing == 1 or true", true},
         {"not (sample.nothing == 1 and true)", true},
         {"not (sample.nothing == 1)", false},
         {"defined (sample.nothing == 1)", false},
         {"defined (sample.nothing == 1 and true)", true},
         {"not defined sample.nothing", true}});
}

TEST(ScannerTest, Guards) {
  EXPECT_TRUE(Holds("uint16(0) == 0x5A4D and $_a", "MZ alpha"));
  EXPECT_FALSE(Holds("uint16(0) == 0x5A4D and $_a", "mz alpha"));
  EXPECT_FALSE(Holds("badge.cards[0].serial == \"x\"", "ELF card:x"));
  EXPECT_TRUE(Holds("badge.present == 0 and not defined badge.digest()", "ELF card:x"));
  EXPECT_TRUE(Holds("badge.cards[1].serial == \"x\"", "MZ card:y card:x"));
  EXPECT_FALSE(Holds("badge.cards[0].serial == \"x\"", "MZ card:y card:x"));
  EXPECT_TRUE(Holds("for any c in badge.cards : (c.serial == \"x\")", "MZ card:y card:x"));
  EXPECT_TRUE(Holds("badge.digest() == \"4d5a2020\"", "MZ  alpha"));
  EXPECT_FALSE(Holds("$_a", ""));
  EXPECT_TRUE(Holds("filesize == 0 and not $_a", ""));
}

TEST(ScannerTest, RulesSeeEachOther) {
  const std::string text =
      "private rule p { strings: $a = \"alpha\" condition: $a }\n"
      "rule uses { condition: p }\n"
      "rule never { condition: not p }\n"
      "rule some { condition: any of (p, never) }\n"
      "rule all_of { condition: all of (p, never) }\n"
      "rule itself { condition: not itself }\n";
  EXPECT_THAT(Matching(text, kFile), ElementsAre("uses", "some", "itself"));
  EXPECT_THAT(Matching(text, "nothing"), ElementsAre("never", "some", "itself"));
}

TEST(ScannerTest, GlobalRules) {
  const std::string text =
      "global private rule small { condition: filesize < 100 }\n"
      "rule a { strings: $a = \"alpha\" condition: $a }\n"
      "global rule later { strings: $b = \"beta\" condition: $b }\n";
  EXPECT_THAT(Matching(text, kFile), ElementsAre("a", "later"));
  EXPECT_THAT(Matching(text, "alpha"), ElementsAre());
  EXPECT_THAT(Matching(text, kFile + std::string(100, ' ')), ElementsAre());
}

TEST(ScannerTest, LimitsAndComplement) {
  const auto rules = Compile(
      "rule a { condition: true } rule b { condition: false } rule c { condition: true } "
      "private rule d { condition: false }");
  const auto scanner = Scanner::Create(rules->rules());
  ScanOptions options;
  options.rule_matches_max = 1;
  (void)scanner->Scan(base::AsBytes(kFile), options);
  EXPECT_THAT(scanner->matching_rules(), ElementsAre(0));
  EXPECT_THAT(scanner->rules_not_matching(), ElementsAre(1));
}

TEST(ScannerTest, ExternalsChangeBetweenScans) {
  const auto rules = Compile("rule a { condition: ext_text == \"x\" and ext_integer > 10 }");
  const auto scanner = Scanner::Create(rules->rules());
  EXPECT_TRUE(scanner->SetExternal("ext_text", std::string("x")).ok());
  EXPECT_TRUE(scanner->SetExternal("ext_integer", std::int64_t{11}).ok());
  (void)scanner->Scan(base::AsBytes(kFile), {});
  EXPECT_THAT(scanner->matching_rules(), ElementsAre(0));
  EXPECT_TRUE(scanner->SetExternal("ext_integer", std::int64_t{1}).ok());
  (void)scanner->Scan(base::AsBytes(kFile), {});
  EXPECT_THAT(scanner->matching_rules(), ElementsAre());
  EXPECT_EQ(scanner->SetExternal("ext_integer", 1.5).error().kind, base::ErrorKind::kInvalidUse);
  EXPECT_EQ(scanner->SetExternal("nobody", true).error().kind, base::ErrorKind::kNotFound);
}

TEST(ScannerTest, TimeOut) {
  const auto rules = Compile(
      "rule slow { condition: for all i in (0..4000000000) : (for all j in (0..4000000000) : "
      "(i + j >= 0)) } rule fine { condition: true } rule inverted { condition: not slow }");
  const auto scanner = Scanner::Create(rules->rules());
  ScanOptions options;
  options.timeout_ms = 50;
  const ScanOutcome outcome = scanner->Scan(base::AsBytes(kFile), options);
  EXPECT_TRUE(outcome.timed_out);
  // What was certain before stays; nothing becomes true by running out of time.
  EXPECT_THAT(scanner->matching_rules(), ElementsAre(1));
  const auto quick = Compile("rule fine { condition: true }");
  const auto other = Scanner::Create(quick->rules());
  options.timeout_ms = 5000;
  EXPECT_FALSE(other->Scan(base::AsBytes(kFile), options).timed_out);
}

TEST(ScannerTest, MatchesAreSearchedOnDemand) {
  const auto rules = Compile(
      "rule a { strings: $a = \"alpha\" $b = \"beta\" $n = \"none\" condition: any of them }");
  const auto scanner = Scanner::Create(rules->rules());
  (void)scanner->Scan(base::AsBytes(kFile), {});
  EXPECT_EQ(scanner->MatchesOf(0).size(), 3u);
  EXPECT_THAT(scanner->MatchesOf(1), ElementsAre(match::Match{.offset = 6, .length = 4}));
  EXPECT_TRUE(scanner->MatchesOf(2).empty());
}

TEST(ScannerTest, ExplainShowsWhatDecided) {
  const auto rules = Compile(
      "rule a { strings: $a = \"alpha\" $_b = \"beta\" condition: "
      "$a and filesize > 100 and for any i in (1..#a) : (@a[i] > 20) }");
  const auto scanner = Scanner::Create(rules->rules());
  const Explanation why = Explain(*scanner, 0, base::AsBytes(kFile), {});
  EXPECT_EQ(why.rule, "a");
  EXPECT_FALSE(why.matches);
  ASSERT_EQ(why.condition.parts.size(), 3u);
  EXPECT_EQ(why.condition.parts[0].text, "$a");
  EXPECT_EQ(why.condition.parts[0].value, "true");
  EXPECT_FALSE(why.condition.parts[0].decisive);
  EXPECT_EQ(why.condition.parts[1].text, "filesize > 100");
  EXPECT_TRUE(why.condition.parts[1].decisive);
  EXPECT_EQ(why.condition.parts[1].parts.at(0).value, "28 (0x1c)");
  const ExplainedNode& loop = why.condition.parts[2];
  EXPECT_EQ(loop.value, "true");
  ASSERT_EQ(loop.parts.size(), 3u);
  EXPECT_EQ(loop.parts[2].label, "v0 = 3");
  EXPECT_EQ(loop.parts[2].value, "true");
  ASSERT_EQ(why.strings.size(), 2u);
  EXPECT_EQ(why.strings[0].match_count, 3u);
  EXPECT_EQ(why.strings[1].first_matches.at(0).offset, 6u);
}

TEST(ScannerTest, CostsCount) {
  const auto rules = Compile(
      "rule a { strings: $a = \"alpha\" $b = \"beta\" condition: all of them } "
      "rule b { strings: $x = \"omega\" condition: $x }");
  const auto scanner = Scanner::Create(rules->rules());
  EnableCosts(*scanner);
  (void)scanner->Scan(base::AsBytes(kFile), {});
  (void)scanner->Scan(base::AsBytes("nothing"), {});
  const CostTable& costs = Costs(*scanner);
  EXPECT_EQ(costs.files, 2u);
  EXPECT_EQ(costs.rules[0].files_triggered, 1u);
  EXPECT_EQ(costs.rules[0].matches, 1u);
  EXPECT_EQ(costs.rules[0].strings_searched, 1u);
  EXPECT_EQ(costs.rules[1].files_triggered, 0u);
}

}  // namespace
}  // namespace day::rules::scan
