// The definition of matching, for tests: every offset, every length, straight from the PatternSpec.
//
// It follows the README as a set of ends, so it says nothing of YARA's order among several lengths
// (see DefinesLength) nor of the scan limits. Slow: for inputs of a few hundred bytes.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <vector>

#include "libs/base/bytes.h"
#include "libs/match/pattern.h"

namespace day::match::testing {

// False for expressions whose length at an offset depends on YARA's order: then only the offsets of
// NaiveMatches() are meaningful, and every length is one of NaiveEnds().
bool DefinesLength(const RegexTree& tree);

// All ends of matches of the tree that start at `start`; `width` is 2 for wide.
std::set<std::uint64_t> NaiveEnds(const RegexTree& tree, std::uint32_t width, base::Bytes data,
                                  std::uint64_t start);

// REQUIRES: not a chain, no base64.
std::vector<Match> NaiveMatches(const PatternSpec& spec, base::Bytes data);

}  // namespace day::match::testing
