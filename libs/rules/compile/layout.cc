#include "libs/rules/compile/layout.h"

#include <bit>
#include <cstring>

namespace day::rules::compile {
namespace {

constexpr std::uint64_t kMultiplier = 0x9E3779B97F4A7C15u;
constexpr std::size_t kLaneBytes = 4 * 8;  // one word of each lane
constexpr std::size_t kAheadBytes = 2048;

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
  // Four independent lanes hide the latency of the multiplication; a blob is too large for caches,
  // and without the hint the processor stops reading ahead at the end of each page. Written out,
  // lanes stay in registers.
  std::uint64_t a = seed + 1;
  std::uint64_t b = seed + 2;
  std::uint64_t c = seed + 3;
  std::uint64_t d = seed + 4;
  const auto mix_lanes = [&](const std::byte* from) {
    a = Mix(a, Load(from, 8));
    b = Mix(b, Load(from + 8, 8));
    c = Mix(c, Load(from + 16, 8));
    d = Mix(d, Load(from + 24, 8));
  };
  std::size_t offset = 0;
  for (; bytes.size() - offset >= kAheadBytes; offset += 2 * kLaneBytes) {
    __builtin_prefetch(bytes.data() + offset + kAheadBytes);
    mix_lanes(bytes.data() + offset);
    mix_lanes(bytes.data() + offset + kLaneBytes);
  }
  for (; bytes.size() - offset >= kLaneBytes; offset += kLaneBytes) {
    mix_lanes(bytes.data() + offset);
  }
  std::uint64_t hash = bytes.size() * kMultiplier;
  for (const std::uint64_t lane : {a, b, c, d}) {
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
