// Canonical prefix codes (Huffman, Shannon-Fano) as archivers use them: symbols sorted by length,
// then by number, get ascending codes.
//
// Decoding takes as many steps as the code is long, so building a code costs only as much as it has
// symbols: streams of many small blocks cannot make it expensive.
// Thread safety: const operations are safe.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "libs/unpack/parts/bits.h"

namespace day::unpack::parts {

inline constexpr unsigned kPrefixBitsMax = 20;

class PrefixCode {
 public:
  // Lengths of 0 are symbols that do not occur. False if a length is above kPrefixBitsMax or there
  // are more codes than fit. Incomplete codes are accepted; their unused bits decode to nothing.
  bool Build(std::span<const std::uint8_t> lengths);

  // The next symbol, with the first bit of a code the highest one. Nothing if the bits are no code.
  std::optional<std::uint32_t> Decode(MsbBits& bits) const {
    const std::uint32_t ahead = bits.Peek(kPrefixBitsMax);
    std::uint32_t first = 0;
    std::uint32_t index = 0;
    for (unsigned length = 1; length <= kPrefixBitsMax; ++length) {
      const std::uint32_t code = ahead >> (kPrefixBitsMax - length);
      const std::uint32_t count = counts_[length];
      if (code - first < count) {
        bits.Drop(length);
        return symbols_[index + (code - first)];
      }
      index += count;
      first = (first + count) << 1;
    }
    bits.Drop(kPrefixBitsMax);
    return std::nullopt;
  }
  // The same from anything that has Bit(); `flip` for codes that are stored inverted (implode).
  template <typename Bits>
  std::optional<std::uint32_t> Decode(Bits& bits, unsigned flip = 0) const {
    std::uint32_t code = 0;
    std::uint32_t first = 0;
    std::uint32_t index = 0;
    for (unsigned length = 1; length <= kPrefixBitsMax; ++length) {
      code |= bits.Bit() ^ flip;
      const std::uint32_t count = counts_[length];
      if (code - first < count) {
        return symbols_[index + (code - first)];
      }
      index += count;
      first = (first + count) << 1;
      code <<= 1;
    }
    return std::nullopt;
  }

  std::size_t symbols() const { return symbols_.size(); }

 private:
  std::array<std::uint16_t, kPrefixBitsMax + 1> counts_{};
  std::vector<std::uint16_t> symbols_;
};

}  // namespace day::unpack::parts
