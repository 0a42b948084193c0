#include "libs/unpack/hfsplus/hfsplus_reader.h"

#include <algorithm>
#include <utility>

namespace day::unpack::hfsplus {
namespace {

using base::Endian;

constexpr std::uint64_t kHeaderOffset = 1024;
constexpr std::uint64_t kHeaderBytes = 512;
constexpr std::uint64_t kForkBytes = 80;
constexpr std::uint64_t kRunsBytes = 64;
constexpr std::uint32_t kCatalogFile = 4;
constexpr std::uint32_t kAttributesFile = 8;
constexpr std::uint8_t kDataFork = 0;
constexpr std::uint8_t kResourceFork = 0xFF;
constexpr std::uint16_t kFolderRecord = 1;
constexpr std::uint16_t kFileRecord = 2;
constexpr std::uint32_t kInlineAttribute = 0x10;
constexpr std::uint64_t kCompressionHeaderBytes = 16;
constexpr std::uint64_t kCompressedBlockBytes = 65'536;
constexpr std::uint64_t kAttributeBytesMax = 64 * 1024;
constexpr std::size_t kNameBytesMax = 510;

std::uint16_t Be16(base::Bytes bytes, std::uint64_t at) {
  return base::ReadAt<std::uint16_t>(bytes, at, Endian::kBig).value_or(0);
}
std::uint32_t Be32(base::Bytes bytes, std::uint64_t at) {
  return base::ReadAt<std::uint32_t>(bytes, at, Endian::kBig).value_or(0);
}
std::uint64_t Be64(base::Bytes bytes, std::uint64_t at) {
  return base::ReadAt<std::uint64_t>(bytes, at, Endian::kBig).value_or(0);
}

bool IsVolumeHeader(base::Bytes image) {
  const std::string_view magic = base::AsText(base::ClippedSlice(image, kHeaderOffset, 2));
  const std::uint16_t version = Be16(image, kHeaderOffset + 2);
  return (magic == "H+" && version == 4) || (magic == "HX" && version == 5);
}

bool IsPlainHfs(base::Bytes image) {
  return base::AsText(base::ClippedSlice(image, kHeaderOffset, 2)) == "BD" &&
         Be32(image, kHeaderOffset + 20) % 512 == 0 && Be32(image, kHeaderOffset + 20) != 0;
}

// The volume itself: the image, or what an HFS wrapper in it holds.
base::Bytes VolumeOf(base::Bytes image) {
  if (!IsPlainHfs(image) ||
      base::AsText(base::ClippedSlice(image, kHeaderOffset + 124, 2)) != "H+") {
    return image;
  }
  const std::uint64_t block = Be32(image, kHeaderOffset + 20);
  const std::uint64_t start = Be16(image, kHeaderOffset + 28) * std::uint64_t{512} +
                              Be16(image, kHeaderOffset + 126) * block;
  return base::ClippedSlice(image, start, Be16(image, kHeaderOffset + 128) * block);
}

std::uint64_t KeyOf(std::uint32_t file, std::uint8_t kind) {
  return std::uint64_t{file} << 8 | kind;
}

// The slash of the path is what HFS+ allows in names and shows as a colon.
std::string NameOf(base::Bytes key, std::uint64_t at) {
  const std::uint64_t size =
      std::min<std::uint64_t>(Be16(key, at) * std::uint64_t{2}, kNameBytesMax);
  std::string name = parts::Utf8OfUtf16(base::ClippedSlice(key, at + 2, size), Endian::kBig);
  std::replace(name.begin(), name.end(), '/', ':');
  return name;
}

// Kinds of compression, by number.
struct Compression {
  std::optional<blocks::Codec> codec;
  bool in_resource = false;  // in blocks, else in the attribute as one
};

Compression CompressionOf(std::uint32_t kind) {
  switch (kind) {
    case 3:
    case 4:
      return {blocks::Codec::kZlib, kind == 4};
    case 7:
    case 8:
      return {blocks::Codec::kLzvn, kind == 8};
    case 9:
    case 10:
      return {blocks::Codec::kStored, kind == 10};
    case 11:
    case 12:
      return {blocks::Codec::kLzfse, kind == 12};
    default:
      return {};
  }
}

// Whether a block's first byte says that the rest is stored.
bool IsStoredMark(blocks::Codec codec, unsigned first) {
  switch (codec) {
    case blocks::Codec::kZlib:
      return (first & 0x0F) == 0x0F;
    case blocks::Codec::kLzvn:
      return first == 0x06;
    case blocks::Codec::kStored:
      return true;
    default:
      return first == 0xFF;
  }
}

}  // namespace

bool HfsPlusReader::IsHfsPlus(base::Bytes image) {
  return IsVolumeHeader(image) || IsPlainHfs(image);
}

void HfsPlusReader::Note(std::string_view problem) {
  if (problem_.empty()) {
    problem_ = problem;
  }
}

void HfsPlusReader::AddRuns(base::Bytes runs, std::vector<parts::Extent>& out) const {
  for (std::uint64_t at = 0; at + 8 <= runs.size() && at < kRunsBytes; at += 8) {
    const std::uint64_t count = Be32(runs, at + 4);
    if (count == 0) {
      return;
    }
    out.push_back({Be32(runs, at) * block_size_, count * block_size_});
  }
}

HfsPlusReader::Fork HfsPlusReader::ReadFork(base::Bytes data, std::uint64_t offset,
                                            std::uint32_t file, std::uint8_t kind) const {
  const base::Bytes raw = base::ClippedSlice(data, offset, kForkBytes);
  Fork fork;
  fork.size = Be64(raw, 0);
  AddRuns(base::ClippedSlice(raw, 16, kRunsBytes), fork.extents);
  const auto more = further_.find(KeyOf(file, kind));
  if (more != further_.end() && fork.extents.size() == kRunsBytes / 8) {
    fork.extents.insert(fork.extents.end(), more->second.begin(), more->second.end());
  }
  return fork;
}

// Keys: kind of fork, padding, file, first block. They come sorted.
void HfsPlusReader::ReadFurtherExtents(base::Bytes header, base::Budget& budget) {
  const Fork fork = ReadFork(header, 192, 0, kDataFork);
  if (fork.size == 0) {
    return;
  }
  Tree tree(volume_, fork.extents, fork.size, budget);
  constexpr std::size_t kRunsPerRecord = kRunsBytes / 8;
  std::size_t count = 0;
  while (const auto record = tree.Next(budget)) {
    count += kRunsPerRecord;
    if (count > kFurtherExtentsMax) {
      Note("limit further_extents_max");
      break;
    }
    if (record->key.size() >= 10) {
      const auto kind = std::to_integer<std::uint8_t>(record->key[0]);
      AddRuns(record->data, further_[KeyOf(Be32(record->key, 2), kind)]);
    }
  }
  Note(tree.gap());
}

void HfsPlusReader::ReadFolders(base::Budget& budget) {
  while (const auto record = catalog_->Next(budget)) {
    if (Be16(record->data, 0) != kFolderRecord) {
      continue;
    }
    if (folders_.size() >= kFoldersMax) {
      Note("limit folders_max");
      break;
    }
    folders_[Be32(record->data, 8)] = {Be32(record->key, 0), NameOf(record->key, 4)};
  }
  Note(catalog_->gap());
  catalog_->Rewind();
}

void HfsPlusReader::ReadAttributes(base::Bytes header, base::Budget& budget) {
  const Fork fork = ReadFork(header, 352, kAttributesFile, kDataFork);
  if (fork.size == 0) {
    return;
  }
  Tree tree(volume_, fork.extents, fork.size, budget);
  while (const auto record = tree.Next(budget)) {
    if (Be32(record->data, 0) != kInlineAttribute ||
        NameOf(record->key, 10) != "com.apple.decmpfs") {
      continue;
    }
    if (compressed_.size() >= kCompressedMax) {
      Note("limit compressed_max");
      break;
    }
    const std::uint64_t size = std::min<std::uint64_t>(Be32(record->data, 12), kAttributeBytesMax);
    compressed_[Be32(record->key, 2)] = base::AsText(base::ClippedSlice(record->data, 16, size));
  }
  Note(tree.gap());
}

void HfsPlusReader::Open(base::Budget& budget) {
  volume_ = VolumeOf(image_);
  if (!IsVolumeHeader(volume_)) {
    return Note(IsPlainHfs(volume_) ? "unsupported: plain HFS" : "damaged: no volume header");
  }
  const base::Bytes header = base::ClippedSlice(volume_, kHeaderOffset, kHeaderBytes);
  block_size_ = Be32(header, 40);
  if (block_size_ < 512 || header.size() < kHeaderBytes) {
    return Note("damaged: invalid volume header");
  }
  ReadFurtherExtents(header, budget);
  const Fork fork = ReadFork(header, 272, kCatalogFile, kDataFork);
  catalog_ = std::make_unique<Tree>(volume_, fork.extents, fork.size, budget);
  ReadFolders(budget);
  ReadAttributes(header, budget);
}

std::string HfsPlusReader::PathOf(std::uint32_t parent, std::string_view name) const {
  constexpr std::uint32_t kRootFolder = 2;
  std::string path(name);
  for (int depth = 0; depth < kDepthMax && parent > kRootFolder; ++depth) {
    const auto folder = folders_.find(parent);
    if (folder == folders_.end()) {
      break;
    }
    path = parts::JoinPath(folder->second.name, path);
    parent = folder->second.parent;
  }
  return path;
}

// A block of a compressed file, or stored behind a byte that nothing packed starts with.
void HfsPlusReader::UnpackBlock(blocks::Codec codec, base::Bytes packed, std::uint64_t size_max,
                                parts::Sink& sink, base::Budget& budget) {
  if (!packed.empty() && IsStoredMark(codec, std::to_integer<unsigned>(packed[0]))) {
    sink.Write(base::ClippedSlice(packed, 1, size_max));
    return;
  }
  block_.Clear();
  const std::string gap = decoder_.Decode(codec, packed, size_max, budget, block_);
  sink.Write(block_.bytes());
  if (!gap.empty()) {
    sink.End(gap);
  }
}

base::Bytes HfsPlusReader::ReadResource(const Fork& resource, base::Budget& budget) {
  base::BudgetLimits limits;
  limits.file_bytes_max = budget.limits().file_bytes_max;
  base::Budget purse(limits);
  fork_copy_.Clear();
  parts::Sink copy(volume_.size(), purse, fork_copy_);
  parts::WriteExtents(volume_, resource.extents, resource.size, copy);
  return copy.content();
}

// Where zlib's resource has its data, then there: its length, a count, and (offset, size) of each
// block from the count on.
void HfsPlusReader::UnpackZlibResource(base::Bytes fork, std::uint64_t size, parts::Sink& sink,
                                       base::Budget& budget) {
  const base::Bytes data = base::ClippedSlice(fork, Be32(fork, 0) + std::uint64_t{4}, fork.size());
  const std::uint32_t count = base::ReadAt<std::uint32_t>(data, 0).value_or(0);
  for (std::uint32_t i = 0; i < count && sink.ok() && sink.produced() < size; ++i) {
    const auto offset = base::ReadAt<std::uint32_t>(data, 4 + std::uint64_t{i} * 8);
    const auto packed_size = base::ReadAt<std::uint32_t>(data, 8 + std::uint64_t{i} * 8);
    const auto packed =
        packed_size ? base::Slice(data, *offset, *packed_size) : std::optional<base::Bytes>();
    if (!packed || packed->empty()) {
      return sink.End("damaged: a compressed block lies outside its fork");
    }
    UnpackBlock(blocks::Codec::kZlib, *packed, kCompressedBlockBytes, sink, budget);
  }
}

// The others': where each block starts, and the end; the first one starts behind them.
void HfsPlusReader::UnpackResource(blocks::Codec codec, base::Bytes fork, std::uint64_t size,
                                   parts::Sink& sink, base::Budget& budget) {
  const std::uint32_t table_bytes = base::ReadAt<std::uint32_t>(fork, 0).value_or(0);
  for (std::uint64_t at = 0; at + 8 <= table_bytes && sink.ok() && sink.produced() < size;
       at += 4) {
    const auto begin = base::ReadAt<std::uint32_t>(fork, at);
    const auto end = base::ReadAt<std::uint32_t>(fork, at + 4);
    const auto packed = begin && end && *begin < *end ? base::Slice(fork, *begin, *end - *begin)
                                                      : std::optional<base::Bytes>();
    if (!packed) {
      return sink.End("damaged: a compressed block lies outside its fork");
    }
    UnpackBlock(codec, *packed, kCompressedBlockBytes, sink, budget);
  }
}

parts::Member HfsPlusReader::Unpack(std::string name, std::string_view attribute,
                                    const Fork& resource, base::Budget& budget,
                                    inflate::OutputBuffer& buffer) {
  const base::Bytes raw = base::AsBytes(attribute);
  const std::uint32_t kind = base::ReadAt<std::uint32_t>(raw, 4).value_or(0);
  const std::uint64_t size = base::ReadAt<std::uint64_t>(raw, 8).value_or(0);
  const base::Bytes rest = base::ClippedSlice(raw, kCompressionHeaderBytes, raw.size());
  buffer.Clear();
  parts::Sink sink(volume_.size(), budget, buffer);
  const Compression compression = CompressionOf(kind);
  if (kind == 1) {
    sink.Write(rest);
  } else if (!compression.codec) {
    sink.End("unsupported: compression of a file");
  } else if (!compression.in_resource) {
    UnpackBlock(*compression.codec, rest, std::min(size, budget.limits().file_bytes_max), sink,
                budget);
  } else if (const base::Bytes fork = ReadResource(resource, budget);
             !budget.SpendSteps(fork.size()).ok()) {
    sink.End(parts::LimitReason(base::Limit::kSteps));
  } else if (compression.codec == blocks::Codec::kZlib) {
    UnpackZlibResource(fork, size, sink, budget);
  } else {
    UnpackResource(*compression.codec, fork, size, sink, budget);
  }
  if (sink.ok() && sink.produced() < size) {
    sink.End(parts::kEndsTooEarly);
  }
  parts::Member member;
  member.name = std::move(name);
  member.content = sink.content();
  member.gap = sink.gap();
  member.has_content = !member.content.empty() || member.gap.empty();
  return member;
}

std::optional<parts::Member> HfsPlusReader::Next(base::Budget& budget,
                                                 inflate::OutputBuffer& buffer) {
  if (!std::exchange(opened_, true)) {
    Open(budget);
  }
  while (catalog_ != nullptr) {
    if (auto given = std::exchange(resource_, std::nullopt)) {
      return parts::ExtentsMember(std::move(given->first), volume_, given->second.extents,
                                  given->second.size, budget, buffer);
    }
    const auto record = catalog_->Next(budget);
    if (!record) {
      Note(catalog_->gap());
      return std::nullopt;
    }
    if (Be16(record->data, 0) != kFileRecord) {
      continue;
    }
    const std::uint32_t file = Be32(record->data, 8);
    std::string path = PathOf(Be32(record->key, 0), NameOf(record->key, 4));
    const Fork data = ReadFork(record->data, 88, file, kDataFork);
    Fork resource = ReadFork(record->data, 168, file, kResourceFork);
    if (!budget.SpendSteps(data.extents.size() + resource.extents.size()).ok()) {
      Note(parts::LimitReason(base::Limit::kSteps));
      return std::nullopt;
    }
    if (!sharing_.Add(data.size) || !sharing_.Add(resource.size)) {
      return parts::Member{std::move(path), {}, false, parts::LimitReason(base::Limit::kRatio)};
    }
    const auto compressed = compressed_.find(file);
    if (compressed != compressed_.end() && data.size == 0) {
      return Unpack(std::move(path), compressed->second, resource, budget, buffer);
    }
    if (resource.size > 0) {
      resource_.emplace(path + "/..namedfork/rsrc", std::move(resource));
      if (data.size == 0) {
        continue;
      }
    }
    return parts::ExtentsMember(std::move(path), volume_, data.extents, data.size, budget, buffer);
  }
  return std::nullopt;
}

}  // namespace day::unpack::hfsplus
