// Canonical prefix codes of up to 15 bits, as RAR 2 to 5 use them: short codes by a table, long
// ones length by length. Not thread-safe while it is built.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "libs/unpack/parts/bits.h"

namespace day::unpack::rar {

inline constexpr std::string_view kBadCodes = "damaged: invalid codes";

class Codes {
 public:
  static constexpr unsigned kBitsMax = 15;
  static constexpr std::uint32_t kNone = ~std::uint32_t{0};

  // Lengths of 0 are symbols that do not occur. False if there are more codes than fit.
  // REQUIRES: at most 512 lengths, each at most kBitsMax.
  bool Build(std::span<const std::uint8_t> lengths);

  // The next symbol, or kNone if the bits are no code.
  std::uint32_t Decode(parts::MsbBits& bits) const {
    const std::uint32_t ahead = bits.Peek(kBitsMax);
    const std::uint16_t quick = quick_[ahead >> (kBitsMax - kQuickBits)];
    if (quick != 0) {
      bits.Drop(quick >> kSymbolBits);
      return quick & ((1u << kSymbolBits) - 1);
    }
    for (unsigned length = kQuickBits + 1; length <= kBitsMax; ++length) {
      if (ahead < ends_[length]) {
        bits.Drop(length);
        return symbols_[(indexes_[length] + (ahead >> (kBitsMax - length))) % symbols_.size()];
      }
    }
    return kNone;
  }

 private:
  static constexpr unsigned kQuickBits = 9;
  static constexpr unsigned kSymbolBits = 9;

  std::array<std::uint16_t, 1u << kQuickBits> quick_{};  // length and symbol; 0: a longer code
  // For codes of each length: what all of them, as kBitsMax bits, are below; and what is added to
  // one to get its place among the symbols, which are sorted by their codes.
  std::array<std::uint32_t, kBitsMax + 1> ends_{};
  std::array<std::uint32_t, kBitsMax + 1> indexes_{};
  std::array<std::uint16_t, 512> symbols_{};
};

inline bool Codes::Build(std::span<const std::uint8_t> lengths) {
  quick_.fill(0);
  std::array<std::uint32_t, kBitsMax + 1> counts{};
  for (const std::uint8_t length : lengths) {
    ++counts[length];
  }
  counts[0] = 0;
  std::array<std::uint32_t, kBitsMax + 2> next_index{};
  std::array<std::uint32_t, kBitsMax + 2> next_code{};
  for (unsigned length = 1; length <= kBitsMax; ++length) {
    next_index[length + 1] = next_index[length] + counts[length];
    const std::uint32_t end = next_code[length] + counts[length];
    if (end > (1u << length)) {
      return false;
    }
    next_code[length + 1] = end << 1;
    ends_[length] = end << (kBitsMax - length);
    indexes_[length] = next_index[length] - next_code[length];
  }
  for (std::size_t symbol = 0; symbol < lengths.size(); ++symbol) {
    const unsigned length = lengths[symbol];
    if (length == 0) {
      continue;
    }
    symbols_[next_index[length]++] = static_cast<std::uint16_t>(symbol);
    const std::uint32_t code = next_code[length]++;
    if (length <= kQuickBits) {
      const auto entry = static_cast<std::uint16_t>((length << kSymbolBits) | symbol);
      std::fill_n(quick_.begin() + (code << (kQuickBits - length)), 1u << (kQuickBits - length),
                  entry);
    }
  }
  return true;
}

// Widths of codes as RAR 3 and RAR 5 pack them: in a code of twenty symbols, which are widths, or
// repeats of the last width or of zero. They are added to those that stand in `widths`: the last
// block's in RAR 3, none in RAR 5. Empty, or why they cannot be read.
std::string_view ReadWidths(parts::MsbBits& bits, std::span<std::uint8_t> widths);

}  // namespace day::unpack::rar
