#include "libs/unpack/parts/sink.h"

#include <algorithm>
#include <cstring>

#include "libs/unpack/parts/archive.h"

namespace day::unpack::parts {
namespace {

constexpr std::size_t kChunkBytes = 64 * 1024;

}  // namespace

Sink::Sink(std::uint64_t packed_size, base::Budget& budget, inflate::OutputBuffer& buffer)
    : packed_size_(packed_size), budget_(budget), buffer_(buffer), start_(buffer.size()) {}

std::uint64_t Sink::produced() const {
  return buffer_.size() - start_ + static_cast<std::uint64_t>(position_ - chunk_);
}

void Sink::Settle() {
  const auto written = static_cast<std::size_t>(position_ - chunk_);
  buffer_.Commit(written);
  (void)budget_.SpendBytesOut(written);
  chunk_ = position_;
}

bool Sink::Grow() {
  if (!ok()) {
    return false;
  }
  Settle();
  chunk_ = position_ = end_ = nullptr;
  const base::BudgetLimits& limits = budget_.limits();
  const std::uint64_t written = buffer_.size() - start_;
  const std::uint64_t file_left = limits.file_bytes_max - std::min(limits.file_bytes_max, written);
  const std::uint64_t total_left =
      limits.bytes_out_max - std::min(limits.bytes_out_max, budget_.bytes_out());
  base::Limit limit = base::Limit::kNone;
  if (file_left == 0 || total_left == 0) {
    limit = file_left == 0 ? base::Limit::kFileBytes : base::Limit::kBytesOut;
  } else if (written > kRatioFreeBytes &&
             written / std::max<std::uint64_t>(packed_size_, 1) > limits.ratio_max) {
    limit = base::Limit::kRatio;
  }
  if (limit != base::Limit::kNone) {
    (void)budget_.Exceed(limit);
    End(LimitReason(limit));
    return false;
  }
  if (!buffer_.Reserve(kChunkBytes)) {
    End("unsupported: no memory for the output");
    return false;
  }
  chunk_ = position_ = buffer_.free().data();
  end_ = chunk_ + std::min<std::uint64_t>({kChunkBytes, file_left, total_left});
  return true;
}

bool Sink::Write(base::Bytes bytes) {
  while (!bytes.empty()) {
    if (position_ == end_ && !Grow()) {
      return false;
    }
    const std::size_t count = std::min(bytes.size(), static_cast<std::size_t>(end_ - position_));
    std::memcpy(position_, bytes.data(), count);
    position_ += count;
    bytes = bytes.subspan(count);
  }
  return ok();
}

bool Sink::CopyBack(std::uint64_t distance, std::uint64_t length, Before before) {
  for (; length > 0; --length) {
    if (position_ == end_ && !Grow()) {
      return false;
    }
    if (distance == 0 || distance > produced()) {
      if (before == Before::kDamage || distance == 0) {
        End("damaged: a match reaches back too far");
        return false;
      }
      *position_++ = before == Before::kZeros ? std::byte{0} : std::byte{' '};
      continue;
    }
    // The room lies right behind what was committed: the object is one row of bytes.
    *position_ = *(position_ - distance);
    ++position_;
  }
  return true;
}

base::Bytes Sink::content() {
  Settle();
  return buffer_.bytes().subspan(start_);
}

void Sink::End(std::string_view gap) {
  if (gap_.empty()) {
    gap_ = gap;
  }
}

}  // namespace day::unpack::parts
