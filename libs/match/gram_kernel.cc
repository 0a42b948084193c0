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

std::size_t FindGramsScalar(const std::uint8_t* data, std::size_t begin, std::size_t end,
                            std::uint32_t stride, GramBitmap bitmap, std::uint32_t* out) {
  std::size_t count = 0;
  for (std::size_t p = begin; p < end; p += stride) {
    const std::uint32_t hash = GramHash(LoadGram(data + p), bitmap.bits);
    out[count] = static_cast<std::uint32_t>(p - begin);
    count += (bitmap.words[hash >> 5] >> (hash & 31)) & 1;
  }
  return count;
}

std::size_t FindProbesScalar(const std::uint8_t* at, std::size_t count, const ByteProbe& probe,
                             std::uint32_t* out) {
  std::size_t found = 0;
  for (std::size_t p = 0; p < count; ++p) {
    bool all = (at[p + probe.distance[0]] & probe.mask[0]) == probe.value[0];
    for (unsigned i = 1; i < probe.count && all; ++i) {
      all = (at[p + probe.distance[i]] & probe.mask[i]) == probe.value[i];
    }
    if (all) {
      out[found++] = static_cast<std::uint32_t>(p);
    }
  }
  return found;
}

// Appends base + i for each set bit i; positions at or behind `count` are left out.
inline std::size_t AppendBits(std::uint64_t bits, std::size_t base, std::size_t count,
                              std::uint32_t* out) {
  std::size_t found = 0;
  while (bits != 0) {
    const std::size_t p = base + static_cast<unsigned>(__builtin_ctzll(bits));
    bits &= bits - 1;
    if (p < count) {
      out[found++] = static_cast<std::uint32_t>(p);
    }
  }
  return found;
}

#if defined(__x86_64__)

__attribute__((target("avx2"))) inline std::uint32_t GramMask8(__m256i grams, GramBitmap bitmap) {
  const __m256i folded = _mm256_or_si256(grams, _mm256_set1_epi32(static_cast<int>(kGramFold)));
  const __m256i product =
      _mm256_mullo_epi32(folded, _mm256_set1_epi32(static_cast<int>(kGramMultiplier)));
  const __m256i hash = _mm256_srli_epi32(product, static_cast<int>(32 - bitmap.bits));
  const __m256i words = _mm256_i32gather_epi32(reinterpret_cast<const int*>(bitmap.words),
                                               _mm256_srli_epi32(hash, 5), 4);
  const __m256i bit = _mm256_and_si256(hash, _mm256_set1_epi32(31));
  // The wanted bit of each word moves to the sign.
  const __m256i sign = _mm256_sllv_epi32(words, _mm256_sub_epi32(_mm256_set1_epi32(31), bit));
  return static_cast<std::uint32_t>(_mm256_movemask_ps(_mm256_castsi256_ps(sign)));
}

__attribute__((target("avx2,bmi2"))) std::size_t FindGramsAvx2(const std::uint8_t* data,
                                                               std::size_t begin, std::size_t end,
                                                               std::uint32_t stride,
                                                               GramBitmap bitmap,
                                                               std::uint32_t* out) {
  std::size_t count = 0;
  std::size_t p = begin;
  // A step handles 32 bytes: eight positions at a stride of four, or two or four times eight.
  for (; p + 32 <= end; p += 32) {
    std::uint32_t found = 0;
    for (std::uint32_t shift = 0; shift < 4; shift += stride) {
      const __m256i grams = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(data + p + shift));
      // Lane i is position 4 * i + shift: spread the eight bits with a stride of four.
      found |=
          static_cast<std::uint32_t>(_pdep_u32(GramMask8(grams, bitmap), 0x11111111u << shift));
    }
    while (found != 0) {
      out[count++] =
          static_cast<std::uint32_t>(p - begin) + static_cast<std::uint32_t>(__builtin_ctz(found));
      found &= found - 1;
    }
  }
  const std::size_t tail = FindGramsScalar(data, p, end, stride, bitmap, out + count);
  for (std::size_t i = count; i < count + tail; ++i) {
    out[i] += static_cast<std::uint32_t>(p - begin);
  }
  return count + tail;
}

__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl"))) inline __mmask16 GramMask16(
    __m512i grams, GramBitmap bitmap) {
  const __m512i folded = _mm512_or_si512(grams, _mm512_set1_epi32(static_cast<int>(kGramFold)));
  const __m512i product =
      _mm512_mullo_epi32(folded, _mm512_set1_epi32(static_cast<int>(kGramMultiplier)));
  const __m512i hash = _mm512_srli_epi32(product, 32 - bitmap.bits);
  const __m512i words = _mm512_i32gather_epi32(_mm512_srli_epi32(hash, 5), bitmap.words, 4);
  const __m512i bit = _mm512_and_si512(hash, _mm512_set1_epi32(31));
  return _mm512_test_epi32_mask(words, _mm512_sllv_epi32(_mm512_set1_epi32(1), bit));
}

