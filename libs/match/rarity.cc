#include "libs/match/rarity.h"

#include <array>
#include <cmath>

#include "libs/match/gram_kernel.h"

// The table's bytes: one nibble a bucket, low nibble first; then one nibble a pair.
asm(".section .rodata\n"
    ".balign 64\n"
    "day_match_rarity:\n"
    ".incbin \"" DAYLIGHT_DATA_DIR
    "/rarity.bin\"\n"
    "day_match_rarity_end:\n"
    ".previous\n");
extern "C" const unsigned char day_match_rarity[];

namespace day::match {
namespace {

constexpr std::uint32_t kGramBytes = (1u << kRarityBits) / 2;

using Levels = std::array<double, 16>;

Levels MakeLevels(double step) {
  Levels values{};
  for (unsigned i = 0; i < 16; ++i) {
    values[i] = (std::exp2(i * step) - 1.0 + 0.25) / 1024.0;
  }
  return values;
}

unsigned Nibble(std::uint32_t base, std::uint32_t index) {
  return (unsigned{day_match_rarity[base + index / 2]} >> (index % 2 * 4)) & 15u;
}

// Counts saturate, so the top level says only "very common": runs of zeros and blanks are found at
// a hundred times its bound.
constexpr double kCommonPerMib = 2000;
constexpr double kRunPerMib = 20000;

}  // namespace

double GramPerMib(std::uint32_t folded) {
  if (folded == (folded & 0xFF) * 0x01010101u) {
    return kRunPerMib;
  }
  static const Levels kPerMib = [] {
    Levels levels = MakeLevels(kGramLevelStep);
    levels.back() = kCommonPerMib;
    return levels;
  }();
  return kPerMib[Nibble(0, GramHash(folded, kRarityBits))];
}

double PairPerMib(std::uint16_t pair) {
  static const Levels kPerMib = MakeLevels(kPairLevelStep);
  return kPerMib[Nibble(kGramBytes, pair)];
}

}  // namespace day::match
