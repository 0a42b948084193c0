#include "libs/match/pair_kernel.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace day::match {
namespace {

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

std::vector<std::size_t> All(Simd simd, const std::vector<std::byte>& data,
                             const PairTables& tables) {
  std::vector<std::size_t> places;
  std::size_t at = 0;
  while ((at = FindPair(simd, data, at, tables)) < data.size()) {
    places.push_back(at++);
  }
  return places;
}

TEST(PairKernelTest, TwinsFindTheSame) {
  std::mt19937 random(7);
  for (int round = 0; round < 200; ++round) {
    PairTables tables;
    for (unsigned i = 0; i < 10; ++i) {
      tables.Add(i % 8, static_cast<std::uint8_t>(random()), static_cast<std::uint8_t>(random()));
    }
    std::vector<std::byte> data(random() % 700);
    for (std::byte& byte : data) {
      byte = static_cast<std::byte>(random() % (round % 2 == 0 ? 256 : 64));
    }
    for (const Simd simd : Kernels()) {
      EXPECT_EQ(All(simd, data, tables), All(Simd::kScalar, data, tables));
    }
  }
}

TEST(PairKernelTest, EveryPlaceIsLookedAt) {
  PairTables tables;
  tables.Add(3, 'M', 'Z');
  for (std::size_t size = 0; size < 300; ++size) {
    for (std::size_t at = 0; at + 1 < size; ++at) {
      std::vector<std::byte> data(size);
      data[at] = std::byte{'M'};
      data[at + 1] = std::byte{'Z'};
      for (const Simd simd : Kernels()) {
        ASSERT_EQ(FindPair(simd, data, 0, tables), at);
        ASSERT_EQ(FindPair(simd, data, at + 1, tables), size);
      }
    }
  }
}

TEST(PairKernelTest, NearMissesAreNone) {
  PairTables tables;
  tables.Add(0, 0xBC, 0xAF);
  tables.Add(1, 0x50, 0x4B);
  // The same low seven bits, and halves of two pairs mixed.
  for (const auto& [first, second] : {std::pair(0x3C, 0x2F), std::pair(0xBC, 0x4B),
                                      std::pair(0xB0, 0xA0), std::pair(0x5C, 0x4F)}) {
    std::vector<std::byte> data(200);
    data[70] = static_cast<std::byte>(first);
    data[71] = static_cast<std::byte>(second);
    for (const Simd simd : Kernels()) {
      EXPECT_EQ(FindPair(simd, data, 0, tables), data.size());
    }
  }
}

}  // namespace
}  // namespace day::match
