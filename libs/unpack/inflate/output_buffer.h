// OutputBuffer: the growing bytes that a decoder writes, kept and reused between objects.
//
// Like std::vector<std::byte>, but growing does not clear memory that is written anyway, and moves
// pages instead of copying them. It knows no limit: whoever grows it pays a Budget first.
// Views from bytes() are valid until the next call that may grow it. Not thread-safe.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <memory>
#include <span>

#include "libs/base/bytes.h"

namespace day::unpack::inflate {

class OutputBuffer {
 public:
  OutputBuffer() = default;
  OutputBuffer(OutputBuffer&& other) noexcept;
  OutputBuffer& operator=(OutputBuffer&& other) noexcept;

  base::Bytes bytes() const { return {data_.get(), size_}; }
  std::size_t size() const { return size_; }
  std::size_t capacity() const { return capacity_; }

  // Forgets the content, keeps the memory.
  void Clear() { size_ = 0; }
  // Gives the memory back.
  void Release();

  // Room for at least `extra` bytes after the content. False if there is no memory; nothing
  // changes.
  [[nodiscard]] bool Reserve(std::size_t extra);
  // The unwritten bytes after the content. REQUIRES for Commit: count <= free().size().
  std::span<std::byte> free() { return {data_.get() + size_, capacity_ - size_}; }
  void Commit(std::size_t count) { size_ += count; }

  // False if there is no memory.
  [[nodiscard]] bool Append(base::Bytes bytes);
  [[nodiscard]] bool AppendZeros(std::size_t count);

  // Cuts the content down. REQUIRES: size <= this->size().
  void Truncate(std::size_t size) { size_ = size; }

 private:
  struct Free {
    void operator()(std::byte* memory) const { std::free(memory); }
  };

  std::unique_ptr<std::byte, Free> data_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace day::unpack::inflate
