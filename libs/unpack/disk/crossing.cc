#include "libs/unpack/disk/crossing.h"

#include <algorithm>
#include <vector>

namespace day::unpack::disk {
namespace {

using base::Endian;

constexpr std::uint64_t kSectorBytes = 512;
constexpr std::uint64_t kEntryOffset = 446;
constexpr std::uint64_t kEntryBytes = 16;
constexpr std::uint64_t kEntries = 4;
constexpr std::uint64_t kMarkOffset = 510;
constexpr std::uint8_t kExtended = 0x05;
constexpr std::uint8_t kProtective = 0xEE;

struct Extent {
  std::uint64_t start = 0;  // sectors
  std::uint64_t count = 0;
};

// Partitions of one table.
class Extents {
 public:
  // Whether it has something in common with one that was added before.
  bool Add(const Extent& extent) {
    const bool crosses = std::any_of(extents_.begin(), extents_.end(), [&](const Extent& other) {
      const Extent& first = extent.start < other.start ? extent : other;
      const Extent& second = extent.start < other.start ? other : extent;
      return first.start == second.start || second.start - first.start < first.count;
    });
    extents_.push_back(extent);
    return crosses;
  }

 private:
  std::vector<Extent> extents_;
};

struct MbrEntry {
  std::uint8_t status = 0;
  std::uint8_t kind = 0;
  Extent extent;
};

std::vector<MbrEntry> ReadMbr(base::Bytes image, std::uint64_t sector) {
  const base::Bytes raw = base::ClippedSlice(image, sector * kSectorBytes, kSectorBytes);
  std::vector<MbrEntry> entries;
  if (base::ReadAt<std::uint16_t>(raw, kMarkOffset) != 0xAA55) {
    return entries;
  }
  for (std::uint64_t i = 0; i < kEntries; ++i) {
    const base::Bytes entry = raw.subspan(kEntryOffset + i * kEntryBytes, kEntryBytes);
    entries.push_back(
        {*base::ReadAt<std::uint8_t>(entry, 0),
         *base::ReadAt<std::uint8_t>(entry, 4),
         {*base::ReadAt<std::uint32_t>(entry, 8), *base::ReadAt<std::uint32_t>(entry, 12)}});
  }
  return entries;
}

// Each table of the chain says where its own partition is, and where the next table.
bool ChainCrosses(base::Bytes image, std::uint64_t first) {
  Extents extents;
  std::uint64_t at = 0;
  for (std::uint64_t i = 0; i < kCrossingPartitionsMax; ++i) {
    const std::vector<MbrEntry> table = ReadMbr(image, first + at);
    if (table.empty()) {
      return false;
    }
    if (extents.Add({at, table[0].extent.count})) {
      return true;
    }
    at = table[1].extent.start;
    if (table[1].kind != kExtended || at == 0) {
      return false;
    }
  }
  return false;
}

bool MbrCrosses(base::Bytes image) {
  const std::vector<MbrEntry> table = ReadMbr(image, 0);
  const std::uint64_t sectors = image.size() / kSectorBytes;
  const bool is_sound =
      !table.empty() && std::all_of(table.begin(), table.end(), [&](const MbrEntry& entry) {
        return (entry.status & 0x7F) == 0 && entry.extent.start + entry.extent.count <= sectors &&
               entry.kind != kProtective;
      });
  if (!is_sound) {
    return false;
  }
  Extents extents;
  return std::any_of(table.begin(), table.end(), [&](const MbrEntry& entry) {
    return entry.kind != 0 &&
           (extents.Add(entry.extent) ||
            (entry.kind == kExtended && ChainCrosses(image, entry.extent.start)));
  });
}

bool GptCrosses(base::Bytes image, std::uint64_t header_offset, std::uint64_t sector) {
  const base::Bytes header = base::ClippedSlice(image, header_offset, 92);
  if (header.size() < 92 || base::AsText(header.first(8)) != "EFI PART") {
    return false;
  }
  const std::uint64_t first_usable = *base::ReadAt<std::uint64_t>(header, 40);
  const std::uint64_t last_usable = *base::ReadAt<std::uint64_t>(header, 48);
  const std::uint64_t table = *base::ReadAt<std::uint64_t>(header, 72);
  const std::uint64_t count = *base::ReadAt<std::uint32_t>(header, 80);
  const std::uint64_t size = *base::ReadAt<std::uint32_t>(header, 84);
  Extents extents;
  for (std::uint64_t i = 0; i < std::min(count, kCrossingPartitionsMax); ++i) {
    const auto entry = base::Slice(image, table * sector + i * size, 128);
    if (!entry || table > image.size()) {
      return false;
    }
    const std::uint64_t first = *base::ReadAt<std::uint64_t>(*entry, 32);
    const std::uint64_t last = *base::ReadAt<std::uint64_t>(*entry, 40);
    const bool is_used = first != 0 && first <= last && first >= first_usable &&
                         last <= last_usable && last < image.size() / sector;
    if (is_used && extents.Add({first, last - first + 1})) {
      return true;
    }
  }
  return false;
}

bool AppleMapCrosses(base::Bytes image) {
  const bool has_map = base::AsText(base::ClippedSlice(image, 0, 2)) == "ER" &&
                       base::AsText(base::ClippedSlice(image, kSectorBytes, 2)) == "PM";
  const std::uint64_t count =
      base::ReadAt<std::uint32_t>(image, kSectorBytes + 4, Endian::kBig).value_or(0);
  Extents extents;
  for (std::uint64_t i = 1; has_map && i <= std::min(count, kCrossingPartitionsMax); ++i) {
    const base::Bytes entry = base::ClippedSlice(image, i * kSectorBytes, kSectorBytes);
    if (entry.size() < kSectorBytes) {
      return false;
    }
    if (extents.Add({*base::ReadAt<std::uint32_t>(entry, 8, Endian::kBig),
                     *base::ReadAt<std::uint32_t>(entry, 12, Endian::kBig)})) {
      return true;
    }
  }
  return false;
}

}  // namespace

Table CrossingTable(base::Bytes image) {
  for (const std::uint64_t sector : {512u, 4096u}) {
    const std::uint64_t backup = image.size() >= sector ? image.size() - sector : 0;
    if (GptCrosses(image, sector, sector) || GptCrosses(image, backup, sector)) {
      return Table::kGpt;
    }
  }
  if (AppleMapCrosses(image)) {
    return Table::kApple;
  }
  return MbrCrosses(image) ? Table::kMbr : Table::kNone;
}

}  // namespace day::unpack::disk
