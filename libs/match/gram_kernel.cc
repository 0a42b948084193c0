#include "libs/match/gram_kernel.h"

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

std::size_t FindGramsScalar(const std::uint8_t* data, std::size_t begin, std::size_t from,
                            std::size_t end, std::uint32_t stride, GramBitmap bitmap,
                            std::uint32_t* out) {
  std::size_t count = 0;
  for (std::size_t p = from; p < end; p += stride) {
    const std::uint32_t hash = GramHash(LoadGram(data + p), bitmap.bits);
    out[count] = static_cast<std::uint32_t>(p - begin);
    count += (bitmap.words[hash >> 5] >> (hash & 31)) & 1;
  }
  return count;
}

// The twin of FindShortAvx2(): by the halves of bytes.
std::size_t FindShortHalves(const std::uint8_t* at, std::size_t from, std::size_t count,
                            const ShortTables& tables, std::uint32_t* out) {
  std::size_t found = 0;
  for (std::size_t p = from; p < count; ++p) {
    unsigned buckets = 0xFF;
    for (unsigned i = 0; i < 4; ++i) {
      const std::uint8_t byte = at[p + i];
      buckets &= unsigned{tables.low[i][byte & 15]} & tables.high[i][byte >> 4];
    }
    if (buckets != 0) {
      out[found++] = static_cast<std::uint32_t>(p << 8 | buckets);
    }
  }
  return found;
}

std::size_t FindShortScalar(const std::uint8_t* at, std::size_t from, std::size_t count,
                            const ShortTables& tables, std::uint32_t* out) {
  std::size_t found = 0;
  for (std::size_t p = from; p < count; ++p) {
    unsigned buckets = 0xFF;
    for (unsigned i = 0; i < 4; ++i) {
      buckets &= tables.seven[i][at[p + i] & 127];
    }
    if (buckets != 0) {
      out[found++] = static_cast<std::uint32_t>(p << 8 | buckets);
    }
  }
  return found;
}

// Appends (p << 8 | buckets) for each set bit of `positions`, with the buckets of 64 positions.
inline std::size_t AppendShort(std::uint64_t positions, const std::uint8_t* buckets,
                               std::size_t base, std::uint32_t* out) {
  std::size_t found = 0;
  while (positions != 0) {
    const auto bit = static_cast<unsigned>(__builtin_ctzll(positions));
    positions &= positions - 1;
    out[found++] = static_cast<std::uint32_t>((base + bit) << 8 | buckets[bit]);
  }
  return found;
}

#if defined(__x86_64__)

// Bit i: the gram at lane i is in the bitmap.
__attribute__((target("avx2"))) inline std::uint32_t LookUpAvx2(const std::uint8_t* at,
                                                                GramBitmap bitmap) {
  const __m256i low_bits = _mm256_set1_epi32(31);
  const __m256i grams = _mm256_or_si256(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(at)),
                                        _mm256_set1_epi32(static_cast<int>(kGramFold)));
  const __m256i product =
      _mm256_mullo_epi32(grams, _mm256_set1_epi32(static_cast<int>(kGramMultiplier)));
  const __m256i hash = _mm256_srli_epi32(product, static_cast<int>(32 - bitmap.bits));
  const __m256i words = _mm256_i32gather_epi32(reinterpret_cast<const int*>(bitmap.words),
                                               _mm256_srli_epi32(hash, 5), 4);
  // The wanted bit of each word moves to the sign.
  const __m256i sign =
      _mm256_sllv_epi32(words, _mm256_sub_epi32(low_bits, _mm256_and_si256(hash, low_bits)));
  return static_cast<std::uint32_t>(_mm256_movemask_ps(_mm256_castsi256_ps(sign)));
}

