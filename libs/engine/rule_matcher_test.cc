#include "libs/engine/rule_matcher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "libs/engine/engine.h"
#include "libs/rules/module/module.h"
#include "libs/rules/syntax/frontend.h"

namespace day::engine {
namespace {

using ::testing::ElementsAre;

class NoModules final : public rules::module::Registry {
 public:
  std::span<const rules::module::Module* const> modules() const override { return {}; }
};

// Rules from text, with the external variables that users define.
class RuleMatcherTest : public ::testing::Test {
 protected:
  void Compile(const std::string& text) {
    rules::syntax::Frontend frontend(registry_, {});
    for (const char* name : {"filename", "filepath", "extension", "filetype", "owner", "other"}) {
      ASSERT_TRUE(frontend.DefineExternal({name, std::string("default")}).ok());
    }
    (void)frontend.AddFile("space", "rules/test.yar", text);
    auto set = frontend.Finish();
    ASSERT_TRUE(set.ok()) << set.error().message;
    const auto blob = rules::compile::CompiledRules::Build(*set);
    ASSERT_TRUE(blob.ok()) << blob.error().message;
    storage_.assign(blob->size() + 64, 0);
    void* aligned = storage_.data();
    std::size_t space = storage_.size();
    ASSERT_NE(std::align(64, blob->size(), aligned, space), nullptr);
    std::memcpy(aligned, blob->data(), blob->size());
    auto rules = rules::compile::CompiledRules::Open(
        {static_cast<const std::byte*>(aligned), blob->size()}, registry_);
    ASSERT_TRUE(rules.ok()) << rules.error().message;
    rules_ = std::move(rules).value();
  }

  std::vector<Finding> Match(const std::string& data, const ObjectFacts& facts = {},
                             const MatchLimits& limits = {}) {
    RuleMatcher matcher(*rules_);
    std::vector<Finding> findings;
    outcome_ = matcher.Match(base::AsBytes(data), facts, limits, findings);
    return findings;
  }

  NoModules registry_;
  std::vector<unsigned char> storage_;
  std::unique_ptr<rules::compile::CompiledRules> rules_;
  MatchOutcome outcome_;
};

TEST_F(RuleMatcherTest, FindingsCarryNamesProvenanceAndEvidence) {
  Compile(
      "rule Win32_Trojan_Thing {\n"
      "  meta: malware = \"Emotet\" score = 45\n"
      "  strings: $a = \"needle\" $h = { 68 61 79 } $p = \"stack\" private\n"
      "  condition: all of them }\n");
  const std::vector<Finding> findings = Match("a needle in the haystack, a needle");
  ASSERT_EQ(findings.size(), 1u);
  const Finding& finding = findings[0];
  EXPECT_EQ(finding.name, "Win32.Trojan.Emotet");
  EXPECT_EQ(finding.rule, "Win32_Trojan_Thing");
  EXPECT_EQ(finding.name_space, "space");
  EXPECT_EQ(finding.provenance, "rules/test.yar:1");
  EXPECT_EQ(finding.severity, Severity::kMedium);
  ASSERT_EQ(finding.matches.size(), 3u);
  EXPECT_EQ(finding.matches[0].identifier, "$a");
  EXPECT_EQ(finding.matches[0].offset, 2u);
  EXPECT_EQ(finding.matches[0].data, "needle");
  EXPECT_FALSE(finding.matches[0].is_hex);
  EXPECT_EQ(finding.matches[1].offset, 28u);
  EXPECT_EQ(finding.matches[2].identifier, "$h");
  EXPECT_TRUE(finding.matches[2].is_hex);
}

TEST_F(RuleMatcherTest, EvidenceAndFindingsAreBounded) {
  Compile(
      "rule a { strings: $a = \"x\" condition: $a }\n"
      "rule b { strings: $a = /y+/ condition: $a }\n");
  MatchLimits limits;
  limits.matches_per_finding_max = 4;
  const std::vector<Finding> findings =
      Match(std::string(100, 'x') + std::string(2000, 'y'), {}, limits);
  ASSERT_EQ(findings.size(), 2u);
  EXPECT_EQ(findings[0].matches.size(), 4u);
  EXPECT_EQ(findings[1].matches[0].data.size(), kMatchDataBytesMax);
  limits.findings_max = 1;
  EXPECT_EQ(Match("xy", {}, limits).size(), 1u);
  EXPECT_TRUE(outcome_.findings_dropped);
}

TEST_F(RuleMatcherTest, ExternalVariablesAreThoseOfTheObject) {
  Compile(
      "rule all_facts { condition: filename == \"a.exe\" and filepath == \"/x.zip//a.exe\" and\n"
      "  extension == \".exe\" and filetype == \"EXE\" and owner == \"alice\" and\n"
      "  other == \"default\" }\n");
  ObjectFacts facts;
  facts.filename = "a.exe";
  facts.filepath = "/x.zip//a.exe";
  facts.extension = ".exe";
  facts.filetype = "EXE";
  facts.owner = "alice";
  EXPECT_EQ(Match("", facts).size(), 1u);
  facts.owner = "bob";
  EXPECT_EQ(Match("", facts).size(), 0u);
}

TEST_F(RuleMatcherTest, TheEngineMatchesWhatIsInside) {
  Compile("rule inside { strings: $a = \"second\" condition: $a and filename matches /txt$/ }");
  auto engine = Engine::Create(rules_.get(), nullptr, {});
  // gzip of "first " and of "second", joined.
  const std::string file =
      base::FromHex(
          "1f8b08000000000002034bcb2c2a2e510000fc7af11c060000001f8b0800000000000203"
          "2b4e4dcecf4b010069111fb606000000")
          .value_or("");
  const Report report = engine->ScanFile(base::AsBytes(file), "/in/x.txt.gz", {});
  EXPECT_EQ(report.objects_scanned, 2u);
  ASSERT_EQ(report.findings.size(), 1u);
  EXPECT_EQ(report.findings[0].inner_path, "x.txt");
  const Report plain = engine->ScanFile(base::AsBytes("the second"), "/in/x.txt", {});
  ASSERT_EQ(plain.findings.size(), 1u);
  EXPECT_EQ(plain.findings[0].inner_path, "");
}

}  // namespace
}  // namespace day::engine
