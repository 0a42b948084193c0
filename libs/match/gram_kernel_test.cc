#include "libs/match/gram_kernel.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace day::match {
namespace {

// Kernels that this processor can run, the scalar one first.
std::vector<Simd> Kernels() {
  std::vector<Simd> kernels = {Simd::kScalar};
  if (BestSimd() != Simd::kScalar) {
    kernels.push_back(Simd::kAvx2);
  }
  if (BestSimd() == Simd::kAvx512) {
    kernels.push_back(Simd::kAvx512);
  }
  return kernels;
}

TEST(GramKernelTest, TwinsFindTheSameGrams) {
  std::mt19937 random(7);
  for (const std::uint32_t bits : {10u, 13u, 22u}) {
    std::vector<std::uint32_t> words((std::size_t{1} << bits) / 32);
    for (std::uint32_t& word : words) {
      word = random() & random() & random();
    }
    for (const std::size_t size : {4u, 7u, 35u, 64u, 67u, 128u, 1000u, 4099u}) {
      std::vector<std::uint8_t> data(size);
      for (std::uint8_t& byte : data) {
        byte = static_cast<std::uint8_t>(random());
      }
      for (const std::uint32_t stride : {1u, 2u, 4u}) {
        std::vector<std::uint32_t> want(kGramBlock + 16);
        const std::size_t want_count = FindGrams(Simd::kScalar, data.data(), 0, size - 3, stride,
                                                 {words.data(), bits}, want.data());
        for (const Simd simd : Kernels()) {
          std::vector<std::uint32_t> got(kGramBlock + 16);
          const std::size_t count =
              FindGrams(simd, data.data(), 0, size - 3, stride, {words.data(), bits}, got.data());
          got.resize(count);
          std::sort(got.begin(), got.end());
          ASSERT_EQ(got, std::vector(want.begin(), want.begin() + static_cast<long>(want_count)))
              << "bits " << bits << " size " << size << " stride " << stride;
        }
      }
    }
  }
}

TEST(GramKernelTest, TwinsFindTheSameProbes) {
  std::mt19937 random(8);
  std::uint8_t data[300 + kProbeBlock + kProbeReach];
  for (int round = 0; round < 2000; ++round) {
    for (std::uint8_t& byte : data) {
      byte = static_cast<std::uint8_t>(random() & 3);
    }
    ByteProbe probe;
    probe.count = static_cast<std::uint8_t>(1 + random() % 4);
    for (unsigned i = 0; i < probe.count; ++i) {
      probe.distance[i] = static_cast<std::uint8_t>(random() % kProbeReach);
      probe.mask[i] = static_cast<std::uint8_t>(random());
      probe.value[i] = static_cast<std::uint8_t>(random() & 3 & probe.mask[i]);
    }
    const std::size_t count = random() % 300;
    std::vector<std::uint32_t> want(count + kProbeBlock);
    want.resize(FindProbes(Simd::kScalar, data, count, probe, want.data()));
    for (const Simd simd : Kernels()) {
      std::vector<std::uint32_t> got(count + kProbeBlock);
      got.resize(FindProbes(simd, data, count, probe, got.data()));
      ASSERT_EQ(got, want);
    }
  }
}

}  // namespace
}  // namespace day::match
