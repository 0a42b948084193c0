// The slow twin of Scanner: every string searched at every offset, every condition evaluated in
// full, in order, straight from the front end's nodes. No triggers, no partitions, no laziness. The
// reference that Scanner is tested against; shares no code with it but the value type and the
// matching of one part.
#pragma once

#include <vector>

#include "libs/base/bytes.h"
#include "libs/match/pattern.h"
#include "libs/rules/syntax/ruleset.h"

namespace day::rules::scan::testing {

struct NaiveResult {
  std::vector<bool> conditions;                    // one a rule, whatever its global rules say
  std::vector<std::uint32_t> matching;             // public rules that match
  std::vector<std::vector<match::Match>> matches;  // one a string
};

// REQUIRES: the patterns compile.
NaiveResult NaiveScan(const syntax::RuleSet& rules, base::Bytes data);

}  // namespace day::rules::scan::testing
