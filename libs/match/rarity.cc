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
  return (day_match_rarity[base + index / 2] >> (index % 2 * 4)) & 15u;
}

}  // namespace

double GramPerMib(std::uint32_t folded) {
  static const Levels kPerMib = MakeLevels(kGramLevelStep);
  return kPerMib[Nibble(0, GramHash(folded, kRarityBits))];
}

double PairPerMib(std::uint16_t pair) {
  static const Levels kPerMib = MakeLevels(kPairLevelStep);
  return kPerMib[Nibble(kGramBytes, pair)];
}

}  // namespace day::match
