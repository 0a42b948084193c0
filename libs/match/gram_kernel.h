// The scanner's inner loops: which positions of a block might start a gram that somebody waits for.
//
// A gram is four bytes, folded with | 0x20 a byte (so letters of either case are one), hashed by a
// multiplication, and looked up as one bit of a bitmap. With a stride of four only every fourth
// position is looked up: an atom of seven bytes registers its four grams, so that one of them falls
// on a sampled position whatever the alignment. A stride of two serves atoms of five and six bytes
// with two grams each, a stride of one those of four bytes. The kernels are exact with respect to
// the bitmap: same candidates from each of the twins.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "libs/match/cpu.h"

namespace day::match {

inline constexpr std::uint32_t kGramFold = 0x20202020;
inline constexpr std::uint32_t kGramMultiplier = 0x9E3779B1;

inline std::uint32_t LoadGram(const std::uint8_t* at) {
  std::uint32_t gram;
  std::memcpy(&gram, at, sizeof(gram));
  return gram | kGramFold;
}

// Index of a folded gram in a bitmap or table of 2^bits entries. REQUIRES: 5 <= bits <= 32.
inline std::uint32_t GramHash(std::uint32_t folded, std::uint32_t bits) {
  return (folded * kGramMultiplier) >> (32 - bits);
}

// A bitmap of 2^bits bits, as 32-bit words.
struct GramBitmap {
  const std::uint32_t* words = nullptr;
  std::uint32_t bits = 0;
};

// Positions are handled in blocks so that their candidates fit a buffer in the cache.
inline constexpr std::size_t kGramBlock = 4096;

// Appends to `out` every position p in [begin, end), p a multiple of `stride` (1, 2 or 4), whose
// gram is in the bitmap; returns how many. REQUIRES: end + 3 <= size of data; end - begin <=
// kGramBlock; begin a multiple of 4; room for kGramBlock + 64 entries in `out`.
std::size_t FindGrams(Simd simd, const std::uint8_t* data, std::size_t begin, std::size_t end,
                      std::uint32_t stride, GramBitmap bitmap, std::uint32_t* out);

// A few bytes at fixed distances, for atoms without four consecutive fixed bytes: a position p is a
// candidate if (data[p + distance[i]] & mask[i]) == value[i] for all i < count. 1 <= count <= 4.
struct ByteProbe {
  std::uint8_t count = 0;
  std::uint8_t distance[4] = {};
  std::uint8_t value[4] = {};
  std::uint8_t mask[4] = {};
};
inline constexpr std::size_t kProbeReach = 16;  // distances are below this

// Appends to `out` every position p in [0, count) that is a candidate of the probe, relative to
// `at`; returns how many. REQUIRES: count + kProbeBlock + kProbeReach bytes are readable from `at`;
// room for count + kProbeBlock entries in `out`.
std::size_t FindProbes(Simd simd, const std::uint8_t* at, std::size_t count, const ByteProbe& probe,
                       std::uint32_t* out);
inline constexpr std::size_t kProbeBlock = 64;

}  // namespace day::match