__attribute__((target("avx2"))) std::size_t FindGramsAvx2(const std::uint8_t* data,
                                                          std::size_t begin, std::size_t end,
                                                          std::uint32_t stride, GramBitmap bitmap,
                                                          std::uint32_t* out) {
  std::size_t count = 0;
  std::size_t p = begin;
  for (; p + 32 <= end; p += 32) {
    for (std::uint32_t shift = 0; shift < 4; shift += stride) {
      std::uint32_t found = LookUpAvx2(data + p + shift, bitmap);
      while (found != 0) {
        out[count++] = static_cast<std::uint32_t>(p - begin) + shift +
                       4 * static_cast<std::uint32_t>(__builtin_ctz(found));
        found &= found - 1;
      }
    }
  }
  return count + FindGramsScalar(data, begin, p, end, stride, bitmap, out + count);
}

__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl"))) inline __mmask16 LookUpAvx512(
    const std::uint8_t* at, GramBitmap bitmap) {
  const __m512i grams =
      _mm512_or_si512(_mm512_loadu_si512(at), _mm512_set1_epi32(static_cast<int>(kGramFold)));
  const __m512i product =
      _mm512_mullo_epi32(grams, _mm512_set1_epi32(static_cast<int>(kGramMultiplier)));
  const __m512i hash = _mm512_srli_epi32(product, 32 - bitmap.bits);
  const __m512i words = _mm512_i32gather_epi32(_mm512_srli_epi32(hash, 5), bitmap.words, 4);
  const __m512i bit =
      _mm512_sllv_epi32(_mm512_set1_epi32(1), _mm512_and_si512(hash, _mm512_set1_epi32(31)));
  return _mm512_test_epi32_mask(words, bit);
}

__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl"))) std::size_t FindGramsAvx512(
    const std::uint8_t* data, std::size_t begin, std::size_t end, std::uint32_t stride,
    GramBitmap bitmap, std::uint32_t* out) {
  const __m512i lanes =
      _mm512_set_epi32(60, 56, 52, 48, 44, 40, 36, 32, 28, 24, 20, 16, 12, 8, 4, 0);
  std::size_t count = 0;
  std::size_t p = begin;
  for (; p + 64 <= end; p += 64) {
    for (std::uint32_t shift = 0; shift < 4; shift += stride) {
      const __mmask16 found = LookUpAvx512(data + p + shift, bitmap);
      const __m512i at =
          _mm512_add_epi32(lanes, _mm512_set1_epi32(static_cast<int>(p - begin + shift)));
      _mm512_storeu_si512(out + count, _mm512_maskz_compress_epi32(found, at));
      count += static_cast<std::size_t>(__builtin_popcount(found));
    }
  }
  return count + FindGramsScalar(data, begin, p, end, stride, bitmap, out + count);
}

// The buckets that byte i of each position fits.
__attribute__((target("avx2"))) inline __m256i FitAvx2(const std::uint8_t* from, __m256i low,
                                                       __m256i high) {
  const __m256i half = _mm256_set1_epi8(15);
  const __m256i bytes = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from));
  const __m256i upper = _mm256_and_si256(_mm256_srli_epi16(bytes, 4), half);
  return _mm256_and_si256(_mm256_shuffle_epi8(low, _mm256_and_si256(bytes, half)),
                          _mm256_shuffle_epi8(high, upper));
}

__attribute__((target("avx2"))) std::size_t FindShortAvx2(const std::uint8_t* at, std::size_t count,
                                                          const ShortTables& tables,
                                                          std::uint32_t* out) {
  __m256i low[4];
  __m256i high[4];
  for (unsigned i = 0; i < 4; ++i) {
    low[i] = _mm256_broadcastsi128_si256(
        _mm_loadu_si128(reinterpret_cast<const __m128i*>(tables.low[i])));
    high[i] = _mm256_broadcastsi128_si256(
        _mm_loadu_si128(reinterpret_cast<const __m128i*>(tables.high[i])));
  }
  std::size_t found = 0;
  std::size_t p = 0;
  for (; p + 32 <= count; p += 32) {
    const __m256i buckets = _mm256_and_si256(
        _mm256_and_si256(FitAvx2(at + p, low[0], high[0]), FitAvx2(at + p + 1, low[1], high[1])),
        _mm256_and_si256(FitAvx2(at + p + 2, low[2], high[2]),
                         FitAvx2(at + p + 3, low[3], high[3])));
    const auto none = static_cast<std::uint32_t>(
        _mm256_movemask_epi8(_mm256_cmpeq_epi8(buckets, _mm256_setzero_si256())));
    if (none != 0xFFFFFFFF) {
      alignas(32) std::uint8_t lanes[32];
      _mm256_store_si256(reinterpret_cast<__m256i*>(lanes), buckets);
      found += AppendShort(~none, lanes, p, out + found);
    }
  }
  return found + FindShortHalves(at, p, count, tables, out + found);
}

