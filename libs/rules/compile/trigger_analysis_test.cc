// What must be in a file for a condition to be true, for conditions written out. That the promise
// holds for arbitrary conditions is checked by rules/scan/differential_test.cc.
#include "libs/rules/compile/trigger_analysis.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "libs/rules/syntax/frontend.h"
#include "libs/rules/syntax/testing/fake_modules.h"

namespace day::rules::compile {
namespace {

// "always", "never", or what must be there, sorted: names of strings, "key:text", "truth" of
// something.
std::string TriggersOf(const std::string& condition, Partition partition,
                       const std::string& before = "") {
  syntax::Frontend frontend(syntax::testing::FakeRegistry(), {});
  (void)frontend.DefineExternal({"ext", std::int64_t{1}});
  // The cost of $_a1 is 1, of $_a2 2, ...
  frontend.AddFile("default", "t.yar",
                   "import \"pe\"\nimport \"hash\"\n" + before +
                       "rule t { strings: $_a1 = \"alpha\" $_a2 = \"beta\" $_a3 = \"gamma\" "
                       "$_m = \"MZ\" condition: " +
                       condition + " }");
  auto rules = frontend.Finish();
  if (!rules.ok()) {
    return "error: " + rules.error().message;
  }
  const auto first = rules->rules.back().strings_begin;
  const TriggerAnalysis::CostFunction cost = [&](std::uint32_t string) {
    return static_cast<double>(string >= first ? string - first + 1 : 50);
  };
  KeyCollector keys(*rules);
  const Triggers triggers = TriggerAnalysis(*rules, cost, partition, keys).Run().back();
  if (triggers.always) {
    return "always";
  }
  std::vector<std::string> names;
  for (const TriggerId id : triggers.ids) {
    if ((id & kKeyBit) == 0) {
      names.push_back(rules->strings[id].identifier);
      continue;
    }
    const Key& key = keys.keys()[id & ~kKeyBit];
    names.push_back(keys.groups()[key.group].is_truth ? "truth" : "key:" + key.text);
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  std::string text;
  for (const std::string& name : names) {
    text += (text.empty() ? "" : " ") + name;
  }
  return text.empty() ? "never" : text;
}

struct Case {
  const char* condition;
  const char* rest;
  const char* pe;
  const char* elf;
};

void Check(std::initializer_list<Case> cases, const std::string& before = "") {
  for (const Case& c : cases) {
    EXPECT_EQ(TriggersOf(c.condition, Partition::kRest, before), c.rest) << c.condition;
    EXPECT_EQ(TriggersOf(c.condition, Partition::kPe, before), c.pe) << c.condition << " (PE)";
    EXPECT_EQ(TriggersOf(c.condition, Partition::kElf, before), c.elf) << c.condition << " (ELF)";
  }
}

void CheckAll(std::initializer_list<std::pair<const char*, const char*>> cases) {
  for (const auto& [condition, expected] : cases) {
    Check({{condition, expected, expected, expected}});
  }
}

TEST(TriggerAnalysisTest, Connectives) {
  CheckAll({{"$_a1", "$_a1"},
            {"$_a2 and $_a1 and $_a3", "$_a1"},
            {"$_a2 or $_a1", "$_a1 $_a2"},
            {"($_a1 or $_a2) and $_a3", "$_a1 $_a2"},  // cost 1 + 2 = 3, a tie: the first
            {"$_a1 or filesize > 3", "$_a1 truth"},
            {"$_a1 or not $_a2", "always"},
            {"$_a3 and (filesize > 3 or $_a1)", "$_a3"},
            {"false", "never"},
            {"true", "always"},
            {"$_a1 and false", "never"},
            {"not $_a1", "always"},
            {"not true", "never"},
            {"defined $_a1", "always"}});
}

TEST(TriggerAnalysisTest, Sets) {
  CheckAll({{"any of them", "$_a1 $_a2 $_a3 $_m"},
            {"all of them", "$_a1"},
            {"2 of ($_a*)", "$_a1 $_a2"},
            {"3 of ($_a*)", "$_a1"},
            {"none of them", "always"},
            {"0 of them", "always"},
            {"50% of them", "$_a1 $_a2 $_a3"},
            {"100% of ($_a*)", "$_a1"},
            {"ext of ($_a*)", "always"},
            {"any of ($_a*) in (0..100)", "$_a1 $_a2 $_a3"},
            {"all of ($_a*) at 5", "$_a1"}});
  Check({{"all of ($_a*) at 0", "$_a1", "never", "never"}});
}

TEST(TriggerAnalysisTest, Numbers) {
  CheckAll({{"#_a1 > 0", "$_a1"},
            {"#_a1 >= 0", "always"},
            {"#_a1 == 0", "always"},
            {"#_a1 != 0", "$_a1"},
            {"3 < #_a2", "$_a2"},
            {"#_a1 < 5", "always"},
            {"#_a1 + #_a2 > 5", "$_a1 $_a2"},
            {"#_a1 * #_a2 > 5", "$_a1"},
            {"#_a1 > #_a2", "$_a1 $_a2"},
            {"#_a1 in (0..10) == 2", "$_a1"},
            {"@_a1 < 100", "$_a1"},
            {"@_a1[2] > @_a2", "$_a1"},
            {"!_a2[1] == 4", "$_a2"},
            {"$_a1 at 5", "$_a1"},
            {"$_a2 at @_a1", "$_a1"},
            {"$_a2 in (0..@_a1)", "$_a1"},
            {"uint8(@_a1) == 3", "$_a1"},
            {"not (@_a1 > 3)", "$_a1"},  // undefined without a match, and so is its negation
            {"defined @_a1", "$_a1"},
            {"#_a1", "$_a1"},
            {"@_a1 + 5 > 3", "$_a1"}});
}

TEST(TriggerAnalysisTest, Loops) {
  CheckAll({{"for any of ($_a*) : ($)", "$_a1 $_a2 $_a3"},
            {"for all of ($_a*) : ($)", "$_a1"},
            {"for 2 of ($_a*) : (# > 2)", "$_a1 $_a2"},
            {"for any of ($_a*) : (@ < 100)", "$_a1 $_a2 $_a3"},
            {"for any of ($_a*) : (# < 3)", "always"},
            {"for none of ($_a*) : ($)", "always"},
            {"for any i in (1..#_a1) : (@_a1[i] == 3)", "$_a1"},
            {"for all i in (1..#_a1) : (i > 0)", "$_a1"},
            {"for any i in (0..#_a1) : (i == 0)", "always"},
            {"for any i in (1, 2) : ($_a2 and i == 1)", "$_a2"},
            {"for any i in (1, 2) : (i == 1)", "always"}});
}

TEST(TriggerAnalysisTest, Guards) {
  Check({{"uint16(0) == 0x5A4D", "never", "always", "never"},
         {"uint16be(0) == 0x4D5A", "never", "always", "never"},
         {"uint16(0) == 0x5A4D and $_a1", "never", "$_a1", "never"},
         {"uint16(0) != 0x5A4D and $_a1", "$_a1", "never", "$_a1"},
         {"not (uint16(0) == 0x5A4D) and $_a1", "$_a1", "never", "$_a1"},
         {"uint32(0) == 0x464C457F", "never", "never", "always"},
         {"uint32be(0) == 0x7F454C46 and $_a1", "never", "never", "$_a1"},
         {"uint32(0) == 0x00905A4D", "never", "always", "never"},
         {"uint8(0) == 0x4D", "always", "always", "never"},
         {"uint8(0) == 0x7F", "always", "never", "always"},
         {"uint16(0) == 0x5A4D or $_a1", "$_a1", "always", "$_a1"},
         {"uint16(0) == 0x1234", "always", "never", "never"},
         {"uint16(1) == 0x005A", "always", "always", "never"},
         {"uint16(0) & 0xFF == 0x4D", "always", "always", "never"},
         {"$_m at 0", "never", "$_m", "never"},
         {"$_m at 1", "$_m", "never", "never"},
         {"entrypoint == 3", "never", "always", "always"}});
}

TEST(TriggerAnalysisTest, Modules) {
  Check(
      {{"pe.number_of_sections > 3", "never", "always", "never"},
       {"not (pe.number_of_sections > 3)", "never", "always", "never"},
       {"defined pe.number_of_sections", "never", "always", "never"},
       {"not defined pe.number_of_sections", "always", "always", "always"},
       {"pe.number_of_sections > 3 or $_a1", "$_a1", "$_a1 truth", "$_a1"},
       {"(pe.number_of_exports == 1 and pe.exports(\"x\")) or $_a1", "$_a1", "$_a1 truth", "$_a1"},
       {"pe.imphash() == \"abc\"", "never", "key:abc", "never"},
       {"for any i in (0..pe.number_of_signatures - 1) : "
        "(pe.signatures[i].serial == \"01\" or pe.signatures[i].serial == \"02\")",
        "never", "key:01 key:02", "never"},
       {"for any s in pe.signatures : (s.serial == \"01\")", "never", "key:01", "never"},
       {"hash.md5(0, filesize) == \"d4\"", "key:d4", "key:d4", "key:d4"},
       {"hash.md5(0, filesize) == \"d4\" and $_a1", "$_a1", "$_a1", "$_a1"}});
}

TEST(TriggerAnalysisTest, Rules) {
  const std::string before =
      "rule early { strings: $x = \"early\" condition: $x } "
      "rule mz { condition: uint16(0) == 0x5A4D } ";
  Check({{"early", "$x", "$x", "$x"},
         {"early and $_a1", "$_a1", "$_a1", "$_a1"},
         {"mz and $_a1", "never", "$_a1", "never"},
         {"not mz", "always", "always", "always"},
         {"any of (early, mz)", "$x", "always", "$x"},
         {"all of (early, mz)", "never", "$x", "never"}},
        before);
}

}  // namespace
}  // namespace day::rules::compile
