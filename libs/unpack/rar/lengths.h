// How RAR 2 to 4 write the lengths and distances of matches: a slot, and bits behind it.
#pragma once

#include <array>
#include <cstdint>

namespace day::unpack::rar {

inline constexpr std::array<std::uint8_t, 28> kLengthBase = {
    0,  1,  2,  3,  4,  5,  6,  7,  8,  10,  12,  14,  16,  20,
    24, 28, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224};
inline constexpr std::array<std::uint8_t, 28> kLengthBits = {
    0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5};
inline constexpr std::array<std::uint8_t, 8> kShortBase = {0, 4, 8, 16, 32, 64, 128, 192};
inline constexpr std::array<std::uint8_t, 8> kShortBits = {2, 2, 3, 4, 5, 6, 6, 6};

// A slot's least distance, from 0, and how many bits are added to it.
struct Slot {
  std::uint32_t base;
  unsigned bits;
};

// Two slots for each number of bits, from 34 on all of 16 and from 48 on of 18 bits.
constexpr Slot SlotOf(std::uint32_t slot) {
  if (slot < 4) {
    return {slot, 0};
  }
  if (slot < 34) {
    const unsigned bits = slot / 2 - 1;
    return {(2 + slot % 2) << bits, bits};
  }
  if (slot < 48) {
    return {(slot - 32) << 16, 16};
  }
  return {(slot - 44) << 18, 18};
}

}  // namespace day::unpack::rar
