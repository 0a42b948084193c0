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
  constexpr std::uint64_t kFirstOffset = 28;
  constexpr std::uint64_t kLastOffset = 32;
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
  const base::Bytes packed =
      base::ClippedSlice(Volume(file->volume), file->offset,
                         (file->flags & kFlagPacked) != 0 ? file->packed_size : file->size);
  if (packed.empty() && file->size != 0) {
    member.gap = "unsupported: volume " + std::to_string(file->volume) + " is not there";
    return member;
  }
  if ((file->flags & kFlagSplit) != 0) {
    member.gap = "unsupported: the file is split over volumes";
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
