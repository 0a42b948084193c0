// Bits of a packed stream, lowest bit of a byte first (LsbBits) or highest first (MsbBits).
//
// Behind the last byte come zeros; overrun() tells it, so a decoder asks once a symbol or once a
// block, and every loop that also asks overrun() ends. At most 32 bits are asked for at a time. Not
// thread-safe.
#pragma once

#include <cstdint>

#include "libs/base/bytes.h"

namespace day::unpack::parts {

class LsbBits {
 public:
  explicit LsbBits(base::Bytes bytes) : bytes_(bytes) {}

  // The next `count` bits. REQUIRES, as for all: count <= 32.
  std::uint32_t Peek(unsigned count) {
    Fill(count);
    return static_cast<std::uint32_t>(window_ & ((std::uint64_t{1} << count) - 1));
  }
  void Drop(unsigned count) {
    Fill(count);
    window_ >>= count;
    held_ -= count;
  }
  std::uint32_t Take(unsigned count) {
    const std::uint32_t value = Peek(count);
    window_ >>= count;
    held_ -= count;
    return value;
  }
  unsigned Bit() { return Take(1); }
  void ToByte() { Drop(held_ % 8); }

  // Whether more bits were taken than there are.
  bool overrun() const { return zeros_ > held_; }
  // Bytes used, the last one perhaps in part.
  std::uint64_t position() const {
    return overrun() ? bytes_.size() : next_ - (held_ - zeros_) / 8;
  }

 private:
  void Fill(unsigned count) {
    if (held_ >= count) {
      return;
    }
    if (const auto ahead = base::ReadAt<std::uint32_t>(bytes_, next_)) {
      window_ |= std::uint64_t{*ahead} << held_;
      next_ += sizeof(*ahead);
      held_ += 32;
      return;
    }
    while (held_ < count) {
      if (next_ < bytes_.size()) {
        window_ |= std::to_integer<std::uint64_t>(bytes_[next_++]) << held_;
      } else {
        zeros_ += 8;
      }
      held_ += 8;
    }
  }

  base::Bytes bytes_;
  std::size_t next_ = 0;
  std::uint64_t window_ = 0;  // the next bit is the lowest; those not held are zeros
  unsigned held_ = 0;         // bits in the window
  std::uint64_t zeros_ = 0;   // bits that were made up, ever
};

class MsbBits {
 public:
  explicit MsbBits(base::Bytes bytes) : bytes_(bytes) {}

  // REQUIRES, as for all: count <= 32.
  std::uint32_t Peek(unsigned count) {
    Fill(count);
    return static_cast<std::uint32_t>(window_ >> 1 >> (63 - count));
  }
  void Drop(unsigned count) {
    Fill(count);
    window_ <<= count;
    held_ -= count;
  }
  std::uint32_t Take(unsigned count) {
    const std::uint32_t value = Peek(count);
    window_ <<= count;
    held_ -= count;
    return value;
  }
  unsigned Bit() { return Take(1); }
  void ToByte() { Drop(held_ % 8); }

  bool overrun() const { return zeros_ > held_; }
  // Bits taken so far.
  std::uint64_t taken() const { return std::uint64_t{next_} * 8 + zeros_ - held_; }

 private:
  void Fill(unsigned count) {
    if (held_ >= count) {
      return;
    }
    if (const auto ahead = base::ReadAt<std::uint32_t>(bytes_, next_, base::Endian::kBig)) {
      window_ |= std::uint64_t{*ahead} << (32 - held_);
      next_ += sizeof(*ahead);
      held_ += 32;
      return;
    }
    while (held_ < count) {
      std::uint64_t byte = 0;
      if (next_ < bytes_.size()) {
        byte = std::to_integer<std::uint64_t>(bytes_[next_++]);
      } else {
        zeros_ += 8;
      }
      window_ |= byte << (56 - held_);
      held_ += 8;
    }
  }

  base::Bytes bytes_;
  std::size_t next_ = 0;
  std::uint64_t window_ = 0;  // the next bit is the highest; those not held are zeros
  unsigned held_ = 0;
  std::uint64_t zeros_ = 0;
};

}  // namespace day::unpack::parts
