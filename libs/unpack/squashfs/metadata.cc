#include "libs/unpack/squashfs/metadata.h"

#include <algorithm>

namespace day::unpack::squashfs {
namespace {

// Kept: 2 MiB. Images are walked folder by folder, so few are needed again.
constexpr std::size_t kCachedBlocksMax = 256;
constexpr std::uint16_t kStoredFlag = 0x8000;

}  // namespace

const Metadata::Block* Metadata::Load(std::uint64_t offset, base::Budget& budget) {
  const auto known = cache_.find(offset);
  if (known != cache_.end()) {
    return &known->second;
  }
  const auto header = base::ReadAt<std::uint16_t>(image_, offset);
  const std::uint64_t size = header ? *header & 0x7FFFu : 0;
  const auto packed = header ? base::Slice(image_, offset + 2, size) : std::nullopt;
  if (!packed || size == 0) {
    gap_ = "damaged: a metadata block lies outside the image";
    return nullptr;
  }
  scratch_.Clear();
  const bool is_stored = (*header & kStoredFlag) != 0;
  gap_ = decoder_.Decode(is_stored ? blocks::Codec::kStored : codec_, *packed, kMetadataBytes,
                         budget, scratch_);
  if (!gap_.empty()) {
    return nullptr;
  }
  if (cache_.size() >= kCachedBlocksMax) {
    cache_.clear();
  }
  Block block;
  block.content = base::AsText(scratch_.bytes());
  block.end = offset + 2 + size;
  return &cache_.emplace(offset, std::move(block)).first->second;
}

std::optional<base::Bytes> Metadata::Take(Place& place, std::uint64_t size, base::Budget& budget) {
  taken_.clear();
  gap_.clear();
  while (true) {
    const Block* block = Load(place.block, budget);
    if (block == nullptr) {
      return std::nullopt;
    }
    const base::Bytes rest =
        base::ClippedSlice(base::AsBytes(block->content), place.offset, size - taken_.size());
    if (rest.size() == size) {
      place.offset += size;
      return rest;
    }
    taken_ += base::AsText(rest);
    place.offset += rest.size();
    if (taken_.size() == size) {
      return base::AsBytes(taken_);
    }
    if (rest.empty() && place.offset > block->content.size()) {
      gap_ = "damaged: a place behind the end of its block";
      return std::nullopt;
    }
    // Blocks have at least one byte, and each lies behind the one before: this ends.
    place = {block->end, 0};
  }
}

}  // namespace day::unpack::squashfs
