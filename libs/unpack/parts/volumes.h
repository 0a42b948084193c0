// The volumes of an archive, one after the other in one run of bytes. Views; a value.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>

#include "libs/base/bytes.h"

namespace day::unpack::parts {

class Volumes {
 public:
  // `starts`, ascending, says where in `joined` each one starts; empty: it is one file.
  Volumes(base::Bytes joined, std::span<const std::uint64_t> starts)
      : joined_(joined), starts_(starts) {}

  bool has_several() const { return starts_.size() > 1; }

  // Where the first volume behind `offset` starts.
  std::optional<std::uint64_t> After(std::uint64_t offset) const {
    const auto next = std::upper_bound(starts_.begin(), starts_.end(), offset);
    return next != starts_.end() && *next < joined_.size() ? std::optional(*next) : std::nullopt;
  }
  bool StartsAt(std::uint64_t offset) const {
    return std::binary_search(starts_.begin(), starts_.end(), offset);
  }
  // As base::ClippedSlice(), to the end of the volume.
  base::Bytes Slice(std::uint64_t offset, std::uint64_t size) const {
    const std::uint64_t end = After(offset).value_or(joined_.size());
    return base::ClippedSlice(joined_, offset, end > offset ? std::min(size, end - offset) : 0);
  }

 private:
  base::Bytes joined_;
  std::span<const std::uint64_t> starts_;
};

}  // namespace day::unpack::parts
