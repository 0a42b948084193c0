// Which four bytes YARA looks for to find an expression.
//
// This matters beyond speed: YARA reads at most kRegexScanMax bytes forward and backward from
// there, and where alternatives of different lengths are possible, the one it reports depends on
// where it started. The choice follows libyara's atoms.c: every run of literal, masked and free
// bytes offers its best window of four; the best run wins, and alternatives need one window each.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "libs/match/pattern.h"

namespace day::match {

inline constexpr std::size_t kYaraAtomSizeMax = 4;

struct YaraAtom {
  std::uint8_t value[kYaraAtomSizeMax] = {};
  std::uint8_t mask[kYaraAtomSizeMax] = {};
  std::uint8_t size = 0;
  std::uint32_t node = 0;  // the tree node of its first byte
};

// YARA's measure of an atom, 0 to 255.
int YaraAtomQuality(const YaraAtom& atom);

struct YaraChoice {
  std::vector<YaraAtom> atoms;  // in the order of the alternatives; empty: every offset is tried
  int quality = 0;              // of the worst atom
};
// REQUIRES: a well-formed tree (children before parents).
YaraChoice ChooseYaraAtoms(const RegexTree& tree);

// YARA's window of plain bytes that are an alternative of an expression.
struct YaraWindow {
  std::uint32_t begin = 0;
  std::uint32_t size = 0;
};
YaraWindow YaraWindowOf(std::string_view bytes);

// The order in which atoms that end at the same byte are seen: the longer first, then by `place`.
// REQUIRES: size <= kYaraAtomSizeMax, place < 2^16.
inline std::uint32_t RankOfYaraAtom(std::uint32_t size, std::uint32_t place) {
  return (static_cast<std::uint32_t>(kYaraAtomSizeMax) - size) << 16 | place;
}

// Below this quality YARA warns that a string "may slow down scanning".
inline constexpr int kYaraSlowQuality = 255 - 22 * static_cast<int>(kYaraAtomSizeMax) + 38;
// The quality of the worst atom of a pattern, all links of a chain included: for that warning.
// REQUIRES: a well-formed tree. (In program.cc, which knows how chains are split.)
int WorstYaraAtomQuality(const PatternSpec& spec);
// The same for plain bytes under the modifiers of `spec`.
int YaraLiteralQuality(std::string_view bytes, const PatternSpec& spec);

// Whether YARA refuses an expression, or a link of a hex string, for its number of alternatives and
// repeats ("regular expression is too complex"). REQUIRES: a well-formed tree.
bool TooComplexForYara(const PatternSpec& spec);
bool TooComplexForYara(const RegexTree& tree);

}  // namespace day::match
