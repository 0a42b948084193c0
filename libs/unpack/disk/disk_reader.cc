#include "libs/unpack/disk/disk_reader.h"

#include <algorithm>
#include <set>
#include <utility>

#include "libs/unpack/parts/extents.h"

namespace day::unpack::disk {
namespace {

using base::Endian;

constexpr std::uint64_t kSectorBytes = 512;
constexpr std::uint64_t kTableOffset = 446;
constexpr std::uint64_t kEntryBytes = 16;
constexpr std::uint64_t kEntries = 4;
constexpr std::uint8_t kProtective = 0xEE;

struct Entry {
  std::uint8_t status = 0;
  std::uint8_t kind = 0;
  std::uint64_t start = 0;  // sectors
  std::uint64_t count = 0;
};

std::optional<Entry> ReadEntry(base::Bytes sector, std::uint64_t index) {
  const auto raw = base::Slice(sector, kTableOffset + index * kEntryBytes, kEntryBytes);
  if (!raw || base::ReadAt<std::uint16_t>(sector, 510) != 0xAA55) {
    return std::nullopt;
  }
  return Entry{*base::ReadAt<std::uint8_t>(*raw, 0), *base::ReadAt<std::uint8_t>(*raw, 4),
               *base::ReadAt<std::uint32_t>(*raw, 8), *base::ReadAt<std::uint32_t>(*raw, 12)};
}

bool IsExtended(std::uint8_t kind) { return kind == 0x05 || kind == 0x0F || kind == 0x85; }

bool HasGpt(base::Bytes image) {
  for (const std::uint64_t sector_size : {512u, 4096u}) {
    if (base::AsText(base::ClippedSlice(image, sector_size, 8)) == "EFI PART") {
      return true;
    }
  }
  return false;
}

bool HasAppleMap(base::Bytes image) {
  return base::AsText(base::ClippedSlice(image, 0, 2)) == "ER" &&
         base::AsText(base::ClippedSlice(image, kSectorBytes, 2)) == "PM";
}

// Boot code and boot sectors of file systems have the same last bytes as an MBR: all four entries
// must make sense.
bool HasMbr(base::Bytes image) {
  bool has_any = false;
  for (std::uint64_t i = 0; i < kEntries; ++i) {
    const auto entry = ReadEntry(image, i);
    if (!entry || (entry->status & 0x7F) != 0) {
      return false;
    }
    if (entry->kind == 0) {
      continue;
    }
    const bool is_inside =
        entry->start > 0 && entry->count > 0 && entry->start < image.size() / kSectorBytes;
    if (!is_inside) {
      return false;
    }
    has_any = true;
  }
  return has_any;
}

}  // namespace

bool DiskReader::IsDisk(base::Bytes image) {
  return HasGpt(image) || HasAppleMap(image) || HasMbr(image);
}

void DiskReader::Add(std::string name, std::uint64_t offset, std::uint64_t size) {
  const bool is_known =
      std::any_of(partitions_.begin(), partitions_.end(),
                  [&](const Partition& p) { return p.offset == offset && p.size >= size; });
  if (is_known || size == 0) {
    return;
  }
  if (partitions_.size() >= kPartitionsMax) {
    problem_ = "limit partitions_max";
    return;
  }
  partitions_.push_back({std::move(name), offset, size});
}

void DiskReader::ReadMbr() {
  for (std::uint64_t i = 0; i < kEntries; ++i) {
    const auto entry = ReadEntry(image_, i);
    if (!entry || entry->kind == 0 || entry->kind == kProtective) {
      continue;
    }
    if (IsExtended(entry->kind)) {
      ReadExtended(entry->start);
    } else {
      Add("partition " + std::to_string(i + 1), entry->start * kSectorBytes,
          entry->count * kSectorBytes);
    }
  }
}

// A chain of tables, each with one partition and the way to the next.
void DiskReader::ReadExtended(std::uint64_t first) {
  std::set<std::uint64_t> seen;
  std::uint64_t at = first;
  while (seen.insert(at).second && seen.size() <= kPartitionsMax) {
    const base::Bytes sector = base::ClippedSlice(image_, at * kSectorBytes, kSectorBytes);
    const auto entry = ReadEntry(sector, 0);
    const auto next = ReadEntry(sector, 1);
    if (!entry) {
      problem_ = "damaged: the chain of extended partitions is broken";
      return;
    }
    Add("partition " + std::to_string(kEntries + seen.size()), (at + entry->start) * kSectorBytes,
        entry->count * kSectorBytes);
    if (next->kind == 0) {
      return;
    }
    at = first + next->start;
  }
  problem_ = "damaged: the chain of extended partitions has no end";
}

bool DiskReader::ReadGpt() {
  for (const std::uint64_t sector_size : {512u, 4096u}) {
    const base::Bytes header = base::ClippedSlice(image_, sector_size, 92);
    if (base::AsText(base::ClippedSlice(header, 0, 8)) != "EFI PART" || header.size() < 92) {
      continue;
    }
    const std::uint64_t table = *base::ReadAt<std::uint64_t>(header, 72) * sector_size;
    const std::uint64_t count = *base::ReadAt<std::uint32_t>(header, 80);
    const std::uint64_t size = *base::ReadAt<std::uint32_t>(header, 84);
    constexpr std::uint64_t kEntriesMax = 4096;
    for (std::uint64_t i = 0; i < std::min(count, kEntriesMax) && size >= 128; ++i) {
      const auto entry = base::Slice(image_, table + i * size, 128);
      if (!entry) {
        problem_ = "damaged: the table of partitions is cut off";
        break;
      }
      const std::uint64_t first = *base::ReadAt<std::uint64_t>(*entry, 32);
      const std::uint64_t last = *base::ReadAt<std::uint64_t>(*entry, 40);
      const bool is_used = base::ReadAt<std::uint64_t>(*entry, 0) != 0u ||
                           base::ReadAt<std::uint64_t>(*entry, 8) != 0u;
      if (!is_used || last < first) {
        continue;
      }
      std::string name = parts::Utf8OfUtf16(entry->subspan(56, 72), Endian::kLittle);
      name.resize(std::min(name.size(), name.find('\0')));
      Add(name.empty() ? "partition " + std::to_string(i + 1) : name, first * sector_size,
          (last - first + 1) * sector_size);
    }
    return true;
  }
  return false;
}

bool DiskReader::ReadAppleMap() {
  if (!HasAppleMap(image_)) {
    return false;
  }
  const std::uint64_t count =
      base::ReadAt<std::uint32_t>(image_, kSectorBytes + 4, Endian::kBig).value_or(0);
  for (std::uint64_t i = 1; i <= std::min<std::uint64_t>(count, kPartitionsMax); ++i) {
    const base::Bytes entry = base::ClippedSlice(image_, i * kSectorBytes, kSectorBytes);
    if (entry.size() < kSectorBytes || base::AsText(entry.first(2)) != "PM") {
      problem_ = "damaged: the partition map is cut off";
      break;
    }
    const std::string_view kind = base::CStringAt(entry, 48, 32);
    if (kind == "Apple_partition_map" || kind == "Apple_Free") {
      continue;
    }
    Add(std::to_string(i) + " (" + std::string(kind) + ")",
        *base::ReadAt<std::uint32_t>(entry, 8, Endian::kBig) * kSectorBytes,
        *base::ReadAt<std::uint32_t>(entry, 12, Endian::kBig) * kSectorBytes);
  }
  return true;
}

void DiskReader::Open() {
  // All tables: different systems believe different ones.
  ReadGpt();
  ReadAppleMap();
  if (HasMbr(image_)) {
    ReadMbr();
  }
}

std::optional<parts::Member> DiskReader::Next(base::Budget& budget, inflate::OutputBuffer&) {
  if (!std::exchange(opened_, true)) {
    Open();
  }
  if (next_ >= partitions_.size()) {
    return std::nullopt;
  }
  const Partition& partition = partitions_[next_++];
  const base::Bytes view = base::ClippedSlice(image_, partition.offset, partition.size);
  parts::Member member = parts::StoredMember(partition.name, view, budget);
  if (view.size() < partition.size && member.gap.empty()) {
    member.gap = parts::kEndsTooEarly;
    member.has_content = !view.empty();
  }
  return member;
}

}  // namespace day::unpack::disk
