#include "libs/unpack/installshield/cabinet.h"

#include <algorithm>
#include <utility>

#include "libs/unpack/parts/sink.h"

namespace day::unpack::installshield {
namespace {

constexpr std::uint32_t kSignature = 0x28635349;  // "ISc("
constexpr unsigned kFlagSplit = 1;
constexpr unsigned kFlagObscured = 2;
constexpr unsigned kFlagPacked = 4;
constexpr unsigned kFlagInvalid = 8;
constexpr std::uint64_t kRecordBytes = 0x57;  // of a file, since version 6
constexpr std::size_t kNameBytesMax = 1024;
constexpr std::uint32_t kVolumesMax = 100;
// In a volume: the numbers of its first and its last file.
constexpr std::uint64_t kFirstOffset = 28;
constexpr std::uint64_t kLastOffset = 32;
constexpr std::uint64_t kNoFile = 0x7FFFFFFF;

unsigned VersionOf(std::uint32_t number) {
  const std::uint32_t kind = number >> 24;
  if (kind == 1) {
    return (number >> 12) & 0xF;
  }
  return kind == 2 || kind == 4 ? (number & 0xFFFF) / 100 : 0;
}

bool EqualsIgnoringCase(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
    return lower(x) == lower(y);
  });
}

// Bytes rotated and shifted by their place.
std::vector<std::byte> Clear(base::Bytes data) {
  std::vector<std::byte> plain(data.size());
  for (std::size_t i = 0; i < data.size(); ++i) {
    const unsigned mixed = std::to_integer<unsigned>(data[i]) ^ 0xD5;
    plain[i] = static_cast<std::byte>(((mixed >> 2) | (mixed << 6)) - i % 0x47);
  }
  return plain;
}

}  // namespace

std::optional<Cabinet> Cabinet::Open(base::Bytes header, std::string_view stem,
                                     const std::vector<NamedFile>& files) {
  base::ByteReader reader(header);
  if (reader.U32() != kSignature) {
    return std::nullopt;
  }
  Cabinet cabinet;
  cabinet.header_ = header;
  cabinet.stem_ = stem;
  cabinet.files_ = &files;
  cabinet.version_ = VersionOf(reader.U32());
  reader.Skip(4);
  const std::uint32_t descriptor = reader.U32();
  reader.Seek(descriptor);
  reader.Skip(12);
  cabinet.table_ = std::uint64_t{descriptor} + reader.U32();
  reader.Skip(12);
  cabinet.folders_ = reader.U32();
  reader.Skip(8);
  cabinet.count_ = std::min(reader.U32(), kFilesMax);
  cabinet.table2_ = reader.U32();
  if (!reader.ok() || descriptor == 0) {
    return std::nullopt;
  }
  return cabinet;
}

std::optional<Cabinet::File> Cabinet::ReadFile(std::uint32_t index) const {
  File file;
  file.index = index;
  base::ByteReader reader(header_);
  std::uint32_t name = 0;
  if (version_ <= 5) {
    const std::uint64_t slot = table_ + 4 * (std::uint64_t{folders_} + index);
    reader.Seek(table_ + base::ReadAt<std::uint32_t>(header_, slot).value_or(~0u));
    name = reader.U32();
    reader.Skip(4);
    file.flags = reader.U16();
    file.size = reader.U32();
    file.packed_size = reader.U32();
    reader.Skip(20);
    file.offset = reader.U32();
    file.volume = VolumeOf(index);
  } else {
    reader.Seek(table_ + table2_ + kRecordBytes * index);
    file.flags = reader.U16();
    file.size = reader.U64();
    file.packed_size = reader.U64();
    file.offset = reader.U64();
    reader.Skip(32);  // MD5, unknown
    name = reader.U32();
    reader.Skip(2 + 12 + 8 + 1);  // folder, unknown, links
    file.volume = reader.U16();
  }
  if (!reader.ok()) {
    return std::nullopt;
  }
  file.name = base::CStringAt(header_, table_ + name, kNameBytesMax);
  return file;
}

base::Bytes Cabinet::Volume(std::uint32_t number) const {
  const std::string name = stem_ + std::to_string(number) + ".cab";
  for (const NamedFile& file : *files_) {
    if (EqualsIgnoringCase(file.name, name)) {
      return file.data;
    }
  }
  return {};
}

