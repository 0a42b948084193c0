#include "libs/match/pair_kernel.h"

#include <bit>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#if defined(__GNUC__) && !defined(__clang__)
// GCC 12 warns about its own _mm512_undefined_epi32().
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC diagnostic ignored "-Wuninitialized"
#endif

namespace day::match {
namespace {

bool FitsAt(std::span<const std::byte> data, std::size_t at, const PairTables& tables) {
  return tables.Fits(static_cast<std::uint8_t>(data[at]), static_cast<std::uint8_t>(data[at + 1]));
}

std::size_t FindPairScalar(std::span<const std::byte> data, std::size_t from,
                           const PairTables& tables) {
  for (std::size_t p = from; p + 1 < data.size(); ++p) {
    if (FitsAt(data, p, tables)) {
      return p;
    }
  }
  return data.size();
}

#if defined(__x86_64__)

// The first of the places that `mask` marks behind `at` and that really fits; `none` if none does.
std::size_t FirstThatFits(std::uint64_t mask, std::span<const std::byte> data, std::size_t at,
                          const PairTables& tables, std::size_t none) {
  for (; mask != 0; mask &= mask - 1) {
    const std::size_t p = at + static_cast<unsigned>(std::countr_zero(mask));
    if (FitsAt(data, p, tables)) {
      return p;
    }
  }
  return none;
}

__attribute__((target("avx2"))) __m256i FitAvx2(const std::byte* at, __m256i low, __m256i high) {
  const __m256i bytes = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(at));
  const __m256i half = _mm256_set1_epi8(15);
  return _mm256_and_si256(
      _mm256_shuffle_epi8(low, _mm256_and_si256(bytes, half)),
      _mm256_shuffle_epi8(high, _mm256_and_si256(_mm256_srli_epi16(bytes, 4), half)));
}

__attribute__((target("avx2"))) __m256i LoadTable(const std::array<std::uint8_t, 16>& table) {
  return _mm256_broadcastsi128_si256(
      _mm_loadu_si128(reinterpret_cast<const __m128i*>(table.data())));
}

__attribute__((target("avx2"))) std::size_t FindPairAvx2(std::span<const std::byte> data,
                                                         std::size_t from,
                                                         const PairTables& tables) {
  const __m256i low[2] = {LoadTable(tables.low[0]), LoadTable(tables.low[1])};
  const __m256i high[2] = {LoadTable(tables.high[0]), LoadTable(tables.high[1])};
  std::size_t p = from;
  for (; p + 65 <= data.size(); p += 64) {
    const std::byte* at = data.data() + p;
    const __m256i a =
        _mm256_and_si256(FitAvx2(at, low[0], high[0]), FitAvx2(at + 1, low[1], high[1]));
    const __m256i b =
        _mm256_and_si256(FitAvx2(at + 32, low[0], high[0]), FitAvx2(at + 33, low[1], high[1]));
    const __m256i either = _mm256_or_si256(a, b);
    if (_mm256_testz_si256(either, either) == 0) {
      const __m256i zero = _mm256_setzero_si256();
      const auto none_a =
          static_cast<std::uint32_t>(_mm256_movemask_epi8(_mm256_cmpeq_epi8(a, zero)));
      const auto none_b =
          static_cast<std::uint32_t>(_mm256_movemask_epi8(_mm256_cmpeq_epi8(b, zero)));
      const std::uint64_t mask = ~(std::uint64_t{none_b} << 32 | none_a);
      const std::size_t found = FirstThatFits(mask, data, p, tables, data.size());
      if (found < data.size()) {
        return found;
      }
    }
  }
  return FindPairScalar(data, p, tables);
}

#define DAY_TARGET_AVX512 __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vbmi")))

DAY_TARGET_AVX512 __m512i FitAvx512(const std::byte* at, const __m512i (&table)[2]) {
  return _mm512_permutex2var_epi8(table[0], _mm512_loadu_si512(at), table[1]);
}

DAY_TARGET_AVX512 std::size_t FindPairAvx512(std::span<const std::byte> data, std::size_t from,
                                             const PairTables& tables) {
  const __m512i first[2] = {_mm512_loadu_si512(tables.seven[0].data()),
                            _mm512_loadu_si512(tables.seven[0].data() + 64)};
  const __m512i second[2] = {_mm512_loadu_si512(tables.seven[1].data()),
                             _mm512_loadu_si512(tables.seven[1].data() + 64)};
  std::size_t p = from;
  for (; p + 129 <= data.size(); p += 128) {
    const std::byte* at = data.data() + p;
    const __mmask64 a = _mm512_test_epi8_mask(FitAvx512(at, first), FitAvx512(at + 1, second));
    const __mmask64 b =
        _mm512_test_epi8_mask(FitAvx512(at + 64, first), FitAvx512(at + 65, second));
    if ((a | b) != 0) {
      std::size_t found = FirstThatFits(a, data, p, tables, data.size());
      if (found == data.size()) {
        found = FirstThatFits(b, data, p + 64, tables, data.size());
      }
      if (found < data.size()) {
        return found;
      }
    }
  }
  return FindPairScalar(data, p, tables);
}

#endif

}  // namespace

std::size_t FindPair(Simd simd, std::span<const std::byte> data, std::size_t from,
                     const PairTables& tables) {
  // Where pairs stand one behind the other, setting out for the next one would cost the most.
  for (std::size_t p = from; p < from + 2 && p + 1 < data.size(); ++p) {
    if (FitsAt(data, p, tables)) {
      return p;
    }
  }
#if defined(__x86_64__)
  if (simd == Simd::kAvx512) {
    return FindPairAvx512(data, from, tables);
  }
  if (simd == Simd::kAvx2) {
    return FindPairAvx2(data, from, tables);
  }
#else
  static_cast<void>(simd);
#endif
  return FindPairScalar(data, from, tables);
}

}  // namespace day::match
