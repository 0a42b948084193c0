#include "libs/unpack/udf/udf_volume.h"

#include <algorithm>
#include <optional>

namespace day::unpack::udf {
namespace {

using std::string_view_literals::operator""sv;

constexpr std::uint32_t kSizeMask = 0x3FFFFFFF;
constexpr int kPointersMax = 16;

// Kinds of extents, in the two highest bits of their size.
constexpr unsigned kRecorded = 0;
constexpr unsigned kContinued = 3;

}  // namespace

bool HasTag(base::Bytes bytes, Tag tag) {
  return bytes.size() >= 16 &&
         base::ReadAt<std::uint16_t>(bytes, 0) == static_cast<std::uint16_t>(tag);
}

Location ReadLong(base::Bytes bytes, std::uint64_t offset) {
  return {base::ReadAt<std::uint32_t>(bytes, offset).value_or(0),
          base::ReadAt<std::uint32_t>(bytes, offset + 4).value_or(0),
          base::ReadAt<std::uint16_t>(bytes, offset + 8).value_or(0)};
}

Volume::Volume(base::Bytes image) : image_(image) {
  for (const std::uint64_t sector_size : {2048u, 512u, 4096u, 1024u}) {
    sector_size_ = sector_size;
    const std::uint64_t sectors = image.size() / sector_size;
    for (const std::uint64_t sector :
         {std::uint64_t{256}, std::uint64_t{512}, sectors - 1, sectors - 257}) {
      if (sector < sectors && ReadAnchor(sector)) {
        ResolveMaps();
        if (ReadFileSet()) {
          gap_.clear();
          return;
        }
      }
    }
  }
  if (gap_.empty()) {
    gap_ = "damaged: no anchor of a UDF volume";
  }
}

bool Volume::ReadAnchor(std::uint64_t sector) {
  const base::Bytes anchor = base::ClippedSlice(image_, sector * sector_size_, sector_size_);
  const auto location = base::ReadAt<std::uint32_t>(anchor, 12);
  if (!HasTag(anchor, Tag::kAnchor) || location != sector) {
    return false;
  }
  for (const std::uint64_t field : {16u, 24u}) {  // the main sequence, then the reserve
    physical_.clear();
    partitions_.clear();
    numbers_.clear();
    has_volume_ = false;
    const std::uint64_t size = base::ReadAt<std::uint32_t>(anchor, field).value_or(0);
    const std::uint64_t start = base::ReadAt<std::uint32_t>(anchor, field + 4).value_or(0);
    ReadSequence(start * sector_size_, size);
    if (has_volume_ && !physical_.empty()) {
      return true;
    }
  }
  gap_ = "damaged: no whole volume descriptor sequence";
  return false;
}

void Volume::ReadSequence(std::uint64_t offset, std::uint64_t size) {
  std::uint64_t looked_at = 0;
  for (int pointers = 0; pointers < kPointersMax && size >= sector_size_;) {
    if (++looked_at > kSequenceSectorsMax) {
      return;
    }
    const base::Bytes descriptor = base::ClippedSlice(image_, offset, sector_size_);
    offset += sector_size_;
    size -= sector_size_;
    if (descriptor.size() < 512 || HasTag(descriptor, Tag::kTerminator)) {
      return;
    }
    if (HasTag(descriptor, Tag::kPointer)) {
      size = *base::ReadAt<std::uint32_t>(descriptor, 20);
      offset = *base::ReadAt<std::uint32_t>(descriptor, 24) * sector_size_;
      ++pointers;
    } else if (HasTag(descriptor, Tag::kPartition)) {
      physical_.push_back({*base::ReadAt<std::uint16_t>(descriptor, 22),
                           *base::ReadAt<std::uint32_t>(descriptor, 188) * sector_size_});
    } else if (HasTag(descriptor, Tag::kLogicalVolume)) {
      ReadLogicalVolume(descriptor);
    }
  }
}

void Volume::ReadLogicalVolume(base::Bytes descriptor) {
  constexpr std::uint64_t kMapsOffset = 440;
  block_size_ = *base::ReadAt<std::uint32_t>(descriptor, 212);
  if (block_size_ < 512 || block_size_ > 65'536) {
    return;
  }
  file_set_ = ReadLong(descriptor, 248);
  const std::uint32_t count =
      std::min(*base::ReadAt<std::uint32_t>(descriptor, 268), kPartitionMapsMax);
  partitions_.clear();
  numbers_.clear();
  has_volume_ = true;
  std::uint64_t at = kMapsOffset;
  for (std::uint32_t i = 0; i < count; ++i) {
    const auto kind = base::ReadAt<std::uint8_t>(descriptor, at);
    const auto size = base::ReadAt<std::uint8_t>(descriptor, at + 1);
    const base::Bytes map = base::ClippedSlice(descriptor, at, size.value_or(0));
    if (!kind || map.size() < 6 || (*kind != 1 && map.size() < 44)) {
      return;
    }
    Partition partition;
    numbers_.push_back(*base::ReadAt<std::uint16_t>(map, *kind == 1 ? 4 : 38));
    const std::string_view name = base::CStringAt(map, 5, 23);
    if (*kind == 2 && name == "*UDF Metadata Partition"sv) {
      partition.is_metadata = true;
      partition.metadata_block = *base::ReadAt<std::uint32_t>(map, 40);
    } else if (*kind == 2 && name == "*UDF Virtual Partition"sv) {
      partition.gap = "unsupported: virtual partition";
    } else if (*kind == 2 && name != "*UDF Sparable Partition"sv) {
      partition.gap = "unsupported: unknown kind of partition";
    }
    partitions_.push_back(std::move(partition));
    at += *size;
  }
}

void Volume::ResolveMaps() {
  for (std::size_t i = 0; i < partitions_.size(); ++i) {
    Partition& partition = partitions_[i];
    const auto found = std::find_if(physical_.begin(), physical_.end(), [&](const Physical& known) {
      return known.number == numbers_[i];
    });
    if (found == physical_.end()) {
      partition.gap = "damaged: a partition is not there";
      continue;
    }
    partition.start = found->start;
  }
  // The metadata file is an ordinary file of the partition that it belongs to.
  for (std::size_t i = 0; i < partitions_.size(); ++i) {
    for (std::size_t base = 0; base < partitions_.size() && partitions_[i].is_metadata; ++base) {
      if (partitions_[base].is_metadata || numbers_[base] != numbers_[i]) {
        continue;
      }
      const auto entry =
          ReadEntry({0, partitions_[i].metadata_block, static_cast<std::uint16_t>(base)});
      if (entry) {
        partitions_[i].pieces = entry->extents;
      }
      break;
    }
    if (partitions_[i].is_metadata && partitions_[i].pieces.empty()) {
      partitions_[i].gap = "damaged: no metadata file";
    }
  }
}

bool Volume::ReadFileSet() {
  const base::Bytes set = BlockAt(file_set_.partition, file_set_.block);
  if (!HasTag(set, Tag::kFileSet) || set.size() < 416) {
    const bool is_known =
        file_set_.partition < partitions_.size() && !partitions_[file_set_.partition].gap.empty();
    gap_ = is_known ? partitions_[file_set_.partition].gap : "damaged: no file set";
    return false;
  }
  root_ = ReadLong(set, 400);
  return true;
}

bool Volume::Append(std::uint16_t number, std::uint64_t block, std::uint64_t size,
                    std::vector<parts::Extent>& out) {
  ++work_;
  if (number >= partitions_.size() || !partitions_[number].gap.empty()) {
    return false;
  }
  const Partition& partition = partitions_[number];
  std::uint64_t offset = block * block_size_;
  if (!partition.is_metadata) {
    out.push_back({partition.start + offset, size});
    return true;
  }
  for (const parts::Extent& piece : partition.pieces) {
    if (size == 0) {
      return true;
    }
    ++work_;
    if (offset >= piece.size) {
      offset -= piece.size;
      continue;
    }
    const std::uint64_t some = std::min(size, piece.size - offset);
    out.push_back({piece.offset + offset, some, piece.is_hole});
    size -= some;
    offset = 0;
  }
  return size == 0;
}

base::Bytes Volume::BlockAt(std::uint16_t partition, std::uint32_t block) {
  std::vector<parts::Extent> extents;
  if (!Append(partition, block, block_size_, extents) || extents.empty() || extents[0].is_hole) {
    return {};
  }
  return base::ClippedSlice(image_, extents[0].offset, extents[0].size);
}

// Short (8 bytes, in the entry's own partition), long (16) and extended (20) descriptors.
void Volume::ReadAllocation(base::Bytes descriptors, unsigned form, std::uint16_t partition,
                            FileEntry& entry) {
  const std::uint64_t step = form == 0 ? 8 : form == 1 ? 16 : 20;
  std::uint64_t left = entry.size;
  const std::uint64_t work_max = work_ + kWorkPerEntryMax;
  for (std::uint64_t at = 0; left > 0 && at + step <= descriptors.size(); at += step) {
    if (++work_ > work_max || entry.extents.size() > kExtentsMax) {
      entry.gap = "limit extents_max";
      return;
    }
    Location where = ReadLong(descriptors, form == 2 ? at + 8 : at);
    where.size = *base::ReadAt<std::uint32_t>(descriptors, at);
    if (form == 0) {
      where.partition = partition;
    } else if (form == 2) {
      where.block = *base::ReadAt<std::uint32_t>(descriptors, at + 12);
      where.partition = *base::ReadAt<std::uint16_t>(descriptors, at + 16);
    }
    const std::uint64_t size = where.size & kSizeMask;
    const unsigned kind = where.size >> 30;
    if (size == 0) {
      return;
    }
    if (kind == kContinued) {
      const base::Bytes next = BlockAt(where.partition, where.block);
      if (!HasTag(next, Tag::kAllocationExtent)) {
        entry.gap = "damaged: the allocation goes on nowhere";
        return;
      }
      descriptors = base::ClippedSlice(next, 24, base::ReadAt<std::uint32_t>(next, 20).value_or(0));
      at = 0 - step;
      continue;
    }
    if (kind != kRecorded) {
      entry.extents.push_back({0, size, true});
    } else if (!Append(where.partition, where.block, size, entry.extents)) {
      entry.gap = "damaged: an extent lies in no partition";
      return;
    }
    left -= std::min(left, size);
  }
}

std::optional<FileEntry> Volume::ReadEntry(Location where) {
  constexpr unsigned kEmbedded = 3;
  const base::Bytes block = BlockAt(where.partition, where.block);
  const bool is_extended = HasTag(block, Tag::kExtendedFileEntry);
  const std::uint64_t fixed = is_extended ? 216 : 176;
  if ((!is_extended && !HasTag(block, Tag::kFileEntry)) || block.size() < fixed) {
    return std::nullopt;
  }
  FileEntry entry;
  entry.kind = *base::ReadAt<std::uint8_t>(block, 27);
  entry.size = *base::ReadAt<std::uint64_t>(block, 56);
  const unsigned form = *base::ReadAt<std::uint16_t>(block, 34) & 7u;
  const std::uint64_t attributes = *base::ReadAt<std::uint32_t>(block, fixed - 8);
  const std::uint64_t size = *base::ReadAt<std::uint32_t>(block, fixed - 4);
  const base::Bytes descriptors = base::ClippedSlice(block, fixed + attributes, size);
  if (is_extended) {
    entry.streams = ReadLong(block, 152);
  }
  if (form == kEmbedded) {
    const auto offset = static_cast<std::uint64_t>(descriptors.data() - image_.data());
    if (!descriptors.empty()) {
      entry.extents.push_back({offset, descriptors.size()});
    }
  } else if (form < kEmbedded) {
    ReadAllocation(descriptors, form, where.partition, entry);
  } else {
    entry.gap = "unsupported: unknown form of allocation";
  }
  return entry;
}

}  // namespace day::unpack::udf
