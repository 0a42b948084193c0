#include "libs/unpack/ole2/testing/compound_writer.h"

#include <algorithm>

namespace day::unpack::ole2 {
namespace {

constexpr std::uint32_t kEnd = 0xFFFFFFFE;
constexpr std::uint32_t kFree = 0xFFFFFFFF;
constexpr std::size_t kMiniCutoff = 4096;
constexpr std::size_t kMiniSector = 64;

void Put16(std::uint64_t value, std::string& out) {
  out += static_cast<char>(value & 0xFF);
  out += static_cast<char>((value >> 8) & 0xFF);
}
void Put32(std::uint64_t value, std::string& out) {
  Put16(value & 0xFFFF, out);
  Put16((value >> 16) & 0xFFFF, out);
}

std::string Table(const std::vector<std::uint32_t>& entries) {
  std::string out;
  for (const std::uint32_t entry : entries) {
    Put32(entry, out);
  }
  return out;
}

}  // namespace

std::uint32_t CompoundWriter::StorageFor(std::uint32_t parent, const std::string& name) {
  for (const std::uint32_t child : nodes_[parent].children) {
    if (nodes_[child].is_storage && nodes_[child].name == name) {
      return child;
    }
  }
  Node node;
  node.name = name;
  node.is_storage = true;
  const auto id = static_cast<std::uint32_t>(nodes_.size());
  nodes_.push_back(node);
  nodes_[parent].children.push_back(id);
  return id;
}

void CompoundWriter::AddStream(const std::string& path, std::string content) {
  std::uint32_t parent = 0;
  std::size_t from = 0;
  for (std::size_t slash = path.find('/'); slash != std::string::npos;
       slash = path.find('/', from)) {
    parent = StorageFor(parent, path.substr(from, slash - from));
    from = slash + 1;
  }
  nodes_[parent].children.push_back(static_cast<std::uint32_t>(nodes_.size()));
  Node node;
  node.name = path.substr(from);
  node.content = std::move(content);
  nodes_.push_back(std::move(node));
}

void CompoundWriter::AddUnlistedStream(const std::string& name, std::string content) {
  Node node;
  node.name = name;
  node.content = std::move(content);
  node.is_listed = false;
  nodes_.push_back(std::move(node));
}

std::uint32_t CompoundWriter::AddSectors(const std::string& content) {
  if (content.empty()) {
    return kEnd;
  }
  const std::size_t size = std::size_t{1} << shift_;
  const auto start = static_cast<std::uint32_t>(fat_.size());
  sectors_ += content;
  sectors_.resize((sectors_.size() + size - 1) / size * size);
  while (fat_.size() < sectors_.size() / size) {
    fat_.push_back(static_cast<std::uint32_t>(fat_.size() + 1));
  }
  fat_.back() = kEnd;
  return start;
}

std::string CompoundWriter::DirectoryEntry(std::size_t id) const {
  const Node& node = nodes_[id];
  std::string out;
  std::size_t units = 0;
  for (std::size_t i = 0; i < node.name.size(); ++i, ++units) {
    unsigned unit = static_cast<unsigned char>(node.name[i]);
    if (unit >= 0xE0 && i + 2 < node.name.size()) {
      unit = ((unit & 0xF) << 12) | ((static_cast<unsigned char>(node.name[i + 1]) & 0x3Fu) << 6) |
             (static_cast<unsigned char>(node.name[i + 2]) & 0x3Fu);
      i += 2;
    }
    Put16(unit, out);
  }
  out.resize(64);
  Put16(2 * (units + 1), out);
  out += static_cast<char>(id == 0 ? 5 : node.is_storage ? 1 : 2);
  out += '\1';
  Put32(kFree, out);
  Put32(node.right, out);
  Put32(node.children.empty() ? kFree : node.children.front(), out);
  out.resize(0x74);
  Put32(node.start, out);
  Put32(node.content.size(), out);
  Put32(0, out);
  return out;
}

// Gives every stream its place; the mini stream is returned.
std::string CompoundWriter::LayOutStreams(std::vector<std::uint32_t>& mini_fat) {
  std::string mini;
  for (Node& node : nodes_) {
    for (std::size_t i = 0; i + 1 < node.children.size(); ++i) {
      nodes_[node.children[i]].right = node.children[i + 1];
    }
    if (node.is_storage || node.content.empty()) {
      continue;
    }
    if (node.content.size() >= kMiniCutoff) {
      node.start = AddSectors(node.content);
      continue;
    }
    node.start = static_cast<std::uint32_t>(mini_fat.size());
    mini += node.content;
    mini.resize((mini.size() + kMiniSector - 1) / kMiniSector * kMiniSector);
    while (mini_fat.size() < mini.size() / kMiniSector) {
      mini_fat.push_back(static_cast<std::uint32_t>(mini_fat.size() + 1));
    }
    mini_fat.back() = kEnd;
  }
  return mini;
}

std::string CompoundWriter::Build() {
  const std::size_t size = std::size_t{1} << shift_;
  std::vector<std::uint32_t> mini_fat;
  const std::string mini = LayOutStreams(mini_fat);
  nodes_[0].content = mini;
  nodes_[0].start = AddSectors(mini);
  const std::uint32_t mini_fat_start = AddSectors(Table(mini_fat));
  std::string directory;
  for (std::size_t id = 0; id < nodes_.size(); ++id) {
    directory += DirectoryEntry(id);
  }
  const std::uint32_t directory_start = AddSectors(directory);
  directory_offset_ = (directory_start + 1) * size;
  // The FAT has a place for its own sectors and for those of the DIFAT.
  const std::size_t per_sector = size / 4;
  std::size_t fat_count = 1;
  std::size_t difat_count = 0;
  while (fat_count * per_sector < fat_.size() + fat_count + difat_count) {
    ++fat_count;
    difat_count = fat_count <= 109 ? 0 : (fat_count - 109 + per_sector - 2) / (per_sector - 1);
  }
  const auto fat_start = static_cast<std::uint32_t>(fat_.size());
  fat_offset_ = (fat_start + std::uint64_t{1}) * size;
  fat_.resize(fat_.size() + fat_count, 0xFFFFFFFD);
  const auto difat_start = static_cast<std::uint32_t>(fat_.size());
  fat_.resize(fat_.size() + difat_count, 0xFFFFFFFC);
  fat_.resize(fat_count * per_sector, kFree);
  sectors_ += Table(fat_);
  std::string out = "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1";
  out.resize(0x18);
  Put16(0x3E, out);
  Put16(static_cast<unsigned>(version_), out);
  Put16(0xFFFE, out);
  Put16(static_cast<unsigned>(shift_), out);
  Put16(6, out);
  out.resize(0x2C);
  Put32(fat_count, out);
  Put32(directory_start, out);
  Put32(0, out);
  Put32(kMiniCutoff, out);
  Put32(mini_fat_start, out);
  Put32((mini_fat.size() + per_sector - 1) / per_sector, out);
  Put32(difat_count == 0 ? kEnd : difat_start, out);
  Put32(difat_count, out);
  for (std::uint32_t i = 0; i < 109; ++i) {
    Put32(i < fat_count ? fat_start + i : kFree, out);
  }
  out.resize(size);
  out += sectors_;
  for (std::uint32_t i = 0; i < difat_count; ++i) {
    for (std::uint32_t k = 0; k + 1 < per_sector; ++k) {
      const std::size_t at = 109 + i * (per_sector - 1) + k;
      Put32(at < fat_count ? fat_start + at : kFree, out);
    }
    Put32(i + 1 < difat_count ? difat_start + i + 1 : kEnd, out);
  }
  return out;
}

std::string PackageStream(const std::string& file_name, const std::string& content) {
  std::string native;
  Put16(2, native);
  native += file_name + '\0' + "C:\\from\\" + file_name + '\0';
  Put16(0, native);
  Put16(3, native);
  const std::string temporary = "C:\\tmp\\" + file_name + '\0';
  Put32(temporary.size(), native);
  native += temporary;
  Put32(content.size(), native);
  native += content;
  std::string out;
  Put32(native.size(), out);
  return out + native;
}

}  // namespace day::unpack::ole2
