#include "libs/unpack/fat/fat_reader.h"

#include <algorithm>
#include <utility>

#include "libs/unpack/parts/sink.h"

namespace day::unpack::fat {
namespace {

constexpr std::uint64_t kEntryBytes = 32;
constexpr std::uint64_t kStepsPerEntry = 100;
constexpr std::uint64_t kStepsPerCluster = 4;
constexpr std::size_t kLongNameBytesMax = 512;
constexpr std::string_view kSelf = ".          ";
constexpr std::string_view kParent = "..         ";
// How Windows and mtools keep short names that are small letters.
constexpr unsigned kLowerName = 0x08;
constexpr unsigned kLowerEnding = 0x10;
constexpr std::uint8_t kLabel = 0x08;
constexpr std::uint8_t kFolderFlag = 0x10;
constexpr std::uint8_t kLongName = 0x0F;

std::uint64_t Number(base::Bytes image, std::uint64_t offset, unsigned bytes) {
  return bytes == 1   ? base::ReadAt<std::uint8_t>(image, offset).value_or(0)
         : bytes == 2 ? base::ReadAt<std::uint16_t>(image, offset).value_or(0)
                      : base::ReadAt<std::uint32_t>(image, offset).value_or(0);
}

struct Layout {
  std::uint64_t sector = 0;
  std::uint64_t cluster = 0;  // bytes
  std::uint64_t reserved = 0;
  std::uint64_t fats = 0;
  std::uint64_t fat_sectors = 0;
  std::uint64_t root_entries = 0;
  std::uint64_t sectors = 0;
};

bool IsPowerOfTwo(std::uint64_t value) { return value != 0 && (value & (value - 1)) == 0; }

std::optional<Layout> ReadLayout(base::Bytes image) {
  Layout layout;
  layout.sector = Number(image, 11, 2);
  layout.cluster = Number(image, 13, 1) * layout.sector;
  layout.reserved = Number(image, 14, 2);
  layout.fats = Number(image, 16, 1);
  layout.root_entries = Number(image, 17, 2);
  const std::uint64_t sectors = Number(image, 19, 2);
  layout.sectors = sectors != 0 ? sectors : Number(image, 32, 4);
  const std::uint64_t fat_sectors = Number(image, 22, 2);
  layout.fat_sectors = fat_sectors != 0 ? fat_sectors : Number(image, 36, 4);
  const std::uint64_t jump = Number(image, 0, 1);
  const std::uint64_t media = Number(image, 21, 1);
  const std::uint64_t used = layout.reserved + layout.fats * layout.fat_sectors;
  const bool is_fat = (jump == 0xEB || jump == 0xE9) && (media == 0xF0 || media >= 0xF8) &&
                      IsPowerOfTwo(layout.sector) && layout.sector >= 512 &&
                      layout.sector <= 4096 && IsPowerOfTwo(layout.cluster) &&
                      layout.reserved != 0 && layout.fats >= 1 && layout.fats <= 4 &&
                      layout.fat_sectors != 0 && used < layout.sectors &&
                      used * layout.sector < image.size();
  return is_fat ? std::optional(layout) : std::nullopt;
}

std::string ShortName(base::Bytes entry) {
  const auto lower_flags = std::to_integer<unsigned>(entry[12]);
  const auto part = [&](std::size_t at, std::size_t size, unsigned lower_flag) {
    std::string text(base::AsText(entry.subspan(at, size)));
    text.resize(text.find_last_not_of(' ') + 1);
    for (char& c : text) {
      const bool is_shown_lower = (lower_flags & lower_flag) != 0 && c >= 'A' && c <= 'Z';
      c = is_shown_lower ? static_cast<char>(c - 'A' + 'a') : c;
    }
    return text;
  };
  std::string name = part(0, 8, kLowerName);
  if (!name.empty() && name[0] == '\x05') {
    name[0] = '\xE5';
  }
  const std::string ending = part(8, 3, kLowerEnding);
  return ending.empty() ? name : name + "." + ending;
}

}  // namespace

bool FatReader::IsFat(base::Bytes image) { return ReadLayout(image).has_value(); }

FatReader::FatReader(base::Bytes image) : image_(image), sharing_(image.size()) {
  const auto layout = ReadLayout(image);
  if (!layout) {
    Note("damaged: no FAT volume");
    return;
  }
  cluster_bytes_ = layout->cluster;
  fat_ = layout->reserved * layout->sector;
  root_ = fat_ + layout->fats * layout->fat_sectors * layout->sector;
  root_bytes_ = layout->root_entries * kEntryBytes;
  data_ = root_ + (root_bytes_ + layout->sector - 1) / layout->sector * layout->sector;
  const std::uint64_t end = layout->sectors * layout->sector;
  clusters_ = end > data_ ? (end - data_) / cluster_bytes_ : 0;
  bits_ = clusters_ < 4085 ? 12 : clusters_ < 65'525 ? 16 : 32;
  if (layout->root_entries == 0) {
    bits_ = 32;
  }
  // 0 stands for the root of FAT12 and FAT16, which is no chain.
  const auto root = bits_ == 32 ? static_cast<std::uint32_t>(Number(image, 44, 4)) : 0;
  seen_.insert(root);
  folders_.push_back({"", root});
}

void FatReader::Note(std::string_view problem) {
  if (problem_.empty()) {
    problem_ = problem;
  }
}

std::uint32_t FatReader::NextCluster(std::uint32_t cluster) const {
  const std::uint64_t number = cluster;
  if (bits_ == 12) {
    const std::uint64_t pair = Number(image_, fat_ + number + number / 2, 2);
    return static_cast<std::uint32_t>(number % 2 == 0 ? pair & 0xFFF : pair >> 4);
  }
  return static_cast<std::uint32_t>(bits_ == 16
                                        ? Number(image_, fat_ + number * 2, 2)
                                        : Number(image_, fat_ + number * 4, 4) & 0x0FFFFFFF);
}

// Up to `size` bytes. Chains that loop end there, since they are never longer than the object.
FatReader::Chain FatReader::Follow(std::uint32_t cluster, std::uint64_t size,
                                   base::Budget& budget) const {
  Chain chain;
  for (std::uint64_t got = 0; got < size; got += cluster_bytes_) {
    if (cluster < 2 || cluster >= clusters_ + 2) {
      chain.gap = "damaged: the chain of clusters ends too early";
      break;
    }
    if (!budget.SpendSteps(kStepsPerCluster).ok()) {
      chain.gap = parts::LimitReason(base::Limit::kSteps);
      break;
    }
    const std::uint64_t offset = data_ + (cluster - std::uint64_t{2}) * cluster_bytes_;
    if (!chain.extents.empty() &&
        chain.extents.back().offset + chain.extents.back().size == offset) {
      chain.extents.back().size += cluster_bytes_;
    } else {
      chain.extents.push_back({offset, cluster_bytes_});
    }
    if (offset > image_.size()) {
      chain.gap = parts::kEndsTooEarly;
      break;
    }
    cluster = NextCluster(cluster);
  }
  return chain;
}

void FatReader::OpenFolder(const Folder& folder, base::Budget& budget) {
  path_ = folder.path;
  at_ = 0;
  long_name_.clear();
  if (folder.cluster == 0) {
    listing_ = base::ClippedSlice(image_, root_, root_bytes_);
    return;
  }
  // A folder's size stands nowhere: its chain says it. One that loops is cut at the limit.
  const Chain chain = Follow(folder.cluster, kFolderBytesMax, budget);
  if (chain.gap.empty()) {
    Note("limit folder_bytes_max");
  }
  base::BudgetLimits limits;
  limits.file_bytes_max = limits.bytes_out_max = kFolderBytesMax;
  base::Budget purse(limits);
  listing_copy_.Clear();
  parts::Sink sink(image_.size(), purse, listing_copy_);
  std::uint64_t size = 0;
  for (const parts::Extent& extent : chain.extents) {
    size += extent.size;
  }
  parts::WriteExtents(image_, chain.extents, std::min(size, kFolderBytesMax), sink);
  listing_ = sink.content();
  if (!budget.SpendSteps(listing_.size()).ok()) {
    listing_ = {};
  }
}

// Long names stand before the short entry, the last part first.
void FatReader::AddLongPart(base::Bytes entry) {
  if ((std::to_integer<unsigned>(entry[0]) & 0x40) != 0) {
    long_name_.clear();
  }
  std::string part;
  for (const auto& [at, size] : {std::pair{1, 10}, std::pair{14, 12}, std::pair{28, 4}}) {
    part +=
        base::AsText(entry.subspan(static_cast<std::size_t>(at), static_cast<std::size_t>(size)));
  }
  long_name_ = part + long_name_;
  long_name_.resize(std::min(long_name_.size(), kLongNameBytesMax));
}

std::optional<parts::Member> FatReader::Visit(base::Bytes entry, base::Budget& budget,
                                              inflate::OutputBuffer& buffer) {
  std::string wide = std::exchange(long_name_, {});
  for (std::size_t i = 0; i + 1 < wide.size(); i += 2) {
    if (wide[i] == '\0' && wide[i + 1] == '\0') {
      wide.resize(i);
    }
  }
  std::string name = wide.empty() ? ShortName(entry)
                                  : parts::Utf8OfUtf16(base::AsBytes(wide), base::Endian::kLittle);
  const auto flags = std::to_integer<std::uint8_t>(entry[11]);
  const std::uint64_t high = bits_ == 32 ? Number(entry, 20, 2) : 0;
  const auto cluster = static_cast<std::uint32_t>(high << 16 | Number(entry, 26, 2));
  name = parts::JoinPath(path_, name);
  if ((flags & kFolderFlag) != 0) {
    if (!seen_.insert(cluster).second) {
      Note("damaged: a folder is listed twice");
    } else if (seen_.size() > kFoldersMax) {
      Note("limit folders_max");
    } else {
      folders_.push_back({std::move(name), cluster});
    }
    return std::nullopt;
  }
  const std::uint64_t size = Number(entry, 28, 4);
  if (!sharing_.Add(size)) {
    return parts::Member{std::move(name), {}, false, parts::LimitReason(base::Limit::kRatio)};
  }
  const Chain chain = Follow(cluster, std::min(size, budget.limits().file_bytes_max + 1), budget);
  auto member = parts::ExtentsMember(std::move(name), image_, chain.extents, size, budget, buffer);
  if (!chain.gap.empty() && !member.gap.starts_with("limit")) {
    member.gap = chain.gap;
  }
  return member;
}

std::optional<parts::Member> FatReader::Next(base::Budget& budget, inflate::OutputBuffer& buffer) {
  while (true) {
    if (!budget.SpendSteps(kStepsPerEntry).ok()) {
      Note(parts::LimitReason(base::Limit::kSteps));
      return std::nullopt;
    }
    const base::Bytes entry = base::ClippedSlice(listing_, at_, kEntryBytes);
    at_ += kEntryBytes;
    if (entry.size() < kEntryBytes || entry[0] == std::byte{0}) {
      if (folders_.empty()) {
        listing_ = {};
        return std::nullopt;
      }
      const Folder folder = std::move(folders_.back());
      folders_.pop_back();
      OpenFolder(folder, budget);
      continue;
    }
    const auto flags = std::to_integer<std::uint8_t>(entry[11]);
    const std::string_view short_name = base::AsText(entry.first(11));
    if (entry[0] == std::byte{0xE5} || short_name == kSelf || short_name == kParent) {
      long_name_.clear();
    } else if ((flags & 0x3F) == kLongName) {
      AddLongPart(entry);
    } else if ((flags & kLabel) != 0) {
      long_name_.clear();
    } else if (auto member = Visit(entry, budget, buffer)) {
      return member;
    }
  }
}

}  // namespace day::unpack::fat
