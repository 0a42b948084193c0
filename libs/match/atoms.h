// Collects the windows that a part made of several runs of bytes can be found by.
#pragma once

#include <cstdint>
#include <vector>

#include "libs/match/program.h"

namespace day::match {

// Of a byte at which no window may start.
inline constexpr std::uint32_t kNoLeaf = 0xFFFFFFFF;

// A byte of a run: what is known of it, and the anchor of a window that starts there.
struct AtomByte {
  std::uint8_t value = 0;
  std::uint8_t mask = 0;
  std::uint32_t anchor = 0;
};

// Bits known in an atom, with bytes 00 and FF counted half: the crude rarity used where no
// statistics are at hand, to choose among the windows of one alternative.
int AtomWeight(const Atom& atom);

// The windows of a run, one for each start that has a known byte.
std::vector<Atom> RunWindows(const std::vector<AtomByte>& run);

class AtomCollector {
 public:
  // A run that every match contains: each of its windows is a choice.
  void AddRun(const std::vector<AtomByte>& run);
  // A choice of its own; dropped if it is empty or too large.
  void AddChoice(std::vector<Atom> atoms);
  // At most kChoicesPerPartMax, spread over the part.
  PartAtoms Take();

 private:
  PartAtoms atoms_;
};

}  // namespace day::match
