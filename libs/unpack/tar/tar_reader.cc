#include "libs/unpack/tar/tar_reader.h"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "libs/base/checked.h"

namespace day::unpack::tar {
namespace {

// Places of a header's fields: POSIX.1-1988, and GNU's for sparse files.
constexpr std::size_t kNameSize = 100;
constexpr std::uint64_t kSizeOffset = 124;
constexpr std::size_t kNumberSize = 12;
constexpr std::uint64_t kSumOffset = 148;
constexpr std::size_t kSumSize = 8;
constexpr std::uint64_t kTypeOffset = 156;
constexpr std::uint64_t kMagicOffset = 257;
constexpr std::uint64_t kPrefixOffset = 345;
constexpr std::size_t kPrefixSize = 155;
constexpr std::uint64_t kSparseOffset = 386;
constexpr std::uint64_t kSparseCount = 4;
constexpr std::uint64_t kSparseExtendedOffset = 482;
constexpr std::uint64_t kSparseRealSizeOffset = 483;
constexpr std::uint64_t kSparseBlockCount = 21;
constexpr std::uint64_t kSparseBlockExtendedOffset = 504;
constexpr std::uint64_t kSegmentBytes = 2 * kNumberSize;

// Octal digits between blanks and zeros, or GNU's base-256. Nothing for anything else; zero if
// empty.
std::optional<std::uint64_t> ReadNumber(base::Bytes header, std::uint64_t offset,
                                        std::size_t size) {
  const base::Bytes field = base::ClippedSlice(header, offset, size);
  if (field.size() < size) {
    return std::nullopt;
  }
  const auto first = std::to_integer<std::uint8_t>(field[0]);
  if ((first & 0x80) != 0) {
    std::uint64_t value = first & 0x3F;
    for (std::size_t i = 1; i < size; ++i) {
      if (value >> 56 != 0) {
        return std::nullopt;
      }
      value = (value << 8) | std::to_integer<std::uint64_t>(field[i]);
    }
    return first == 0x80 ? std::optional(value) : std::nullopt;
  }
  std::uint64_t value = 0;
  bool in_digits = false;
  for (const char c : base::AsText(field)) {
    if (c >= '0' && c <= '7') {
      in_digits = true;
      value = value * 8 + static_cast<std::uint64_t>(c - '0');
    } else if (c != ' ' && c != '\0') {
      return std::nullopt;
    } else if (in_digits) {
      break;
    }
  }
  return value;
}

bool HasMagic(base::Bytes header) {
  return base::AsText(base::ClippedSlice(header, kMagicOffset, 5)) == "ustar";
}

// The sum of all bytes, the sum field taken as blanks; old writers added signed bytes.
bool HasRightSum(base::Bytes header) {
  const auto declared = ReadNumber(header, kSumOffset, kSumSize);
  if (!declared) {
    return false;
  }
  std::int64_t sum_unsigned = 0;
  std::int64_t sum_signed = 0;
  for (std::size_t i = 0; i < header.size(); ++i) {
    const bool in_sum = i >= kSumOffset && i < kSumOffset + kSumSize;
    const auto value = in_sum ? std::uint8_t{' '} : std::to_integer<std::uint8_t>(header[i]);
    sum_unsigned += value;
    sum_signed += static_cast<std::int8_t>(value);
  }
  const auto expected = static_cast<std::int64_t>(*declared);
  return expected == sum_unsigned || expected == sum_signed;
}

bool IsZero(base::Bytes block) {
  return std::all_of(block.begin(), block.end(), [](std::byte b) { return b == std::byte{0}; });
}

bool IsHeader(base::Bytes block) {
  return block.size() == kBlockBytes && ReadNumber(block, kSizeOffset, kNumberSize).has_value() &&
         HasRightSum(block);
}

std::uint64_t Padded(std::uint64_t size) {
  return size + (kBlockBytes - size % kBlockBytes) % kBlockBytes;
}

std::optional<std::uint64_t> ReadDecimal(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) {
    return std::nullopt;
  }
  return value;
}

std::string HeaderName(base::Bytes header) {
  std::string name(base::CStringAt(header, 0, kNameSize));
  // GNU headers ("ustar " with a blank) have other things where POSIX has the prefix.
  const bool is_posix =
      base::AsText(base::ClippedSlice(header, kMagicOffset, 6)) == std::string_view("ustar\0", 6);
  if (is_posix) {
    const std::string_view prefix = base::CStringAt(header, kPrefixOffset, kPrefixSize);
    if (!prefix.empty()) {
      name = std::string(prefix) + "/" + name;
    }
  }
  return name;
}

std::string_view CutName(base::Bytes data) {
  const std::string_view text = base::AsText(data).substr(0, kNameBytesMax);
  return text.substr(0, text.find('\0'));
}

void AddSegment(std::uint64_t offset, std::uint64_t size, std::vector<Segment>& segments) {
  if (segments.size() < kSparseSegmentsMax) {
    segments.push_back({offset, size});
  }
}

// "offset,size,offset,size": GNU sparse 0.1.
void ReadSparseMapText(std::string_view text, std::vector<Segment>& segments) {
  std::uint64_t offset = 0;
  for (bool is_size = false; !text.empty(); is_size = !is_size) {
    const std::size_t comma = std::min(text.find(','), text.size());
    const auto number = ReadDecimal(text.substr(0, comma));
    text.remove_prefix(std::min(comma + 1, text.size()));
    if (!number) {
      return;
    }
    if (is_size) {
      AddSegment(offset, *number, segments);
    } else {
      offset = *number;
    }
  }
}

}  // namespace

