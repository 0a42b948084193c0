// Bits of XPRESS and LZX streams: little-endian words of 16 bits, highest bit first, with whole
// bytes between them. Behind the end come zeros; overrun() tells it. Not thread-safe.
// Only for the files of this folder.
#pragma once

#include <cstdint>

#include "libs/base/bytes.h"

namespace day::unpack::wim {

class WordBits {
 public:
  explicit WordBits(base::Bytes bytes) : bytes_(bytes) {}

  unsigned Bit() { return Take(1); }
  // REQUIRES: count <= 17.
  std::uint32_t Take(unsigned count) {
    while (held_ < count) {
      Load();
    }
    held_ -= count;
    return static_cast<std::uint32_t>((window_ >> held_) & ((std::uint64_t{1} << count) - 1));
  }
  // XPRESS reads bytes behind the words that hold the next 16 bits.
  void HoldWord() {
    while (held_ < 16) {
      Load();
    }
  }
  // LZX: up to the end of the word, or over a whole one if none is begun.
  void ToNextWord() {
    if (held_ == 0) {
      Load();
    }
    held_ = 0;
  }
  base::Bytes TakeBytes(std::uint64_t count) {
    const base::Bytes taken = base::ClippedSlice(bytes_, next_, count);
    next_ += taken.size();
    is_cut_ = is_cut_ || taken.size() < count;
    return taken;
  }

  bool overrun() const { return is_cut_ || missing_ > held_; }
  bool at_end() const { return next_ >= bytes_.size(); }

 private:
  void Load() {
    const auto word = base::ReadAt<std::uint16_t>(bytes_, next_);
    window_ = window_ << 16 | std::uint64_t{word.value_or(0)};
    held_ += 16;
    next_ += word ? 2u : 0u;
    missing_ += word ? 0u : 16u;
  }

  base::Bytes bytes_;
  std::uint64_t next_ = 0;
  std::uint64_t window_ = 0;
  unsigned held_ = 0;
  bool is_cut_ = false;
  std::uint64_t missing_ = 0;  // bits that were made up, ever
};

}  // namespace day::unpack::wim
