// What a decoder wrote last (4 MiB of it in RAR 2 to 4), kept from file to file of a solid archive.
// Before the first byte there are zeros, and so is what lies at no distance. Memory grows with what
// is written. Not thread-safe.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <vector>

#include "libs/base/bytes.h"
#include "libs/unpack/parts/sink.h"

namespace day::unpack::rar {

class Window {
 public:
  static constexpr std::uint64_t kBytes = 4ull * 1024 * 1024;

  // REQUIRES: a power of two.
  explicit Window(std::uint64_t bytes = kBytes) : bytes_(bytes), mask_(bytes - 1) {}

  std::uint64_t bytes() const { return bytes_; }
  void Forget() { position_ = flushed_ = 0; }

  // Bytes written since Forget(), and those that were passed on.
  std::uint64_t position() const { return position_; }
  std::uint64_t flushed() const { return flushed_; }
  std::uint64_t waiting() const { return position_ - flushed_; }

  // REQUIRES for both: waiting() and what is added are less than bytes().
  void Put(std::uint8_t byte) {
    const std::uint64_t at = position_++ & mask_;
    if (at == ring_.size()) {
      ring_.resize(std::clamp(2 * at, kBytesAtFirst, bytes_));
    }
    ring_[at] = byte;
  }
  void CopyBack(std::uint64_t distance, std::uint64_t length) {
    const std::uint64_t at = position_ & mask_;
    const std::uint64_t from = (position_ - distance) & mask_;
    if (IsInside(distance) && std::max(at, from) + length <= ring_.size()) {
      CopyForward(ring_.data() + at, ring_.data() + from, length);
      position_ += length;
      return;
    }
    for (; length > 0; --length) {
      Put(IsInside(distance) ? ring_[(position_ - distance) & mask_] : std::uint8_t{0});
    }
  }

  // Bytes [flushed(), end), which count as passed on; `take` gets them in one or two pieces.
  template <typename Take>
  void PassOn(std::uint64_t end, Take&& take) {
    while (flushed_ < end) {
      const std::uint64_t at = flushed_ & mask_;
      const std::uint64_t size = std::min(end - flushed_, bytes_ - at);
      take(std::as_bytes(std::span(ring_)).subspan(at, size));
      flushed_ += size;
    }
  }

 private:
  // Byte by byte, so that what is close in front of `to` is repeated.
  static void CopyForward(std::uint8_t* to, const std::uint8_t* from, std::uint64_t length) {
    constexpr std::uint64_t kAtOnce = 8;
    if (to - from >= std::ptrdiff_t{kAtOnce} || from > to) {
      for (; length >= kAtOnce; length -= kAtOnce, to += kAtOnce, from += kAtOnce) {
        std::uint64_t piece = 0;
        std::memcpy(&piece, from, kAtOnce);
        std::memcpy(to, &piece, kAtOnce);
      }
    }
    for (; length > 0; --length) {
      *to++ = *from++;
    }
  }
  bool IsInside(std::uint64_t distance) const {
    return distance != 0 && distance <= position_ && distance <= bytes_;
  }

  static constexpr std::uint64_t kBytesAtFirst = 64 * 1024;

  std::uint64_t bytes_;
  std::uint64_t mask_;
  std::vector<std::uint8_t> ring_;  // grows until it is used in a ring
  std::uint64_t position_ = 0;
  std::uint64_t flushed_ = 0;
};

// What is passed on of one file: no more than its declared size.
class Output {
 public:
  Output(parts::Sink& sink, std::uint64_t size) : sink_(sink), size_(size) {}

  void Write(base::Bytes bytes) {
    const std::uint64_t left = size_ - std::min(size_, written_);
    written_ += bytes.size();
    sink_.Write(base::ClippedSlice(bytes, 0, left));
  }
  std::uint64_t written() const { return written_; }
  std::uint64_t size() const { return size_; }
  parts::Sink& sink() { return sink_; }

 private:
  parts::Sink& sink_;
  std::uint64_t size_;
  std::uint64_t written_ = 0;
};

}  // namespace day::unpack::rar
