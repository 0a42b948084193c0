// Makes bytes that a pattern matches: the building block of witness files.
//
// The result is a match of the pattern if it stands between bytes that are neither letters nor
// digits (for `fullword`), unless the pattern contradicts itself. ^, $, \b and \B are taken as
// satisfied by where the caller puts the sample. Deterministic for a given seed; bounded by
// kSampleBytesMax. Thread-safe.
#pragma once

#include <cstdint>
#include <string>

#include "libs/match/pattern.h"

namespace day::rules::witness {

inline constexpr std::size_t kSampleBytesMax = 1 << 16;

// A small, reproducible source of randomness (splitmix64); not for secrets.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : state_(seed) {}
  std::uint64_t Next();
  // A number in [0, bound). REQUIRES: bound > 0.
  std::uint64_t Below(std::uint64_t bound) { return Next() % bound; }

 private:
  std::uint64_t state_;
};

std::string SamplePattern(const match::PatternSpec& spec, Dice& dice);

}  // namespace day::rules::witness
