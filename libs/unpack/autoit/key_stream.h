// The bytes that AutoIt's compiler XORs its data with. Not thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <random>
#include <span>

namespace day::unpack::autoit {

// EA05: bits 1 to 8 of a Mersenne Twister's numbers.
class Ea05Stream {
 public:
  explicit Ea05Stream(std::uint32_t key) : twister_(key) {}
  std::uint8_t Next() { return static_cast<std::uint8_t>(twister_() >> 1); }

 private:
  std::mt19937 twister_;
};

// EA06: a lagged Fibonacci generator over 17 numbers ("RanRot").
class Ea06Stream {
 public:
  explicit Ea06Stream(std::uint32_t key);
  std::uint8_t Next();

 private:
  std::uint32_t Step();

  std::array<std::uint32_t, 17> state_{};
  std::size_t first_ = 0;
  std::size_t second_ = 10;
};

}  // namespace day::unpack::autoit
