#include "libs/unpack/lha/lha_header.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <utility>

namespace day::unpack::lha {
namespace {

constexpr std::uint64_t kMethodOffset = 2;
constexpr std::uint64_t kMethodBytes = 5;
constexpr std::uint64_t kLevelOffset = 20;
constexpr std::uint64_t kHeaderBytesMin = 21;
constexpr std::size_t kNameBytesMax = 1024;  // more is cut off
constexpr std::uint8_t kExtraChecksum = 0x00;
constexpr std::uint8_t kExtraName = 0x01;
constexpr std::uint8_t kExtraFolder = 0x02;
constexpr std::uint8_t kExtraSizes = 0x42;

constexpr std::array<std::uint16_t, 256> MakeCrcTable() {
  std::array<std::uint16_t, 256> table{};
  for (unsigned i = 0; i < 256; ++i) {
    unsigned crc = i;
    for (int bit = 0; bit < 8; ++bit) {
      crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0xA001u : 0u);
    }
    table[i] = static_cast<std::uint16_t>(crc);
  }
  return table;
}
constexpr std::array<std::uint16_t, 256> kCrcTable = MakeCrcTable();

// What the extended headers say.
struct Extras {
  std::string_view name;
  std::string_view folder;
  std::uint64_t checksum_offset = 0;  // of the header's own CRC-16; 0: none
};

void ReadExtra(std::uint64_t offset, std::uint8_t kind, base::Bytes data, Header& header,
               Extras& extras) {
  switch (kind) {
    case kExtraChecksum:
      extras.checksum_offset = data.size() >= 2 ? offset : 0;
      break;
    case kExtraName:
      extras.name = base::AsText(data);
      break;
    case kExtraFolder:
      extras.folder = base::AsText(data);
      break;
    case kExtraSizes:
      header.packed_size = base::ReadAt<std::uint64_t>(data, 0).value_or(header.packed_size);
      header.size = base::ReadAt<std::uint64_t>(data, 8).value_or(header.size);
      break;
    default:
      break;
  }
}

// Each has a kind, data, and the size of the next one, in `width` bytes. Where the last one ends,
// or nothing.
std::optional<std::uint64_t> ReadExtras(base::Bytes file, std::uint64_t offset, unsigned width,
                                        Header& header, Extras& extras) {
  const auto size_at = [&](std::uint64_t at) {
    return width == 2 ? std::optional<std::uint64_t>(base::ReadAt<std::uint16_t>(file, at))
                      : std::optional<std::uint64_t>(base::ReadAt<std::uint32_t>(file, at));
  };
  std::optional<std::uint64_t> size = size_at(offset);
  offset += width;
  for (std::size_t count = 0; count < kExtensionsMax && size; ++count) {
    if (*size == 0) {
      return offset;
    }
    const auto whole = base::Slice(file, offset, *size);
    if (!whole || *size < 1 + width) {
      return std::nullopt;
    }
    const base::Bytes data = whole->subspan(1, whole->size() - 1 - width);
    ReadExtra(offset + 1, std::to_integer<std::uint8_t>((*whole)[0]), data, header, extras);
    offset += *size;
    size = size_at(offset - width);
  }
  return std::nullopt;
}

bool ChecksumFits(base::Bytes file, std::uint64_t begin, std::uint64_t end, std::uint64_t at) {
  const auto stored = base::ReadAt<std::uint16_t>(file, at);
  const auto before = base::Slice(file, begin, at - begin);
  const auto behind = base::Slice(file, at + 2, end - at - 2);
  if (!stored || !before || !behind) {
    return false;
  }
  constexpr std::array<std::byte, 2> kZeros{};
  return Crc16(*behind, Crc16(kZeros, Crc16(*before))) == *stored;
}

// Levels 0 and 1: a size and a sum in one byte each, and the name in the header.
bool ReadOld(base::Bytes file, std::uint64_t offset, unsigned level, Header& header,
             Extras& extras) {
  const std::uint64_t size = std::to_integer<std::uint64_t>(file[offset]) + 2;
  const auto whole = base::Slice(file, offset, size);
  if (!whole || size <= kHeaderBytesMin) {
    return false;
  }
  base::ByteReader reader(*whole);
  reader.Skip(1);
  const std::uint8_t sum = reader.U8();
  header.is_sure =
      std::accumulate(whole->begin() + 2, whole->end(), std::uint8_t{0},
                      [](std::uint8_t all, std::byte byte) {
                        return static_cast<std::uint8_t>(all + std::to_integer<unsigned>(byte));
                      }) == sum;
  reader.Skip(kLevelOffset - 1);
  const std::uint8_t name_size = reader.U8();
  header.name = base::AsText(reader.Take(name_size));
  header.checksum = reader.U16();
  if (!reader.ok()) {
    return false;
  }
  header.data = offset + size;
  if (level == 0) {
    return true;
  }
  // The last two bytes are the size of the first extended header; those count as packed data.
  const auto end = ReadExtras(file, header.data - 2, 2, header, extras);
  if (!end) {
    return false;
  }
  header.packed_size -= std::min(header.packed_size, *end - header.data);
  header.data = *end;
  return true;
}

bool ReadNew(base::Bytes file, std::uint64_t offset, unsigned level, Header& header,
             Extras& extras) {
  base::ByteReader reader(base::ClippedSlice(file, offset, file.size()));
  std::uint64_t size = reader.U16();
  reader.Skip(kLevelOffset - 1);
  header.checksum = reader.U16();
  reader.Skip(1);  // system
  if (level == 3) {
    size = reader.U32();
  }
  if (!reader.ok() || size < reader.offset() || size > kHeaderBytesMax ||
      !base::Slice(file, offset, size)) {
    return false;
  }
  const auto end = ReadExtras(file, offset + reader.offset(), level == 3 ? 4 : 2, header, extras);
  if (!end) {
    return false;
  }
  header.data = std::max(*end, offset + size);
  header.is_sure = extras.checksum_offset == 0 ||
                   ChecksumFits(file, offset, offset + size, extras.checksum_offset);
  return true;
}

}  // namespace

