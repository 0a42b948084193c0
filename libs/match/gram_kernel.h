// The scanner's inner loops: which positions of a block might start a gram that somebody waits for.
//
// A gram is four bytes, folded with | 0x20 a byte (so letters of either case are one), hashed by a
// multiplication, and looked up as one bit of a bitmap. Only every fourth position is looked up: an
// atom registers four grams of its window, one for each rest of its offset by four, so that one of
// them falls on a sampled position whatever the alignment.
//
// Where many atoms have too few known bytes for that, their grams are looked up at every position
// instead (a stride of one). Fewer such atoms, and those without four known bytes in a row, are
// looked for at every position by four bytes each: table look-ups in registers say which of eight
// buckets of atoms each byte fits, and a position is a candidate for the buckets that all four
// bytes fit (the way of Hyperscan's Teddy). With AVX-512 a look-up tells the low seven bits of a
// byte apart; with AVX2 its halves, so that more positions are candidates.
//
// The kernels are exact with respect to their tables: twins of one table find the same candidates.
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

// Calls f(byte) for every byte whose bits under `mask` are `value`; the smallest comes last.
template <typename F>
void ForEachByte(std::uint8_t value, std::uint8_t mask, F f) {
  const unsigned open = mask ^ 0xFFu;
  for (unsigned subset = open;; subset = (subset - 1) & open) {
    f(static_cast<std::uint8_t>(value | subset));
    if (subset == 0) {
      return;
    }
  }
}

// A bitmap of 2^bits bits, as 32-bit words.
struct GramBitmap {
  const std::uint32_t* words = nullptr;
  std::uint32_t bits = 0;
};

// Positions are handled in blocks so that their candidates fit a buffer in the cache.
inline constexpr std::size_t kGramBlock = 4096;

// Appends to `out` every position p in [begin, end), a multiple of 4, whose gram is in the bitmap,
// relative to begin; returns how many, in no particular order. REQUIRES: end + 3 <= size of data;
// end - begin <= kGramBlock; begin a multiple of 4; room for kGramBlock + 64 entries in `out`.
std::size_t FindGrams(Simd simd, const std::uint8_t* data, std::size_t begin, std::size_t end,
                      std::uint32_t stride, GramBitmap bitmap, std::uint32_t* out);

// Which buckets (bits) each of four bytes fits, twice: by its low seven bits, and by its halves.
struct ShortTables {
  std::uint8_t seven[4][128] = {};
  std::uint8_t low[4][16] = {};
  std::uint8_t high[4][16] = {};

  // Lets byte `i` of the bucket's atoms be any whose bits under `mask` are `value`.
  void Allow(unsigned i, unsigned bucket, std::uint8_t value, std::uint8_t mask);
};
inline constexpr unsigned kShortBuckets = 8;
inline constexpr std::size_t kShortReach = 64 + 4;  // bytes read behind the last position

// Appends (p << 8 | buckets) to `out` for every position p in [0, count) that fits any bucket by
// the table of seven bits (kScalar, kAvx512) or of halves (kAvx2); returns how many. REQUIRES:
// count <= kGramBlock; count + kShortReach bytes are readable from `at`; room for kGramBlock + 64
// entries.
std::size_t FindShort(Simd simd, const std::uint8_t* at, std::size_t count,
                      const ShortTables& tables, std::uint32_t* out);

}  // namespace day::match
