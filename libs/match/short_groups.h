// Sorting short atoms into the buckets of groups (gram_kernel.h).
//
// A group costs a pass over every position, and a bucket's candidates are the positions at which
// each of four bytes fits any of its atoms. So atoms that are alike belong together, and the number
// of groups weighs passes against candidates. Pure functions; thread-safe; deterministic.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "libs/match/gram_kernel.h"

namespace day::match {

// An atom of a bucket with the four bytes it is looked for by, for comparing before anything else.
struct ShortAtom {
  std::uint32_t value = 0;
  std::uint32_t mask = 0;
  std::uint32_t atom = 0;  // index into atoms
};

// Atoms that are looked for together at every position: the atoms of bucket b are
// short_atoms[begin[b] .. begin[b + 1]).
struct ShortGroup {
  ShortTables tables;
  std::uint32_t begin[kShortBuckets + 1] = {};
};

// More different words than this are not sorted with care, and better looked for by dense grams.
inline constexpr std::size_t kShortWordsMax = 512;

// How many different words (value and mask) there are.
std::size_t CountWords(std::span<const ShortAtom> atoms);

// Orders the atoms by bucket and makes the groups. With care: merges the words whose union adds the
// fewest expected candidates until passes and candidates cost least together; takes milliseconds.
// REQUIRES: CountWords(atoms) <= kShortWordsMax.
void GroupWithCare(std::vector<ShortAtom>& atoms, std::vector<ShortGroup>& groups);
// The same, quickly: equal shares of the atoms in an order that puts alike ones together.
void GroupQuickly(std::vector<ShortAtom>& atoms, std::vector<ShortGroup>& groups);

// How many atoms a group takes when grouped quickly; one with free bytes counts for several.
inline constexpr std::size_t kShortGroupAtoms = 48;

}  // namespace day::match
