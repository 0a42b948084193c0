// Scanner against its slow twin on random rules and files.
#include <gtest/gtest.h>

#include <random>
#include <string>

#include "libs/rules/scan/testing/compile_text.h"
#include "libs/rules/scan/testing/naive_scanner.h"
#include "libs/rules/scan/testing/random_rules.h"
#include "libs/rules/scan/testing/sample_modules.h"

namespace day::rules::scan {
namespace {

constexpr int kRuleSets = 1500;
constexpr int kFilesEach = 12;

TEST(DifferentialTest, RandomRulesOnRandomFiles) {
  std::mt19937 generator(20261122);
  const testing::Choose choose = [&](std::uint32_t below) {
    return static_cast<std::uint32_t>(generator() % below);
  };
  int compiled = 0;
  int pairs = 0;
  int matches = 0;
  for (int i = 0; i < kRuleSets && !HasFailure(); ++i) {
    const std::string text = testing::RandomRules(choose);
    const auto rules = testing::CompiledText::Make(text, testing::SampleRegistry());
    if (rules == nullptr) {
      continue;
    }
    ++compiled;
    const auto scanner = Scanner::Create(rules->rules());
    for (int j = 0; j < kFilesEach; ++j) {
      const std::string file = testing::RandomFile(choose);
      const std::string difference = testing::Difference(*rules, *scanner, file);
      EXPECT_EQ(difference, "") << text << "\nfile: " << base::ToHex(base::AsBytes(file));
      pairs += static_cast<int>(rules->ruleset().rules.size());
      matches += static_cast<int>(scanner->matching_rules().size());
    }
  }
  // The generator must not drift into rules that never compile or never match.
  EXPECT_GT(compiled, kRuleSets * 8 / 10);
  EXPECT_GT(matches, pairs / 10);
  EXPECT_LT(matches, pairs * 9 / 10);
}

}  // namespace
}  // namespace day::rules::scan
