// What each rule costs: counters and processor time, for `daylight rules cost`.
//
// Off unless enabled; measuring reads the clock around every evaluation, so figures are for
// comparing rules with each other, not for the speed of a scan.
#pragma once

#include <cstdint>
#include <vector>

#include "libs/rules/scan/scanner.h"

namespace day::rules::scan {

struct RuleCost {
  std::uint64_t files_triggered = 0;  // it was a candidate
  std::uint64_t cheap_evaluations = 0;
  std::uint64_t full_evaluations = 0;  // not decided before the second search
  std::uint64_t matches = 0;
  std::uint64_t strings_searched = 0;    // it wanted from the second search
  std::uint64_t evaluation_time_ns = 0;  // both evaluations, searches they caused included
};

struct CostTable {
  std::vector<RuleCost> rules;
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;
  std::uint64_t searches = 0;         // second passes over a file
  std::uint64_t trigger_time_ns = 0;  // first passes
  std::uint64_t search_time_ns = 0;   // second passes shared by several rules
};

// Starts counting from zero.
void EnableCosts(Scanner& scanner);
// The counts so far. REQUIRES: EnableCosts() was called.
const CostTable& Costs(Scanner& scanner);

}  // namespace day::rules::scan
