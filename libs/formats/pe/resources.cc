#include "libs/formats/pe/resources.h"

#include <algorithm>

namespace day::formats::pe {
namespace {

constexpr std::uint32_t kHighBit = 0x80000000;
constexpr std::uint32_t kOffsetMask = 0x7FFFFFFF;

// The counted UTF-16 string that an entry's name field points to.
std::optional<std::string_view> NameAt(const PeReader& pe, std::uint64_t root,
                                       std::uint32_t field) {
  if ((field & kHighBit) == 0) {
    return std::nullopt;
  }
  const std::uint64_t offset = root + (field & kOffsetMask);
  const auto chars = base::ReadAt<std::uint16_t>(pe.file(), offset);
  if (!chars || *chars > kResourceNameCharsMax) {
    return std::nullopt;
  }
  const auto bytes = base::Slice(pe.file(), offset + 2, std::uint64_t{*chars} * 2);
  return bytes ? std::optional(base::AsText(*bytes)) : std::nullopt;
}

}  // namespace

void ResourceTable::Clear() {
  resources_.clear();
  numbers_ = {-1, -1, -1};
  steps_ = 0;
  timestamp_ = 0;
  major_version_ = 0;
  minor_version_ = 0;
  has_root_ = false;
}

void ResourceTable::Read(const PeReader& pe) {
  Clear();
  const DataDirectory entry = pe.directory(Directory::kResource);
  const auto root = pe.RvaToOffset(entry.virtual_address);
  if (entry.virtual_address == 0 || !root) {
    return;
  }
  const auto bytes = base::Slice(pe.file(), *root, kResourceDirectorySizeBytes);
  if (!bytes) {
    return;
  }
  base::ByteReader reader(*bytes);
  reader.Skip(4);
  has_root_ = true;
  timestamp_ = reader.U32();
  major_version_ = reader.U16();
  minor_version_ = reader.U16();
  Walk(pe, *root);
}

bool ResourceTable::Enter(const PeReader& pe, std::uint64_t offset, Level& level) const {
  const auto bytes = base::Slice(pe.file(), offset, kResourceDirectorySizeBytes);
  if (!bytes) {
    return false;
  }
  base::ByteReader reader(*bytes);
  const std::uint32_t characteristics = reader.U32();
  reader.Skip(8);
  const std::uint16_t named = reader.U16();
  const std::uint16_t numbered = reader.U16();
  if (characteristics != 0 || named > kResourceDirectoryEntriesMax ||
      numbered > kResourceDirectoryEntriesMax) {
    return false;
  }
  level.directory = offset;
  level.next_entry = offset + kResourceDirectorySizeBytes;
  level.entries_left = std::uint32_t{named} + numbered;
  return base::Slice(pe.file(), level.next_entry, level.entries_left * kResourceEntrySizeBytes)
      .has_value();
}

void ResourceTable::Walk(const PeReader& pe, std::uint64_t root) {
  std::array<Level, kLevelCount> levels;
  std::size_t depth = 0;
  if (!Enter(pe, root, levels[0])) {
    return;
  }
  while (true) {
    Level& level = levels[depth];
    const std::uint32_t name = base::ReadAt<std::uint32_t>(pe.file(), level.next_entry).value_or(0);
    const std::uint32_t target =
        base::ReadAt<std::uint32_t>(pe.file(), level.next_entry + 4).value_or(0);
    // YARA does not move past an entry without a target: it ends the directory.
    if (level.entries_left == 0 || target == 0) {
      if (depth == 0) {
        return;
      }
      --depth;
      continue;
    }
    if (++steps_ > kResourceStepsMax) {
      return;
    }
    --level.entries_left;
    level.next_entry += kResourceEntrySizeBytes;
    numbers_[depth] = static_cast<std::int32_t>(name);
    level.names[depth] = NameAt(pe, root, name);
    const std::uint64_t offset = root + (target & kOffsetMask);
    if ((target & kHighBit) == 0 || depth + 1 == kLevelCount) {
      if (resources_.size() >= kResourceCountMax) {
        return;
      }
      AddLeaf(pe, offset, level);
    } else if (offset != level.directory) {
      Level& below = levels[depth + 1];
      if (Enter(pe, offset, below)) {
        below.names = level.names;
        ++depth;
      }
    }
  }
}

void ResourceTable::AddLeaf(const PeReader& pe, std::uint64_t offset, const Level& level) {
  const auto bytes = base::Slice(pe.file(), offset, kResourceDataSizeBytes);
  if (!bytes) {
    return;
  }
  base::ByteReader reader(*bytes);
  Resource leaf;
  leaf.rva = reader.U32();
  leaf.size = reader.U32();
  if (leaf.size == 0 || leaf.size > kResourceDataSizeMax) {
    return;
  }
  leaf.offset = pe.RvaToOffset(leaf.rva);
  leaf.type = {numbers_[0], level.names[0]};
  leaf.id = {numbers_[1], level.names[1]};
  leaf.language = {numbers_[2], level.names[2]};
  resources_.push_back(leaf);
}

}  // namespace day::formats::pe
