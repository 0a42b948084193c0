#include "libs/unpack/inflate/output_buffer.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "libs/base/checked.h"

namespace day::unpack::inflate {
namespace {

constexpr std::size_t kFirstCapacityBytes = 64 * 1024;

}  // namespace

OutputBuffer::OutputBuffer(OutputBuffer&& other) noexcept
    : data_(std::move(other.data_)),
      size_(std::exchange(other.size_, 0)),
      capacity_(std::exchange(other.capacity_, 0)) {}

OutputBuffer& OutputBuffer::operator=(OutputBuffer&& other) noexcept {
  data_ = std::move(other.data_);
  size_ = std::exchange(other.size_, 0);
  capacity_ = std::exchange(other.capacity_, 0);
  return *this;
}

void OutputBuffer::Release() {
  data_.reset();
  size_ = 0;
  capacity_ = 0;
}

bool OutputBuffer::Reserve(std::size_t extra) {
  if (extra <= capacity_ - size_) {
    return true;
  }
  const auto needed = base::CheckedAdd(size_, extra);
  if (!needed) {
    return false;
  }
  // Half as much again: realloc moves large blocks by page table, so copies are rare anyway.
  const std::size_t wanted = std::max({*needed, capacity_ + capacity_ / 2, kFirstCapacityBytes});
  void* grown = std::realloc(data_.get(), wanted);
  if (grown == nullptr) {
    return false;
  }
  (void)data_.release();
  data_.reset(static_cast<std::byte*>(grown));
  capacity_ = wanted;
  return true;
}

bool OutputBuffer::Append(base::Bytes bytes) {
  if (bytes.empty()) {
    return true;
  }
  if (!Reserve(bytes.size())) {
    return false;
  }
  std::memcpy(free().data(), bytes.data(), bytes.size());
  Commit(bytes.size());
  return true;
}

bool OutputBuffer::AppendZeros(std::size_t count) {
  if (count == 0) {
    return true;
  }
  if (!Reserve(count)) {
    return false;
  }
  std::memset(free().data(), 0, count);
  Commit(count);
  return true;
}

}  // namespace day::unpack::inflate
