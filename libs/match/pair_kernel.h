// Finding the first place where one of a few pairs of bytes stands: the quickest way to what is
// rare, since almost every place is none. One look-up in registers for each byte of a pair, as in
// gram_kernel.h, over 128 bytes at a time.
//
// Kernels find exactly the same. Pure functions.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "libs/match/cpu.h"

namespace day::match {

// Pairs in eight buckets. A place fits if its two bytes are the first and the second byte of pairs
// of one bucket: pairs that share one should not have anything frequent when they are mixed.
class PairTables {
 public:
  // REQUIRES: bucket < 8.
  constexpr void Add(unsigned bucket, std::uint8_t first, std::uint8_t second) {
    Allow(0, bucket, first);
    Allow(1, bucket, second);
  }
  constexpr bool Fits(std::uint8_t first, std::uint8_t second) const {
    return (byte[0][first] & byte[1][second]) != 0;
  }

  // Which buckets a byte fits at each of the two places: as it is, by its low seven bits, and by
  // its halves.
  std::array<std::array<std::uint8_t, 256>, 2> byte = {};
  std::array<std::array<std::uint8_t, 128>, 2> seven = {};
  std::array<std::array<std::uint8_t, 16>, 2> low = {};
  std::array<std::array<std::uint8_t, 16>, 2> high = {};

 private:
  constexpr void Allow(std::size_t place, unsigned bucket, std::uint8_t value) {
    const auto bit = static_cast<std::uint8_t>(1u << bucket);
    byte[place][value] = static_cast<std::uint8_t>(byte[place][value] | bit);
    seven[place][value & 127] = static_cast<std::uint8_t>(seven[place][value & 127] | bit);
    low[place][value & 15] = static_cast<std::uint8_t>(low[place][value & 15] | bit);
    high[place][value >> 4] = static_cast<std::uint8_t>(high[place][value >> 4] | bit);
  }
};

// The first place in [from, data.size() - 1) that fits; data.size() if there is none.
std::size_t FindPair(Simd simd, std::span<const std::byte> data, std::size_t from,
                     const PairTables& tables);

}  // namespace day::match
