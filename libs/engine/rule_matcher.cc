#include "libs/engine/rule_matcher.h"

#include <string>
#include <utility>

namespace day::engine {
namespace {

std::vector<RuleMeta> MetasOf(const rules::compile::CompiledRules& rules, std::uint32_t rule) {
  std::vector<RuleMeta> metas;
  for (const rules::compile::MetaInfo& meta : rules.metas(rule)) {
    metas.push_back({meta.key, meta.value});
  }
  return metas;
}

}  // namespace

RuleMatcher::RuleMatcher(const rules::compile::CompiledRules& rules)
    : rules_(rules), scanner_(rules::scan::Scanner::Create(rules)) {
  static constexpr std::pair<std::string_view, Fact> kFacts[] = {
      {"filename", &ObjectFacts::filename},   {"filepath", &ObjectFacts::filepath},
      {"extension", &ObjectFacts::extension}, {"filetype", &ObjectFacts::filetype},
      {"owner", &ObjectFacts::owner},
  };
  for (const rules::syntax::External& external : rules.externals()) {
    for (const auto& [identifier, fact] : kFacts) {
      if (external.identifier == identifier &&
          std::holds_alternative<std::string>(external.value)) {
        externals_.push_back({external.identifier, fact});
      }
    }
  }
}

MatchOutcome RuleMatcher::Match(base::Bytes data, const ObjectFacts& facts,
                                const MatchLimits& limits, std::vector<Finding>& findings) {
  for (const External& external : externals_) {
    // Cannot fail: identifier and type come from the rules themselves.
    (void)scanner_->SetExternal(external.identifier, std::string(facts.*external.fact));
  }
  rules::scan::ScanOptions options;
  options.timeout_ms = limits.timeout_ms;
  const rules::scan::ScanOutcome scanned = scanner_->Scan(data, options);
  MatchOutcome outcome;
  outcome.timed_out = scanned.timed_out;
  std::uint32_t appended = 0;
  for (const std::uint32_t rule : scanner_->matching_rules()) {
    if (appended == limits.findings_max) {
      outcome.findings_dropped = true;
      break;
    }
    findings.push_back(MakeFinding(rule, data, limits));
    ++appended;
  }
  return outcome;
}

Finding RuleMatcher::MakeFinding(std::uint32_t rule, base::Bytes data, const MatchLimits& limits) {
  const rules::compile::RuleInfo info = rules_.rule(rule);
  const std::vector<RuleMeta> metas = MetasOf(rules_, rule);
  Finding finding;
  finding.source = Finding::Source::kRule;
  finding.name = info.name_space.starts_with(kClamavNamespace) ? ClamavRuleName(info.identifier)
                                                               : ThreatName(info.identifier, metas);
  finding.rule = std::string(info.identifier);
  finding.name_space = std::string(info.name_space);
  finding.provenance = std::string(info.file) + ":" + std::to_string(info.line);
  finding.severity = RuleSeverity(metas);
  for (std::uint32_t i = 0; i < info.strings_count; ++i) {
    const std::uint32_t string = info.strings_begin + i;
    const rules::compile::StringInfo string_info = rules_.string(string);
    if (string_info.is_private) {
      continue;
    }
    for (const match::Match& match : scanner_->MatchesOf(string)) {
      if (finding.matches.size() >= limits.matches_per_finding_max) {
        return finding;
      }
      StringMatch& evidence = finding.matches.emplace_back();
      evidence.identifier = std::string(string_info.identifier);
      evidence.offset = match.offset;
      evidence.length = match.length;
      evidence.xor_key = match.xor_key;
      evidence.is_hex = string_info.kind == match::PatternSpec::Kind::kHex;
      const std::size_t shown = std::min<std::size_t>(match.length, kMatchDataBytesMax);
      evidence.data = std::string(base::AsText(base::ClippedSlice(data, match.offset, shown)));
    }
  }
  return finding;
}

}  // namespace day::engine
