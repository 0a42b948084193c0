// Which vector instructions the scan kernels may use. Chosen at run time; every kernel has a scalar
// twin that finds exactly the same.
#pragma once

#include <cstdint>

namespace day::match {

enum class Simd : std::uint8_t { kScalar, kAvx2, kAvx512 };

// The widest set that this processor and operating system support (AVX-512 means F, BW, DQ, VL and
// VBMI: Intel since Ice Lake, AMD since Zen 4).
inline Simd BestSimd() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
      __builtin_cpu_supports("avx512vbmi")) {
    return Simd::kAvx512;
  }
  if (__builtin_cpu_supports("avx2")) {
    return Simd::kAvx2;
  }
#endif
  return Simd::kScalar;
}

}  // namespace day::match
