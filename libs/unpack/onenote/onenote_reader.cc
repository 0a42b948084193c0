#include "libs/unpack/onenote/onenote_reader.h"

#include <algorithm>
#include <bit>
#include <string>
#include <utility>

namespace day::unpack::onenote {
namespace {

using document::Part;
using std::string_view_literals::operator""sv;

// {BDE316E7-2665-4511-A4C4-8D4D0B7A9EAC}
constexpr std::string_view kFileData =
    "\xE7\x16\xE3\xBD\x65\x26\x11\x45\xA4\xC4\x8D\x4D\x0B\x7A\x9E\xAC"sv;
// GUID, length, and two reserved fields.
constexpr std::uint64_t kFileDataHeaderBytes = 16 + 8 + 4 + 8;
// {638DE92F-A6D4-4BC1-9A36-B3FC2511A5B7}: a section as the web's protocol packs it.
constexpr std::string_view kPackaged =
    "\x2F\xE9\x8D\x63\xD4\xA6\xC1\x4B\x9A\x36\xB3\xFC\x25\x11\xA5\xB7"sv;
// {109ADD3F-911B-49F5-A5D0-1791EDC8AED8}: a section on disk.
constexpr std::string_view kOnDisk =
    "\x3F\xDD\x9A\x10\x1B\x91\xF5\x49\xA5\xD0\x17\x91\xED\xC8\xAE\xD8"sv;
constexpr std::uint64_t kHeaderBytes = 1024;
constexpr std::uint64_t kFileLengthOffset = 196;
constexpr std::string_view kCut = "damaged: the file is cut";
constexpr std::uint64_t kFormatOffset = 48;
constexpr std::uint64_t kPackagingOffset = 68;
// Types of objects.
constexpr unsigned kDataBlob = 0x02;
constexpr unsigned kGroupData = 0x16;
constexpr std::uint64_t kLengthFollows = 0x7FFF;
constexpr std::uint64_t kGuidBytes = 16;

// Compact unsigned 64-bit integer ([MS-FSSHTTPB] 2.2.1.1): the lowest bit set says how many bytes.
std::uint64_t TakeCompact(base::ByteReader& reader) {
  const std::uint64_t first = reader.U8();
  if (first == 0) {
    return 0;
  }
  if (first == 0x80) {
    return reader.U64();
  }
  std::uint64_t value = first;
  const int bytes = std::countr_zero(first) + 1;
  for (int i = 1; i < bytes; ++i) {
    value |= std::uint64_t{reader.U8()} << (8 * i);
  }
  return value >> bytes;
}

// Extended GUID (2.2.1.7): a number of variable length and a GUID.
void SkipExtendedGuid(base::ByteReader& reader) {
  const unsigned first = reader.U8();
  if (first == 0) {
    return;
  }
  const int zeros = std::countr_zero(first);
  // 2 zeros: 5 bits in one byte; 5: 10 bits in two; 6: 17 bits in three; 7: 32 bits in five.
  const std::uint64_t more = zeros <= 2 ? 0 : zeros == 5 ? 1 : zeros == 6 ? 2 : 4;
  reader.Skip(more + kGuidBytes);
}

struct Object {
  unsigned type = 0;
  bool is_start = false;
  base::Bytes data;
};

// Stream object headers (2.2.1.5): of two or four bytes at a start, of one or two at an end.
Object TakeObject(base::ByteReader& reader) {
  Object object;
  const std::uint32_t low = reader.U8();
  const unsigned kind = low & 3;
  if (kind == 1) {
    return object;
  }
  const std::uint32_t half = low | (std::uint32_t{reader.U8()} << 8);
  if (kind == 3) {
    return object;
  }
  object.is_start = true;
  std::uint64_t size = half >> 9;
  object.type = (half >> 3) & 0x3F;
  if (kind == 2) {
    const std::uint32_t header = half | (std::uint32_t{reader.U16()} << 16);
    object.type = (header >> 3) & 0x3FFF;
    size = header >> 17;
    if (size == kLengthFollows) {
      size = TakeCompact(reader);
    }
  }
  object.data = reader.Take(std::min(size, reader.remaining()));
  return object;
}

struct Binary {
  base::Bytes data;
  bool is_cut = false;
};

// The bytes in a blob or in the data of an object group.
Binary BinaryOf(const Object& object) {
  base::ByteReader reader(object.data);
  if (object.type == kGroupData) {
    for (std::uint64_t i = TakeCompact(reader); i > 0 && reader.remaining() > 0; --i) {
      SkipExtendedGuid(reader);
    }
    for (std::uint64_t i = TakeCompact(reader); i > 0 && reader.remaining() > 0; --i) {
      SkipExtendedGuid(reader);
      SkipExtendedGuid(reader);
    }
  }
  const std::uint64_t size = TakeCompact(reader);
  const bool is_cut = size > reader.remaining();
  return {reader.Take(std::min(size, reader.remaining())), is_cut};
}

// Of sections on disk the header says how long they are.
bool IsCut(base::Bytes file) {
  const auto format = base::Slice(file, kFormatOffset, kOnDisk.size());
  if (!format) {
    return true;
  }
  const auto length = base::ReadAt<std::uint64_t>(file, kFileLengthOffset);
  return base::AsText(*format) == kOnDisk &&
         (file.size() < kHeaderBytes || length.value_or(0) > file.size());
}

}  // namespace

OneNoteReader::OneNoteReader(base::Bytes file)
    : file_(file), problem_(IsCut(file) ? kCut : std::string_view()) {}

std::optional<Part> OneNoteReader::Next(base::Budget& budget, inflate::Inflater&,
                                        inflate::OutputBuffer&) {
  if (auto part = NextStored(budget)) {
    return part;
  }
  return NextPackaged(budget);
}

std::optional<Part> OneNoteReader::NextStored(base::Budget& budget) {
  const std::string_view text = base::AsText(file_);
  const std::size_t at = text.find(kFileData, static_cast<std::size_t>(stored_at_));
  if (at == std::string_view::npos) {
    stored_at_ = file_.size();
    return std::nullopt;
  }
  // The next one is looked for inside of this one too: a length may lie.
  stored_at_ = at + kFileData.size();
  const std::uint64_t size = base::ReadAt<std::uint64_t>(file_, at + kFileData.size()).value_or(0);
  const base::Bytes content = base::ClippedSlice(file_, at + kFileDataHeaderBytes, size);
  Part part = document::PaidPart("file " + std::to_string(++count_), content, budget);
  if (part.gap.empty() && content.size() < size) {
    part.gap = kCut;
  }
  return part;
}

std::optional<Part> OneNoteReader::NextPackaged(base::Budget& budget) {
  if (!walks_packaging_) {
    walks_packaging_ = true;
    const auto format = base::Slice(file_, kFormatOffset, kPackaged.size());
    packaged_at_ = format && base::AsText(*format) == kPackaged ? kPackagingOffset : file_.size();
  }
  base::ByteReader reader(file_);
  reader.Seek(packaged_at_);
  while (reader.ok() && reader.remaining() > 0) {
    const Object object = TakeObject(reader);
    if (!object.is_start || (object.type != kDataBlob && object.type != kGroupData)) {
      continue;
    }
    const Binary binary = BinaryOf(object);
    if (!binary.data.empty()) {
      packaged_at_ = reader.offset();
      Part part = document::PaidPart("file " + std::to_string(++count_), binary.data, budget);
      part.gap = part.gap.empty() && binary.is_cut ? std::string(kCut) : part.gap;
      return part;
    }
  }
  packaged_at_ = file_.size();
  return std::nullopt;
}

}  // namespace day::unpack::onenote
