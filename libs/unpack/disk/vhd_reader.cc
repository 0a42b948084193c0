#include "libs/unpack/disk/vhd_reader.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "libs/unpack/parts/extents.h"

namespace day::unpack::disk {
namespace {

using base::Endian;

constexpr std::uint64_t kSectorBytes = 512;
constexpr std::uint32_t kUnused = 0xFFFFFFFF;
constexpr std::uint32_t kDynamic = 3;
constexpr std::uint32_t kDifferencing = 4;
constexpr std::uint32_t kBlockBytesMax = 256u * 1024 * 1024;
constexpr std::uint64_t kStepsPerBlock = 100;

}  // namespace

bool VhdReader::IsVhd(base::Bytes file) {
  return base::AsText(base::ClippedSlice(file, 0, 8)) == "conectix";
}

std::optional<parts::Member> VhdReader::Next(base::Budget& budget, inflate::OutputBuffer& buffer) {
  if (std::exchange(given_, true)) {
    return std::nullopt;
  }
  const auto kind = base::ReadAt<std::uint32_t>(file_, 60, Endian::kBig).value_or(0);
  const auto size = base::ReadAt<std::uint64_t>(file_, 48, Endian::kBig).value_or(0);
  const auto header_at = base::ReadAt<std::uint64_t>(file_, 16, Endian::kBig).value_or(0);
  const base::Bytes header = base::ClippedSlice(file_, header_at, 1024);
  const auto table = base::ReadAt<std::uint64_t>(header, 16, Endian::kBig).value_or(0);
  const auto count = base::ReadAt<std::uint32_t>(header, 28, Endian::kBig).value_or(0);
  const auto block = base::ReadAt<std::uint32_t>(header, 32, Endian::kBig).value_or(0);
  if (kind != kDynamic && kind != kDifferencing) {
    problem_ = "unsupported: kind of virtual disk";
    return std::nullopt;
  }
  if (base::AsText(base::ClippedSlice(header, 0, 8)) != "cxsparse" || block < kSectorBytes ||
      block > kBlockBytesMax) {
    problem_ = "damaged: no header of a dynamic disk";
    return std::nullopt;
  }
  if (kind == kDifferencing) {
    problem_ = "unsupported: the disk that this one differs from";
  }
  // Before each block stands a map of its sectors: one bit each, whole sectors.
  const std::uint64_t map_bits = (block + kSectorBytes - 1) / kSectorBytes;
  const std::uint64_t map_bytes =
      (map_bits + kSectorBytes * 8 - 1) / (kSectorBytes * 8) * kSectorBytes;
  const std::uint64_t wanted = std::min(size, budget.limits().file_bytes_max + 1);
  std::vector<parts::Extent> extents;
  std::string gap;
  for (std::uint64_t i = 0; i * block < wanted; ++i) {
    const auto sector = base::ReadAt<std::uint32_t>(file_, table + i * 4, Endian::kBig);
    if (!sector || i >= count || !budget.SpendSteps(kStepsPerBlock).ok()) {
      gap = "damaged: the table of blocks ends too early";
      break;
    }
    extents.push_back({*sector * kSectorBytes + map_bytes, block, *sector == kUnused});
  }
  parts::Member member = parts::ExtentsMember("disk", file_, extents, size, budget, buffer);
  if (!gap.empty() && !member.gap.starts_with("limit")) {
    member.gap = gap;
  }
  return member;
}

}  // namespace day::unpack::disk
