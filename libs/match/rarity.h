// How often a gram or a pair of bytes occurs in benign files: what makes one atom better than
// another.
//
// The table ships in data/rarity.bin (made by tools/make_rarity, provenance in data/README.md) and
// is embedded in the library. For each of 2^21 buckets of folded grams it has the count of the most
// frequent gram that falls there, and for each of the 65,536 byte pairs its count, both as a
// logarithm in four bits. Thread safety: pure functions.
#pragma once

#include <cstdint>

namespace day::match {

inline constexpr std::uint32_t kRarityBits = 21;
// A level l stands for 2^(l * step) - 1 occurrences in a GiB; counts of grams saturate at 65,535.
inline constexpr double kGramLevelStep = 1.05;
inline constexpr double kPairLevelStep = 1.9;

// Expected occurrences a MiB of benign data. `folded`: four bytes, little endian, each | 0x20.
double GramPerMib(std::uint32_t folded);
// `pair`: two bytes, the first in the low half; not folded.
double PairPerMib(std::uint16_t pair);

}  // namespace day::match
