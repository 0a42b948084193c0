// The parts of a Scanner. For this folder only.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "libs/rules/compile/state.h"
#include "libs/rules/scan/cost.h"
#include "libs/rules/scan/deadline.h"
#include "libs/rules/scan/evaluator.h"
#include "libs/rules/scan/module_set.h"
#include "libs/rules/scan/rule_table.h"
#include "libs/rules/scan/scanner.h"
#include "libs/rules/scan/string_finder.h"

namespace day::rules::scan {

struct Scanner::State {
  explicit State(const compile::CompiledRules::State& compiled);

  // The phases of Scan(), in order.
  void Begin(base::Bytes file, const ScanOptions& options);
  void CollectCandidates();
  void EvaluateCheaply();
  void EvaluateFully();
  void Report(std::uint64_t rule_matches_max);

  void AddCandidate(std::uint32_t rule);
  void AddTriggered(match::PatternId string);
  void JoinKeys(const compile::PodKeyGroup& group);
  void LookUpKey(const compile::PodKeyGroup& group, module::Value value);
  void Decide(std::uint32_t rule, Value value);
  // libyara would not even look at the condition: none of the rule's strings matched.
  bool SkippedByLibyara(std::uint32_t rule);
  // A global rule of the namespace is known to be false.
  bool NamespaceFails(std::uint32_t rule) const;
  bool Matches(std::uint32_t rule) const { return values.is_true(rule) && !NamespaceFails(rule); }

  const compile::CompiledRules::State& rules;
  std::vector<ExternalValue> externals;
  Deadline deadline;
  StringFinder strings;
  ModuleSet modules;
  RuleTable values;
  Evaluator evaluator;

  base::Bytes data;
  compile::Partition partition = compile::Partition::kRest;
  std::vector<std::uint32_t> candidates;
  std::vector<std::uint32_t> open;  // candidates that the cheap evaluation could not decide
  std::vector<std::uint32_t> matching;
  bool all_searched = false;         // of the matching rules, for MatchesOf()
  std::unique_ptr<CostTable> costs;  // null unless asked for
};

}  // namespace day::rules::scan
