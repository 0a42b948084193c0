#include "libs/rules/compile/layout.h"

#include <bit>
#include <cstring>

namespace day::rules::compile {
namespace {

constexpr std::uint64_t kMultiplier = 0x9E3779B97F4A7C15u;
constexpr std::size_t kLanes = 4;

std::uint64_t Mix(std::uint64_t state, std::uint64_t word) {
  return std::rotl((state ^ word) * kMultiplier, 29);
}

std::uint64_t Load(const std::byte* from, std::size_t size) {
  std::uint64_t word = 0;
  std::memcpy(&word, from, size);
  return word;
}

}  // namespace

std::uint64_t HashBytes(base::Bytes bytes, std::uint64_t seed) {
  std::uint64_t lanes[kLanes] = {seed + 1, seed + 2, seed + 3, seed + 4};
  std::size_t offset = 0;
  // Four independent lanes hide the latency of the multiplication.
  for (; bytes.size() - offset >= kLanes * 8; offset += kLanes * 8) {
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      lanes[lane] = Mix(lanes[lane], Load(&bytes[offset + lane * 8], 8));
    }
  }
  std::uint64_t hash = bytes.size() * kMultiplier;
  for (const std::uint64_t lane : lanes) {
    hash = Mix(hash, lane);
  }
  for (; offset < bytes.size(); offset += 8) {
    const std::size_t rest = bytes.size() - offset;
    hash = Mix(hash, Load(&bytes[offset], rest < 8 ? rest : 8));
  }
  hash ^= hash >> 32;
  hash *= kMultiplier;
  return hash ^ (hash >> 29);
}

}  // namespace day::rules::compile
