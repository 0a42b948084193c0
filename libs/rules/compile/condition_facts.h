// Small facts about conditions that one pass over the nodes finds, for the builder.
//
// All are indexed by node; children come before parents, so each is a loop from front to back.
#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include "libs/base/result.h"
#include "libs/rules/compile/layout.h"

namespace day::rules::compile {

// Sizes (inclusive) outside which a condition is false.
struct SizeBounds {
  std::uint64_t min = 0;
  std::uint64_t max = std::numeric_limits<std::uint64_t>::max();
};

struct ConditionFacts {
  // Rough cost of evaluating the node; decides the order of operands.
  std::vector<std::uint32_t> cost;
  // The node or one below it writes to the console: nothing may be reordered or skipped around it.
  std::vector<bool> side_effects;
  // libyara's count of strings the node needs to be true; a rule whose root needs one is not even
  // evaluated if none of its strings matched, which only shows in what it would have printed.
  std::vector<std::uint32_t> required_strings;
};

// Errors: kLimit (nested deeper than kConditionDepthMax, too many indices or arguments), kMalformed
// (a node refers to a later one, or to something that is not there).
base::Result<ConditionFacts> FindConditionFacts(const syntax::RuleSet& rules);

// From `filesize < N` and the like in the conjunction at `node`.
SizeBounds FindSizeBounds(const syntax::RuleSet& rules, std::uint32_t node);

// For each string (global index): whether its condition asks only if it matches, so that
// `yara --fast-scan` reports its first match alone. REQUIRES: the nodes of a rule stand between the
// root of the rule before it and its own.
std::vector<bool> FindSingleMatchStrings(const syntax::RuleSet& rules);

}  // namespace day::rules::compile
