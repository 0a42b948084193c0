// Makes a file that a rule probably matches: strings placed where the condition wants them, header
// bytes that its guards ask for, a size within its bounds.
//
// It is a heuristic, not a solver: what a condition demands beyond strings, their counts and
// places, integers at constant offsets and the file's size is not met. Callers must scan the result
// to know. Used for tests at scale (nearly every public rule can be given a positive) and to show
// what a change of rules changes. Bounded by kWitnessBytesMax; deterministic for a given seed;
// thread-safe.
#pragma once

#include <cstdint>
#include <string>

#include "libs/rules/syntax/ruleset.h"

namespace day::rules::witness {

inline constexpr std::size_t kWitnessBytesMax = 16 << 20;

std::string MakeWitness(const syntax::RuleSet& rules, std::uint32_t rule, std::uint64_t seed);

}  // namespace day::rules::witness