__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl"))) std::size_t FindGramsAvx512(
    const std::uint8_t* data, std::size_t begin, std::size_t end, std::uint32_t stride,
    GramBitmap bitmap, std::uint32_t* out) {
  std::size_t count = 0;
  std::size_t p = begin;
  const __m512i lanes =
      _mm512_set_epi32(60, 56, 52, 48, 44, 40, 36, 32, 28, 24, 20, 16, 12, 8, 4, 0);
  for (; p + 64 <= end; p += 64) {
    const __m512i position =
        _mm512_add_epi32(lanes, _mm512_set1_epi32(static_cast<int>(p - begin)));
    for (std::uint32_t shift = 0; shift < 4; shift += stride) {
      const __mmask16 found = GramMask16(_mm512_loadu_si512(data + p + shift), bitmap);
      const __m512i at = _mm512_add_epi32(position, _mm512_set1_epi32(static_cast<int>(shift)));
      _mm512_storeu_si512(out + count, _mm512_maskz_compress_epi32(found, at));
      count += static_cast<std::size_t>(__builtin_popcount(found));
    }
  }
  const std::size_t tail = FindGramsScalar(data, p, end, stride, bitmap, out + count);
  for (std::size_t i = count; i < count + tail; ++i) {
    out[i] += static_cast<std::uint32_t>(p - begin);
  }
  return count + tail;
}

__attribute__((target("avx2"))) std::uint64_t Compare64Avx2(const std::uint8_t* from, __m256i mask,
                                                            __m256i value) {
  const __m256i a = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from));
  const __m256i b = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from + 32));
  const auto low = static_cast<std::uint32_t>(
      _mm256_movemask_epi8(_mm256_cmpeq_epi8(_mm256_and_si256(a, mask), value)));
  const auto high = static_cast<std::uint32_t>(
      _mm256_movemask_epi8(_mm256_cmpeq_epi8(_mm256_and_si256(b, mask), value)));
  return low | (std::uint64_t{high} << 32);
}

__attribute__((target("avx2"))) std::size_t FindProbesAvx2(const std::uint8_t* at,
                                                           std::size_t count,
                                                           const ByteProbe& probe,
                                                           std::uint32_t* out) {
  __m256i values[4];
  __m256i masks[4];
  for (unsigned i = 0; i < 4; ++i) {
    values[i] = _mm256_set1_epi8(static_cast<char>(probe.value[i]));
    masks[i] = _mm256_set1_epi8(static_cast<char>(probe.mask[i]));
  }
  std::size_t found = 0;
  for (std::size_t p = 0; p < count; p += kProbeBlock) {
    std::uint64_t bits = Compare64Avx2(at + p + probe.distance[0], masks[0], values[0]);
    for (unsigned i = 1; i < probe.count && bits != 0; ++i) {
      bits &= Compare64Avx2(at + p + probe.distance[i], masks[i], values[i]);
    }
    found += AppendBits(bits, p, count, out + found);
  }
  return found;
}

__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl"))) inline std::uint64_t Compare64Avx512(
    const std::uint8_t* from, __m512i mask, __m512i value) {
  return _mm512_cmpeq_epi8_mask(_mm512_and_si512(_mm512_loadu_si512(from), mask), value);
}

// A byte beyond the probe's count has mask and value zero, so it always fits.
__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl"))) std::size_t FindProbesAvx512(
    const std::uint8_t* at, std::size_t count, const ByteProbe& probe, std::uint32_t* out) {
  __m512i values[4];
  __m512i masks[4];
  for (unsigned i = 0; i < 4; ++i) {
    values[i] = _mm512_set1_epi8(static_cast<char>(probe.value[i]));
    masks[i] = _mm512_set1_epi8(static_cast<char>(probe.mask[i]));
  }
  const std::uint8_t* from[4];
  for (unsigned i = 0; i < 4; ++i) {
    from[i] = at + probe.distance[i];
  }
  std::size_t found = 0;
  for (std::size_t p = 0; p < count; p += kProbeBlock) {
    std::uint64_t bits = Compare64Avx512(from[0] + p, masks[0], values[0]) &
                         Compare64Avx512(from[1] + p, masks[1], values[1]);
    if (bits == 0) {
      continue;
    }
    bits &= Compare64Avx512(from[2] + p, masks[2], values[2]) &
            Compare64Avx512(from[3] + p, masks[3], values[3]);
    found += AppendBits(bits, p, count, out + found);
  }
  return found;
}

#endif  // __x86_64__

}  // namespace

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
  return FindGramsScalar(data, begin, end, stride, bitmap, out);
}

std::size_t FindProbes(Simd simd, const std::uint8_t* at, std::size_t count, const ByteProbe& probe,
                       std::uint32_t* out) {
#if defined(__x86_64__)
  if (simd == Simd::kAvx512) {
    return FindProbesAvx512(at, count, probe, out);
  }
  if (simd == Simd::kAvx2) {
    return FindProbesAvx2(at, count, probe, out);
  }
#endif
  return FindProbesScalar(at, count, probe, out);
}

}  // namespace day::match
