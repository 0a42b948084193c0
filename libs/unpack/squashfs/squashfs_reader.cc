#include "libs/unpack/squashfs/squashfs_reader.h"

#include <algorithm>
#include <array>
#include <utility>

#include "libs/unpack/parts/extents.h"

namespace day::unpack::squashfs {
namespace {

constexpr std::uint32_t kMagic = 0x73717368;         // "hsqs"
constexpr std::uint32_t kSwappedMagic = 0x68737173;  // "sqsh": big-endian, before version 4
constexpr std::uint32_t kBlockBytesMax = 1024 * 1024;
constexpr std::uint32_t kBlockBytesMin = 4096;
constexpr std::uint32_t kNoFragment = 0xFFFFFFFF;
constexpr std::uint32_t kStoredFlag = 1u << 24;
constexpr std::uint64_t kFragmentEntryBytes = 16;
constexpr std::uint64_t kPaddingBytes = 4096;

// Kinds of inodes. Folders' entries have the basic ones only, whatever the inode is.
constexpr std::uint16_t kFolder = 1;
constexpr std::uint16_t kFile = 2;
constexpr std::uint16_t kExtendedFolder = 8;
constexpr std::uint16_t kExtendedFile = 9;

constexpr std::array<std::byte, kBlockBytesMin> kZeros{};

std::optional<blocks::Codec> CodecOf(std::uint16_t compression) {
  switch (compression) {
    case 1:
      return blocks::Codec::kZlib;
    case 2:
      return blocks::Codec::kLzma;
    case 3:
      return blocks::Codec::kLzo;
    case 4:
      return blocks::Codec::kXz;
    case 5:
      return blocks::Codec::kLz4;
    case 6:
      return blocks::Codec::kZstd;
    default:
      return std::nullopt;
  }
}

}  // namespace

bool SquashfsReader::IsSquashfs(base::Bytes image) {
  const auto magic = base::ReadAt<std::uint32_t>(image, 0);
  return magic == kMagic || magic == kSwappedMagic;
}

SquashfsReader::SquashfsReader(base::Bytes image) : image_(image) { Open(); }

void SquashfsReader::Note(std::string_view problem) {
  if (problem_.empty()) {
    problem_ = problem;
  }
}

void SquashfsReader::Open() {
  base::ByteReader in(image_);
  const std::uint32_t magic = in.U32();
  in.Skip(8);
  block_size_ = in.U32();
  fragments_ = in.U32();
  const std::uint16_t compression = in.U16();
  in.Skip(6);
  const std::uint16_t version = in.U16();
  in.Skip(2);
  const std::uint64_t root = in.U64();
  bytes_used_ = in.U64();
  in.Skip(16);
  inode_table_ = in.U64();
  folder_table_ = in.U64();
  fragment_table_ = in.U64();
  if (!in.ok()) {
    return Note("damaged: the superblock is cut off");
  }
  if (magic == kSwappedMagic || version != 4) {
    bytes_used_ = image_.size();
    return Note("unsupported: squashfs before version 4");
  }
  const auto codec = CodecOf(compression);
  if (!codec) {
    return Note("unsupported: unknown compression");
  }
  if (block_size_ < kBlockBytesMin || block_size_ > kBlockBytesMax) {
    return Note("damaged: invalid block size");
  }
  codec_ = *codec;
  metadata_ = std::make_unique<Metadata>(image_, codec_);
  folders_.push_back({"", root});
  seen_.insert(root);
}

// Inodes are named by (block from the start of the inode table, offset in it).
std::optional<SquashfsReader::File> SquashfsReader::ReadInode(std::uint64_t inode,
                                                              base::Budget& budget) {
  constexpr std::uint64_t kCommonBytes = 16;
  Place place{inode_table_ + (inode >> 16), inode & 0xFFFF};
  const auto common = metadata_->Take(place, kCommonBytes, budget);
  if (!common) {
    return std::nullopt;
  }
  const std::uint16_t kind = *base::ReadAt<std::uint16_t>(*common, 0);
  File file;
  if (kind == kFile) {
    if (const auto rest = metadata_->Take(place, 16, budget)) {
      file.data = *base::ReadAt<std::uint32_t>(*rest, 0);
      file.fragment = *base::ReadAt<std::uint32_t>(*rest, 4);
      file.fragment_offset = *base::ReadAt<std::uint32_t>(*rest, 8);
      file.size = *base::ReadAt<std::uint32_t>(*rest, 12);
      file.block_sizes = place;
      return file;
    }
  } else if (kind == kExtendedFile) {
    if (const auto rest = metadata_->Take(place, 40, budget)) {
      file.data = *base::ReadAt<std::uint64_t>(*rest, 0);
      file.size = *base::ReadAt<std::uint64_t>(*rest, 8);
      file.fragment = *base::ReadAt<std::uint32_t>(*rest, 28);
      file.fragment_offset = *base::ReadAt<std::uint32_t>(*rest, 32);
      file.block_sizes = place;
      return file;
    }
  }
  return std::nullopt;
}

bool SquashfsReader::OpenFolder(const Folder& folder, base::Budget& budget) {
  constexpr std::uint64_t kCommonBytes = 16;
  // The listing's size counts three bytes that are not there ("." and "..").
  constexpr std::uint32_t kSizeSurplus = 3;
  listing_ = {};
  Place place{inode_table_ + (folder.inode >> 16), folder.inode & 0xFFFF};
  const auto common = metadata_->Take(place, kCommonBytes, budget);
  const std::uint16_t kind = common ? *base::ReadAt<std::uint16_t>(*common, 0) : 0;
  if (kind != kFolder && kind != kExtendedFolder) {
    Note(metadata_->gap().empty() ? "damaged: a folder is none" : metadata_->gap());
    return false;
  }
  const bool is_extended = kind == kExtendedFolder;
  const auto rest = metadata_->Take(place, is_extended ? 24 : 16, budget);
  if (!rest) {
    Note(metadata_->gap());
    return false;
  }
  const std::uint32_t block = *base::ReadAt<std::uint32_t>(*rest, is_extended ? 8 : 0);
  const std::uint32_t size =
      is_extended ? *base::ReadAt<std::uint32_t>(*rest, 4) : *base::ReadAt<std::uint16_t>(*rest, 8);
  listing_.path = folder.path;
  listing_.place = {folder_table_ + block,
                    *base::ReadAt<std::uint16_t>(*rest, is_extended ? 18 : 10)};
  listing_.bytes_left = size > kSizeSurplus ? size - kSizeSurplus : 0;
  return true;
}

std::optional<base::Bytes> SquashfsReader::TakeListed(std::uint64_t size, base::Budget& budget) {
  if (size > listing_.bytes_left) {
    Note("damaged: a folder ends within an entry");
  } else if (const auto bytes = metadata_->Take(listing_.place, size, budget)) {
    listing_.bytes_left -= size;
    return bytes;
  } else {
    Note(metadata_->gap());
  }
  listing_.bytes_left = 0;
  return std::nullopt;
}

std::optional<SquashfsReader::Entry> SquashfsReader::NextEntry(base::Budget& budget) {
  constexpr std::uint32_t kRunMax = 256;
  if (listing_.bytes_left == 0) {
    return std::nullopt;
  }
  if (listing_.run_left == 0) {
    const auto header = TakeListed(12, budget);
    if (!header) {
      return std::nullopt;
    }
    const std::uint32_t count = *base::ReadAt<std::uint32_t>(*header, 0);
    listing_.run_block = *base::ReadAt<std::uint32_t>(*header, 4);
    if (count >= kRunMax) {
      Note("damaged: a folder's header counts too many entries");
      listing_.bytes_left = 0;
      return std::nullopt;
    }
    listing_.run_left = count + 1;
  }
  --listing_.run_left;
  const auto fixed = TakeListed(8, budget);
  if (!fixed) {
    return std::nullopt;
  }
  Entry entry;
  entry.inode = (std::uint64_t{listing_.run_block} << 16) | *base::ReadAt<std::uint16_t>(*fixed, 0);
  const std::uint64_t name_size = *base::ReadAt<std::uint16_t>(*fixed, 6) + std::uint64_t{1};
  const auto name = name_size <= kMetadataBytes ? TakeListed(name_size, budget) : std::nullopt;
  if (!name) {
    Note("damaged: a folder has an impossible name");
    listing_.bytes_left = 0;
    return std::nullopt;
  }
  entry.name = base::AsText(*name);
  return entry;
}

void SquashfsReader::WriteBlock(std::uint64_t offset, std::uint32_t size_word, std::uint64_t size,
                                parts::Sink& sink, base::Budget& budget) {
  if (size_word == 0) {
    for (std::uint64_t left = size; left > 0 && sink.ok();) {
      const std::uint64_t some = std::min<std::uint64_t>(left, kZeros.size());
      sink.Write(base::Bytes(kZeros).first(static_cast<std::size_t>(some)));
      left -= some;
    }
    return;
  }
  const auto packed = base::Slice(image_, offset, size_word & (kStoredFlag - 1));
  if (!packed) {
    return sink.End("damaged: a block lies outside the image");
  }
  const bool is_stored = (size_word & kStoredFlag) != 0;
  block_.Clear();
  const std::string gap = decoder_.Decode(is_stored ? blocks::Codec::kStored : codec_, *packed,
                                          block_size_, budget, block_);
  sink.Write(base::ClippedSlice(block_.bytes(), 0, size));
  if (!gap.empty()) {
    sink.End(gap);
  } else if (block_.size() < size) {
    sink.End("damaged: a block is too short");
  }
}

void SquashfsReader::WriteTail(const File& file, std::uint64_t size, parts::Sink& sink,
                               base::Budget& budget) {
  constexpr std::uint64_t kEntriesPerBlock = kMetadataBytes / kFragmentEntryBytes;
  const auto table = base::ReadAt<std::uint64_t>(
      image_, fragment_table_ + std::uint64_t{file.fragment} / kEntriesPerBlock * 8);
  if (file.fragment >= fragments_ || !table) {
    return sink.End("damaged: no such fragment");
  }
  Place place{*table, file.fragment % kEntriesPerBlock * kFragmentEntryBytes};
  const auto entry = metadata_->Take(place, kFragmentEntryBytes, budget);
  if (!entry) {
    return sink.End(metadata_->gap());
  }
  const std::uint64_t start = *base::ReadAt<std::uint64_t>(*entry, 0);
  const std::uint32_t size_word = *base::ReadAt<std::uint32_t>(*entry, 8);
  if (fragment_held_ != start) {
    fragment_held_ = ~std::uint64_t{0};
    fragment_block_.Clear();
    const auto packed = base::Slice(image_, start, size_word & (kStoredFlag - 1));
    if (!packed) {
      return sink.End("damaged: a fragment lies outside the image");
    }
    const bool is_stored = (size_word & kStoredFlag) != 0;
    const std::string gap = decoder_.Decode(is_stored ? blocks::Codec::kStored : codec_, *packed,
                                            block_size_, budget, fragment_block_);
    if (!gap.empty()) {
      sink.Write(base::ClippedSlice(fragment_block_.bytes(), file.fragment_offset, size));
      return sink.End(gap);
    }
    fragment_held_ = start;
  }
  const base::Bytes tail = base::ClippedSlice(fragment_block_.bytes(), file.fragment_offset, size);
  sink.Write(tail);
  if (tail.size() < size) {
    sink.End("damaged: a fragment is too short");
  }
}

void SquashfsReader::WriteFile(File file, parts::Sink& sink, base::Budget& budget) {
  std::uint64_t left = file.size;
  while (left > 0 && sink.ok()) {
    if (left < block_size_ && file.fragment != kNoFragment) {
      return WriteTail(file, left, sink, budget);
    }
    const auto word = metadata_->Take(file.block_sizes, 4, budget);
    if (!word) {
      return sink.End(metadata_->gap());
    }
    const std::uint32_t size_word = *base::ReadAt<std::uint32_t>(*word, 0);
    const std::uint64_t size = std::min<std::uint64_t>(left, block_size_);
    WriteBlock(file.data, size_word, size, sink, budget);
    file.data += size_word & (kStoredFlag - 1);
    left -= size;
  }
}

std::optional<parts::Member> SquashfsReader::Visit(const Entry& entry, base::Budget& budget,
                                                   inflate::OutputBuffer& buffer) {
  std::string path = parts::JoinPath(listing_.path, entry.name);
  // Only the inode itself is believed: what the entry says of its kind is a hint.
  Place place{inode_table_ + (entry.inode >> 16), entry.inode & 0xFFFF};
  const auto kind_bytes = metadata_->Take(place, 2, budget);
  const std::uint16_t kind = kind_bytes ? *base::ReadAt<std::uint16_t>(*kind_bytes, 0) : kFile;
  if (kind == kFolder || kind == kExtendedFolder) {
    if (!seen_.insert(entry.inode).second) {
      Note("damaged: a folder is listed twice");
    } else if (seen_.size() > kFoldersMax) {
      Note("limit folders_max");
    } else {
      folders_.push_back({std::move(path), entry.inode});
    }
    return std::nullopt;
  }
  if (kind != kFile && kind != kExtendedFile) {
    return std::nullopt;
  }
  parts::Member member;
  member.name = std::move(path);
  const auto file = ReadInode(entry.inode, budget);
  if (!file) {
    member.gap = metadata_->gap();
    return member;
  }
  buffer.Clear();
  parts::Sink sink(image_.size(), budget, buffer);
  WriteFile(*file, sink, budget);
  member.content = sink.content();
  member.gap = sink.gap();
  member.has_content = !member.content.empty() || member.gap.empty();
  return member;
}

std::optional<parts::Member> SquashfsReader::TrailingData(base::Budget& budget) {
  if (std::exchange(trailing_given_, true)) {
    return std::nullopt;
  }
  // What cannot be walked is one object as it is: the engine has scanned it already.
  const std::uint64_t end =
      (std::min<std::uint64_t>(bytes_used_, image_.size()) + kPaddingBytes - 1) / kPaddingBytes *
      kPaddingBytes;
  const base::Bytes rest = base::ClippedSlice(image_, end, image_.size());
  if (metadata_ == nullptr ||
      std::all_of(rest.begin(), rest.end(), [](std::byte b) { return b == std::byte{0}; })) {
    return std::nullopt;
  }
  return parts::StoredMember("(trailing data)", rest, budget);
}

std::optional<parts::Member> SquashfsReader::Next(base::Budget& budget,
                                                  inflate::OutputBuffer& buffer) {
  while (metadata_ != nullptr) {
    if (!budget.SpendSteps(kStepsPerEntry).ok()) {
      Note(parts::LimitReason(base::Limit::kSteps));
      return std::nullopt;
    }
    if (const auto entry = NextEntry(budget)) {
      if (auto member = Visit(*entry, budget, buffer)) {
        return member;
      }
      continue;
    }
    if (folders_.empty()) {
      break;
    }
    const Folder folder = std::move(folders_.back());
    folders_.pop_back();
    OpenFolder(folder, budget);
  }
  return TrailingData(budget);
}

}  // namespace day::unpack::squashfs