base::Result<TarReader> TarReader::Create(base::Bytes file) {
  if (!IsTar(file)) {
    return base::MakeError(base::ErrorKind::kMalformed, "no tar header", 0);
  }
  return TarReader(file);
}

bool TarReader::IsTar(base::Bytes file) {
  const base::Bytes block = base::ClippedSlice(file, 0, kBlockBytes);
  if (block.size() < kBlockBytes || IsZero(block) || !ReadNumber(block, kSizeOffset, kNumberSize)) {
    return false;
  }
  // Without the magic only a name and a right sum tell a v7 header from other bytes.
  return HasMagic(block) || (block[0] != std::byte{0} && HasRightSum(block));
}

// Moves behind the next header block. Bytes that are none are passed over a block at a time.
bool TarReader::FindHeader(base::Bytes& header) {
  bool expected_here = true;  // nothing was passed over yet
  while (const auto block = base::Slice(file_, offset_, kBlockBytes)) {
    if (IsZero(*block)) {
      archive_ended_ = true;
    } else if (IsHeader(*block) || (expected_here && !archive_ended_ && HasMagic(*block) &&
                                    ReadNumber(*block, kSizeOffset, kNumberSize))) {
      header = *block;
      offset_ += kBlockBytes;
      archive_ended_ = false;
      return true;
    } else if (!archive_ended_) {
      expected_here = false;
      if (problem_.empty()) {
        problem_ = "damaged: no header where one should be";
      }
    }
    offset_ += kBlockBytes;
  }
  if (!archive_ended_ && problem_.empty() &&
      !IsZero(base::ClippedSlice(file_, offset_, kBlockBytes))) {
    problem_ = "damaged: the file ends inside a header";
  }
  return false;
}

base::Bytes TarReader::TakeData(std::uint64_t size) {
  const base::Bytes data = base::ClippedSlice(file_, offset_, size);
  offset_ = data.size() < size ? file_.size()
                               : std::min<std::uint64_t>(file_.size(), offset_ + Padded(size));
  return data;
}

std::optional<Entry> TarReader::Next() {
  base::Bytes header;
  while (FindHeader(header)) {
    const std::uint64_t header_offset = offset_ - kBlockBytes;
    const char type = static_cast<char>(header[kTypeOffset]);
    const std::uint64_t size = ReadNumber(header, kSizeOffset, kNumberSize).value_or(0);
    switch (type) {
      case 'L':
        next_.name = std::string(CutName(TakeData(size)));
        break;
      case 'K':
        TakeData(size);
        break;
      case 'x':
      case 'X':
        ReadPax(TakeData(size), next_);
        break;
      case 'g':
        ReadPax(TakeData(size), global_);
        break;
      default: {
        Entry entry = MakeEntry(header, header_offset);
        next_ = Extension{};
        entries_end_ = offset_;
        return entry;
      }
    }
  }
  return std::nullopt;
}

// Records "LENGTH KEY=VALUE\n"; the first one that is none ends the header.
void TarReader::ReadPax(base::Bytes data, Extension& extension) {
  std::string_view text = base::AsText(data).substr(0, kPaxBytesMax);
  while (!text.empty()) {
    const std::size_t blank = text.find(' ');
    const auto length = ReadDecimal(text.substr(0, std::min(blank, text.size())));
    if (blank == std::string_view::npos || !length || *length <= blank + 1 ||
        *length > text.size()) {
      return;
    }
    std::string_view record = text.substr(blank + 1, static_cast<std::size_t>(*length) - blank - 1);
    if (record.ends_with('\n')) {
      record.remove_suffix(1);
    }
    const std::size_t equals = record.find('=');
    if (equals != std::string_view::npos) {
      ApplyPax(record.substr(0, equals), record.substr(equals + 1), extension);
    }
    text.remove_prefix(static_cast<std::size_t>(*length));
  }
}

void TarReader::ApplyPax(std::string_view key, std::string_view value, Extension& extension) {
  if (key == "path" || key == "GNU.sparse.name") {
    extension.name = std::string(value.substr(0, kNameBytesMax));
  } else if (key == "size") {
    extension.size = ReadDecimal(value);
  } else if (key == "GNU.sparse.realsize" || key == "GNU.sparse.size") {
    extension.real_size = ReadDecimal(value);
  } else if (key == "GNU.sparse.major") {
    extension.map_in_data = value == "1";
  } else if (key == "GNU.sparse.offset") {
    extension.pending_offset = ReadDecimal(value);
  } else if (key == "GNU.sparse.numbytes") {
    const auto size = ReadDecimal(value);
    if (extension.pending_offset && size) {
      AddSegment(*extension.pending_offset, *size, extension.segments);
    }
    extension.pending_offset.reset();
  } else if (key == "GNU.sparse.map") {
    ReadSparseMapText(value, extension.segments);
  }
}

