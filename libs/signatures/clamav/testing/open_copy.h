// A body database of some texts, built and opened, with its bytes where they have to be.
#pragma once

#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>

#include "libs/signatures/clamav/body_builder.h"
#include "libs/signatures/clamav/body_database.h"

namespace day::signatures::clamav::testing {

// Bytes at a multiple of 64.
class AlignedCopy {
 public:
  explicit AlignedCopy(base::Bytes bytes)
      : memory_(std::aligned_alloc(64, bytes.size() / 64 * 64 + 64), &std::free),
        size_(bytes.size()) {
    if (!bytes.empty()) {
      std::memcpy(memory_.get(), bytes.data(), bytes.size());
    }
  }
  base::Bytes bytes() const { return {static_cast<const std::byte*>(memory_.get()), size_}; }

 private:
  std::unique_ptr<void, decltype(&std::free)> memory_;
  std::size_t size_;
};

}  // namespace day::signatures::clamav::testing
