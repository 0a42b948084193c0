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
    // Each byte of each bucket's atoms may be several values; some have free bits.
    ShortTables tables;
    bool fits[4][kShortBuckets][256] = {};
    for (unsigned i = 0; i < 4; ++i) {
      for (unsigned atom = 0; atom < 60; ++atom) {
        const auto mask = static_cast<std::uint8_t>(random() | random());
        const auto value = static_cast<std::uint8_t>(random() & mask);
        const unsigned bucket = atom % kShortBuckets;
        tables.Allow(i, bucket, value, mask);
        for (unsigned byte = 0; byte < 256; ++byte) {
          fits[i][bucket][byte] |= (byte & mask) == value;
        }
      }
    }
    const std::size_t count = random() % 300;
    const auto find = [&](Simd simd) {
      std::vector<std::uint32_t> found(kGramBlock + 64);
      found.resize(FindShort(simd, data, count, tables, found.data()));
      return found;
    };
    const std::vector<std::uint32_t> want = find(Simd::kScalar);
    for (const Simd simd : Kernels()) {
      const std::vector<std::uint32_t> got = find(simd);
      if (simd != Simd::kAvx2) {
        ASSERT_EQ(got, want);
      }
      // Whatever the table, a position that a bucket fits is a candidate for it.
      std::size_t next = 0;
      for (std::size_t p = 0; p < count; ++p) {
        unsigned found = 0;
        if (next < got.size() && got[next] >> 8 == p) {
          found = got[next++] & 0xFF;
        }
        for (unsigned bucket = 0; bucket < kShortBuckets; ++bucket) {
          const bool fit = fits[0][bucket][data[p]] && fits[1][bucket][data[p + 1]] &&
                           fits[2][bucket][data[p + 2]] && fits[3][bucket][data[p + 3]];
          ASSERT_TRUE(!fit || (found >> bucket & 1) != 0) << p;
        }
      }
      ASSERT_EQ(next, got.size());
    }
  }
}

}  // namespace
}  // namespace day::match