Entry TarReader::MakeEntry(base::Bytes header, std::uint64_t header_offset) {
  Entry entry;
  entry.type = static_cast<char>(header[kTypeOffset]);
  entry.header_offset = header_offset;
  entry.name = next_.name ? *next_.name : HeaderName(header);
  if (!next_.name && global_.name) {
    entry.name = *global_.name;
  }
  entry.size = ReadNumber(header, kSizeOffset, kNumberSize).value_or(0);
  if (next_.size || global_.size) {
    entry.size = next_.size ? *next_.size : *global_.size;
  }
  const bool is_hard_link = entry.type == '1';
  if (is_hard_link || (entry.type >= '2' && entry.type <= '6')) {
    entry.kind = entry.type == '5' ? Entry::Kind::kDirectory : Entry::Kind::kOther;
    const bool has_data = is_hard_link && entry.size > 0 &&
                          !IsHeader(base::ClippedSlice(file_, offset_, kBlockBytes));
    if (!has_data) {
      entry.size = 0;
      return entry;
    }
    entry.kind = Entry::Kind::kFile;
  } else if (entry.name.ends_with('/') && entry.size == 0) {
    entry.kind = Entry::Kind::kDirectory;  // v7 has no other way to say so
  }
  if (entry.type == 'S') {
    ReadOldSparseMap(header, entry);
  }
  entry.data = TakeData(entry.size);
  if (entry.data.size() < entry.size) {
    entry.gap = "damaged: the data ends too early";
  }
  if (next_.real_size && entry.type != 'S') {
    entry.real_size = *next_.real_size;
    entry.segments = std::move(next_.segments);
    if (next_.map_in_data) {
      ReadSparseMapInData(entry);
    }
  }
  return entry;
}

// GNU's old format: 4 segments in the header, 21 in each extension block behind it.
void TarReader::ReadOldSparseMap(base::Bytes header, Entry& entry) {
  entry.real_size = ReadNumber(header, kSparseRealSizeOffset, kNumberSize).value_or(0);
  std::uint64_t table = kSparseOffset;
  std::uint64_t count = kSparseCount;
  base::Bytes block = header;
  bool extended = header[kSparseExtendedOffset] != std::byte{0};
  while (true) {
    for (std::uint64_t i = 0; i < count; ++i) {
      const std::uint64_t at = table + i * kSegmentBytes;
      const auto offset = ReadNumber(block, at, kNumberSize);
      const auto size = ReadNumber(block, at + kNumberSize, kNumberSize);
      if (offset && size && (*size > 0 || *offset > 0)) {
        AddSegment(*offset, *size, entry.segments);
      }
    }
    const auto next = extended ? base::Slice(file_, offset_, kBlockBytes) : std::nullopt;
    if (!next) {
      return;
    }
    offset_ += kBlockBytes;
    block = *next;
    table = 0;
    count = kSparseBlockCount;
    extended = block[kSparseBlockExtendedOffset] != std::byte{0};
  }
}

// GNU 1.0: the data starts with decimal lines (count, then offset and size of each segment), padded
// to a whole block.
void TarReader::ReadSparseMapInData(Entry& entry) {
  const std::string_view text = base::AsText(entry.data);
  std::size_t position = 0;
  const auto next_number = [&]() -> std::optional<std::uint64_t> {
    const std::size_t end = text.find('\n', position);
    if (end == std::string_view::npos || end - position > 20) {
      return std::nullopt;
    }
    const auto number = ReadDecimal(text.substr(position, end - position));
    position = end + 1;
    return number;
  };
  const auto count = next_number();
  if (!count || *count > kSparseSegmentsMax) {
    return;
  }
  std::vector<Segment> segments;
  for (std::uint64_t i = 0; i < *count; ++i) {
    const auto offset = next_number();
    const auto size = offset ? next_number() : std::nullopt;
    if (!size) {
      return;
    }
    segments.push_back({*offset, *size});
  }
  entry.data = base::ClippedSlice(entry.data, Padded(position), entry.data.size());
  entry.segments = std::move(segments);
}

void ExpandSparse(const Entry& entry, std::span<std::byte> whole) {
  if (whole.empty()) {
    return;
  }
  std::memset(whole.data(), 0, whole.size());
  std::uint64_t stored = 0;
  for (const Segment& segment : entry.segments) {
    const base::Bytes piece = base::ClippedSlice(entry.data, stored, segment.size);
    stored += piece.size();
    if (segment.offset >= whole.size() || piece.empty()) {
      continue;
    }
    const std::size_t room = whole.size() - static_cast<std::size_t>(segment.offset);
    std::memcpy(whole.data() + segment.offset, piece.data(), std::min(room, piece.size()));
  }
}

}  // namespace day::unpack::tar