std::uint16_t Crc16(base::Bytes bytes, std::uint16_t crc) {
  for (const std::byte byte : bytes) {
    const auto index = (crc ^ std::to_integer<unsigned>(byte)) & 0xFF;
    crc = static_cast<std::uint16_t>((crc >> 8) ^ kCrcTable[index]);
  }
  return crc;
}

bool HasMethod(base::Bytes file, std::uint64_t offset) {
  const std::string_view text = base::AsText(base::ClippedSlice(file, offset, kHeaderBytesMin));
  if (text.size() < kHeaderBytesMin || text[2] != '-' || text[6] != '-') {
    return false;
  }
  const std::string_view family = text.substr(3, 2);
  const char method = text[5];
  const bool is_digit = method >= '0' && method <= '9';
  return (family == "lh" && (is_digit || method == 'd' || method == 'x')) ||
         (family == "lz" && (method == 's' || (method >= '2' && method <= '9'))) ||
         (family == "pm" && (is_digit || method == 's'));
}

std::optional<Header> ReadHeader(base::Bytes file, std::uint64_t offset) {
  if (!HasMethod(file, offset)) {
    return std::nullopt;
  }
  Header header;
  Extras extras;
  base::ByteReader reader(base::ClippedSlice(file, offset, kHeaderBytesMin));
  reader.Skip(kMethodOffset);
  header.method = base::AsText(reader.Take(kMethodBytes));
  header.packed_size = reader.U32();
  header.size = reader.U32();
  reader.Skip(5);  // time, attributes
  const std::uint8_t level = reader.U8();
  if (level > 3 || !(level < 2 ? ReadOld(file, offset, level, header, extras)
                               : ReadNew(file, offset, level, header, extras))) {
    return std::nullopt;
  }
  std::string path(extras.folder.substr(0, kNameBytesMax));
  std::replace(path.begin(), path.end(), '\xFF', '/');
  if (!path.empty() && path.back() != '/') {
    path += '/';
  }
  path +=
      extras.name.empty() ? std::string_view(header.name) : extras.name.substr(0, kNameBytesMax);
  header.name = std::move(path);
  std::replace(header.name.begin(), header.name.end(), '\\', '/');
  return header;
}

}  // namespace day::unpack::lha