// The buckets that byte i of each position fits.
__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vbmi"))) inline __m512i FitAvx512(
    const std::uint8_t* from, const __m512i table[2]) {
  return _mm512_permutex2var_epi8(table[0], _mm512_loadu_si512(from), table[1]);
}

__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vbmi"))) std::size_t
FindShortAvx512(const std::uint8_t* at, std::size_t count, const ShortTables& tables,
                std::uint32_t* out) {
  __m512i seven[4][2];
  for (unsigned i = 0; i < 4; ++i) {
    seven[i][0] = _mm512_loadu_si512(tables.seven[i]);
    seven[i][1] = _mm512_loadu_si512(tables.seven[i] + 64);
  }
  std::size_t found = 0;
  std::size_t p = 0;
  for (; p + 64 <= count; p += 64) {
    const __m512i buckets = _mm512_and_si512(
        _mm512_and_si512(FitAvx512(at + p, seven[0]), FitAvx512(at + p + 1, seven[1])),
        _mm512_and_si512(FitAvx512(at + p + 2, seven[2]), FitAvx512(at + p + 3, seven[3])));
    const std::uint64_t positions = _mm512_test_epi8_mask(buckets, buckets);
    if (positions != 0) {
      alignas(64) std::uint8_t lanes[64];
      _mm512_store_si512(lanes, buckets);
      found += AppendShort(positions, lanes, p, out + found);
    }
  }
  return found + FindShortScalar(at, p, count, tables, out + found);
}

#endif  // __x86_64__

}  // namespace

void ShortTables::Allow(unsigned i, unsigned bucket, std::uint8_t value, std::uint8_t mask) {
  const auto bit = static_cast<std::uint8_t>(1u << bucket);
  ForEachByte(value, mask, [&](std::uint8_t byte) {
    seven[i][byte & 127] = static_cast<std::uint8_t>(seven[i][byte & 127] | bit);
    low[i][byte & 15] = static_cast<std::uint8_t>(low[i][byte & 15] | bit);
    high[i][byte >> 4] = static_cast<std::uint8_t>(high[i][byte >> 4] | bit);
  });
}

std::size_t FindGrams(Simd simd, const std::uint8_t* data, std::size_t begin, std::size_t end,
                      std::uint32_t stride, GramBitmap bitmap, std::uint32_t* out) {
#if defined(__x86_64__)
  if (simd == Simd::kAvx512) {
    return FindGramsAvx512(data, begin, end, stride, bitmap, out);
  }
  if (simd == Simd::kAvx2) {
    return FindGramsAvx2(data, begin, end, stride, bitmap, out);
  }
#endif
  return FindGramsScalar(data, begin, begin, end, stride, bitmap, out);
}

std::size_t FindShort(Simd simd, const std::uint8_t* at, std::size_t count,
                      const ShortTables& tables, std::uint32_t* out) {
#if defined(__x86_64__)
  if (simd == Simd::kAvx512) {
    return FindShortAvx512(at, count, tables, out);
  }
  if (simd == Simd::kAvx2) {
    return FindShortAvx2(at, count, tables, out);
  }
#endif
  return FindShortScalar(at, 0, count, tables, out);
}

}  // namespace day::match