// Version 5: each volume tells the first and the last of its files.
std::uint32_t Cabinet::VolumeOf(std::uint32_t index) const {
  for (std::uint32_t number = 1; number <= kVolumesMax; ++number) {
    const base::Bytes volume = Volume(number);
    const auto first = base::ReadAt<std::uint32_t>(volume, kFirstOffset);
    const auto last = base::ReadAt<std::uint32_t>(volume, kLastOffset);
    if (!last) {
      break;
    }
    if (*first <= index && index <= *last) {
      return number;
    }
  }
  return 1;
}

// Each volume tells where its first and its last file lie in it, which may be parts of files.
base::Bytes Cabinet::PartIn(base::Bytes volume, const File& file) const {
  struct Place {
    std::uint64_t offset;
    std::uint64_t size;
    std::uint64_t packed_size;
  };
  const bool is_wide = version_ > 5;
  base::ByteReader reader(volume);
  reader.Skip(kFirstOffset);
  const std::uint32_t first_index = reader.U32();
  const std::uint32_t last_index = reader.U32();
  const auto number = [&] { return is_wide ? reader.U64() : reader.U32(); };
  Place first = {};
  Place last = {};
  for (Place* place : {&first, &last}) {
    place->offset = number();
    place->size = number();
    place->packed_size = number();
  }
  const bool is_last = file.index == last_index && last.offset != kNoFile;
  if (!reader.ok() || (!is_last && file.index != first_index)) {
    return {};
  }
  const Place& place = is_last ? last : first;
  const bool is_packed = (file.flags & kFlagPacked) != 0;
  return base::ClippedSlice(volume, place.offset, is_packed ? place.packed_size : place.size);
}

base::Bytes Cabinet::PackedData(const File& file) {
  const std::uint64_t size = (file.flags & kFlagPacked) != 0 ? file.packed_size : file.size;
  if ((file.flags & kFlagSplit) == 0) {
    return base::ClippedSlice(Volume(file.volume), file.offset, size);
  }
  joined_.clear();
  for (std::uint32_t i = 0; i < kVolumesMax && joined_.size() < size; ++i) {
    const base::Bytes part = PartIn(Volume(file.volume + i), file);
    if (part.empty()) {
      break;
    }
    const base::Bytes wanted = base::ClippedSlice(part, 0, size - joined_.size());
    joined_.insert(joined_.end(), wanted.begin(), wanted.end());
  }
  return joined_;
}

std::optional<parts::Member> Cabinet::Next(base::Budget& budget, inflate::Inflater& inflater,
                                           inflate::OutputBuffer& buffer) {
  parts::Member member;
  std::optional<File> file;
  while (next_ < count_ && (!file || (file->flags & kFlagInvalid) != 0 || file->offset == 0)) {
    file = ReadFile(next_++);
    if (!file) {
      next_ = count_;
      member.gap = "damaged: a file's record lies outside the header";
      return member;
    }
  }
  if (!file || (file->flags & kFlagInvalid) != 0 || file->offset == 0) {
    return std::nullopt;
  }
  member.name = file->name;
  const base::Bytes packed = PackedData(*file);
  if (packed.empty() && file->size != 0) {
    member.gap = "unsupported: volume " + std::to_string(file->volume) + " is not there";
    return member;
  }
  if (!budget.SpendSteps(packed.size()).ok()) {
    member.gap = parts::LimitReason(base::Limit::kSteps);
    return member;
  }
  const std::vector<std::byte> plain = (file->flags & kFlagObscured) != 0
                                           ? Clear(packed)
                                           : std::vector<std::byte>(packed.begin(), packed.end());
  buffer.Clear();
  if ((file->flags & kFlagPacked) == 0) {
    parts::Sink sink(plain.size(), budget, buffer);
    sink.Write(plain);
    member.gap = sink.gap();
  } else {
    // Pieces of deflate, each with its size in front.
    base::ByteReader reader(plain);
    while (member.gap.empty() && reader.remaining() >= 2 && buffer.size() < file->size) {
      const std::uint16_t size = reader.U16();
      const base::Bytes piece = base::ClippedSlice(plain, reader.offset(), size);
      reader.Skip(piece.size());
      const inflate::Outcome outcome = inflater.Inflate(piece, budget, buffer);
      if (outcome.end != inflate::Outcome::End::kTruncated || outcome.produced == 0) {
        member.gap = inflate::GapReason(outcome);
      }
    }
  }
  member.content = buffer.bytes();
  if (member.gap.empty() && member.content.size() < file->size) {
    member.gap = parts::kEndsTooEarly;
  }
  member.has_content = !member.content.empty() || member.gap.empty();
  return member;
}

}  // namespace day::unpack::installshield
