#include "libs/match/gram_kernel.h"

#include <gtest/gtest.h>

#include <algorithm>
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
      for (const std::uint32_t stride : {1u, 4u}) {
        const auto find = [&](Simd simd) {
          std::vector<std::uint32_t> found(kGramBlock + 64);
          found.resize(FindGrams(simd, data.data(), 0, size - 3, stride, {words.data(), bits},
                                 found.data()));
          std::sort(found.begin(), found.end());
          return found;
        };
        for (const Simd simd : Kernels()) {
          ASSERT_EQ(find(simd), find(Simd::kScalar)) << "bits " << bits << " size " << size;
        }
      }
    }
  }
}

TEST(GramKernelTest, TwinsFindTheSameShortAtoms) {
  std::mt19937 random(8);
  std::uint8_t data[300 + kShortReach];
  for (int round = 0; round < 2000; ++round) {
    for (std::uint8_t& byte : data) {
      byte = static_cast<std::uint8_t>(random());
    }
    ShortTables tables;
    for (unsigned i = 0; i < 4; ++i) {
      for (unsigned half = 0; half < 16; ++half) {
        tables.low[i][half] = static_cast<std::uint8_t>(random() & random());
        tables.high[i][half] = static_cast<std::uint8_t>(random() & random());
      }
    }
    const std::size_t count = random() % 300;
    std::vector<std::uint32_t> want(kGramBlock + 64);
    want.resize(FindShort(Simd::kScalar, data, count, tables, want.data()));
    for (const Simd simd : Kernels()) {
      std::vector<std::uint32_t> got(kGramBlock + 64);
      got.resize(FindShort(simd, data, count, tables, got.data()));
      ASSERT_EQ(got, want);
    }
  }
}

}  // namespace
}  // namespace day::match
