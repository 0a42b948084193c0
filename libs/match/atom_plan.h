// Choosing by which bytes a pattern is looked for.
//
// Every part of a pattern offers several choices of atoms (program.h). A plan picks, for each part,
// the choice that is expected to cost least on benign data (rarity.h), and for each of its atoms
// the window and the way it is looked for. Costs are in candidates a MiB, fixed work converted to
// the same unit. Pure functions; thread-safe.
#pragma once

#include <cstdint>
#include <vector>

#include "libs/match/program.h"

namespace day::match {

// How an atom is looked for: by sampled grams, or at every position by four bytes (gram_kernel.h).
enum class AtomClass : std::uint8_t { kGrams, kShort };

// An atom with its plan. Plain data: lives in mapped blobs.
struct PlannedAtom {
  std::uint8_t value[kAtomSizeMax] = {};
  std::uint8_t mask[kAtomSizeMax] = {};
  std::uint32_t pattern = 0;
  std::uint32_t part = 0;
  std::uint32_t anchor = 0;
  std::uint8_t size = 0;
  AtomClass atom_class = AtomClass::kShort;
  // kGrams: for each rest by four, the offset in the window of the rarest gram that leaves this
  // rest.
  std::uint8_t grams[4] = {};
  // Where in the window the four bytes begin by which a short search looks for it; bytes behind the
  // window's end are free. Set for both classes: an index of few atoms looks for all that way.
  std::uint8_t short_at = 0;
  std::uint8_t short_is_gram = 0;  // 1: all four are known (but for case), so a dense gram will do
};

// A way to find a pattern. `atomless_parts`: parts that must be tried at every offset.
struct PatternPlan {
  std::vector<PlannedAtom> atoms;
  std::vector<std::uint32_t> atomless_parts;
  double cost = 0;
};

// What an atomless part counts as.
inline constexpr double kAtomlessCost = 1e7;

// The cheapest plan that finds every match of every part: for the search of all matches.
PatternPlan PlanPattern(const std::vector<PartAtoms>& parts, std::uint32_t pattern);
// The cheapest plan that finds part `part` alone.
PatternPlan PlanPart(const PartAtoms& atoms, std::uint32_t pattern, std::uint32_t part);

// True if the whole window lies in data at `start` and matches there.
bool WindowMatches(const PlannedAtom& atom, const std::uint8_t* data, std::uint64_t size,
                   std::uint64_t start);

}  // namespace day::match
