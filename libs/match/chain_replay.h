// Joining the links of a chain exactly as YARA does, by replaying its findings one after the other.
//
// YARA keeps for each link a list of matches that may still become part of a whole, one an offset,
// and drops those that a later finding shows to be too far behind. What it reports depends on that
// order, so it is repeated here step by step. The lists make that quadratic in bad cases: the
// replay gives up after a fixed amount of work, and the caller joins by a faster rule
// (MatchCollector::JoinChain).
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "libs/match/code.h"
#include "libs/match/pattern.h"

namespace day::match {

// One match of one link. Findings are replayed in ascending `order`; of equal ones that of the
// earlier link, then that with the higher start comes first.
struct Finding {
  std::uint64_t order = 0;
  std::uint32_t link = 0;
  std::uint64_t start = 0;
  std::uint32_t length = 0;
};

// Fills `matches`, ascending. Returns false if it was too much work.
bool ReplayChain(std::vector<Finding> findings, std::span<const Gap> gaps,
                 std::vector<Match>& matches);

}  // namespace day::match
