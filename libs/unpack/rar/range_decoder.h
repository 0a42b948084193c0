// How RAR codes PPMd's choices: a range coder without carries. A Coder for PpmdModel.
// REQUIRES: the bits outlive it and stand at a byte. Not thread-safe.
#pragma once

#include <cstdint>

#include "libs/unpack/parts/bits.h"

namespace day::unpack::rar {

class RangeDecoder {
 public:
  explicit RangeDecoder(parts::MsbBits& bits) : bits_(&bits), code_(bits.Take(32)) {}

  void Begin(std::uint32_t total) {
    range_ /= total;
    place_ = (code_ - low_) / range_;
  }
  bool Hits(std::uint32_t end, std::uint8_t) const { return place_ < end; }
  bool Take(std::uint32_t start, std::uint32_t size) {
    if (place_ < start || place_ - start >= size) {
      return false;
    }
    low_ += start * range_;
    range_ *= size;
    Normalise();
    return true;
  }
  bool Bit(std::uint32_t zero, std::uint8_t) {
    range_ >>= 14;
    const bool is_zero = (code_ - low_) / range_ < zero;
    if (is_zero) {
      range_ *= zero;
    } else {
      low_ += zero * range_;
      range_ *= (1u << 14) - zero;
    }
    Normalise();
    return is_zero;
  }

 private:
  void Normalise() {
    constexpr std::uint32_t kTop = 1u << 24;
    constexpr std::uint32_t kBottom = 1u << 15;
    for (;;) {
      if ((low_ ^ (low_ + range_)) >= kTop) {
        if (range_ >= kBottom) {
          return;
        }
        range_ = (0 - low_) & (kBottom - 1);
      }
      code_ = (code_ << 8) | bits_->Take(8);
      range_ <<= 8;
      low_ <<= 8;
    }
  }

  parts::MsbBits* bits_;
  std::uint32_t low_ = 0;
  std::uint32_t code_;
  std::uint32_t range_ = 0xFFFFFFFF;
  std::uint32_t place_ = 0;
};

}  // namespace day::unpack::rar
