// SecretBytes: bytes that wipe themselves.
//
//   SecretBytes seed = SecretBytes::Copy(bytes);
//   Use(seed.RevealSecret());        // the one greppable word for every place that sees the bytes
//
// Cannot be copied or printed by accident; comparing takes the same time wherever the difference
// is. Ownership: owns its memory, which is wiped when the object ends, is moved from or is assigned
// to. Thread safety: as for any value type.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <span>
#include <utility>

#include "libs/base/bytes.h"
#include "libs/crypto/hash.h"

namespace day::crypto {

class SecretBytes {
 public:
  SecretBytes() = default;
  // `size_bytes` zeros, to be filled through Writable().
  explicit SecretBytes(std::size_t size_bytes)
      : memory_(std::make_unique<std::byte[]>(size_bytes)), size_(size_bytes) {}
  static SecretBytes Copy(base::Bytes bytes) {
    SecretBytes out(bytes.size());
    std::copy(bytes.begin(), bytes.end(), out.memory_.get());
    return out;
  }
  SecretBytes(SecretBytes&& other) noexcept
      : memory_(std::move(other.memory_)), size_(std::exchange(other.size_, 0)) {}
  SecretBytes& operator=(SecretBytes&& other) noexcept {
    if (this != &other) {
      Wipe();
      memory_ = std::move(other.memory_);
      size_ = std::exchange(other.size_, 0);
    }
    return *this;
  }
  SecretBytes(const SecretBytes&) = delete;
  SecretBytes& operator=(const SecretBytes&) = delete;
  ~SecretBytes() { Wipe(); }

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  base::Bytes RevealSecret() const { return {memory_.get(), size_}; }
  std::span<std::byte> Writable() { return {memory_.get(), size_}; }
  bool operator==(const SecretBytes& other) const {
    return EqualConstantTime(RevealSecret(), other.RevealSecret());
  }

 private:
  void Wipe() {
    if (memory_ != nullptr) {
      WipeMemory(Writable());
    }
  }

  std::unique_ptr<std::byte[]> memory_;
  std::size_t size_ = 0;
};

}  // namespace day::crypto
