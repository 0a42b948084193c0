#include "libs/unpack/ole2/office_records.h"

namespace day::unpack::ole2 {
namespace {

constexpr std::size_t kHeaderBytes = 8;
constexpr unsigned kStorageType = 0x1011;
constexpr unsigned kFirstBlip = 0xF01A;
constexpr unsigned kLastMetafile = 0xF01C;
constexpr unsigned kLastBlip = 0xF02A;
constexpr std::uint64_t kUidBytes = 16;
constexpr std::uint64_t kMetafileHeaderBytes = 34;

std::optional<OfficeRecord> ReadStorage(unsigned version, base::Bytes body) {
  OfficeRecord record;
  record.is_object = true;
  record.is_zlib = version == 0x0010;
  // The size once decompressed stands before zlib's header.
  record.data = record.is_zlib ? base::ClippedSlice(body, 4, body.size()) : body;
  const auto first = base::ReadAt<std::uint8_t>(record.data, 0);
  const bool fits = record.is_zlib ? first == 0x78 : version == 0 && first == 0xD0;
  return fits ? std::optional(record) : std::nullopt;
}

std::optional<OfficeRecord> ReadBlip(unsigned type, unsigned version, base::Bytes body) {
  // Version 0, and an instance that says what it is: 0x216 is the lowest, 0x7A9 the highest.
  const unsigned instance = version >> 4;
  if ((version & 0xF) != 0 || instance < 0x216 || instance > 0x7A9) {
    return std::nullopt;
  }
  const bool is_metafile = type <= kLastMetafile;
  const std::uint64_t header =
      kUidBytes * (1 + (instance & 1)) + (is_metafile ? kMetafileHeaderBytes : 1);
  OfficeRecord record;
  record.data = base::ClippedSlice(body, header, body.size());
  // The last two bytes of a metafile's header: compression (0: deflate), filter.
  record.is_zlib = is_metafile && base::ReadAt<std::uint8_t>(body, header - 2) == 0;
  return record.data.empty() ? std::nullopt : std::optional(record);
}

}  // namespace

std::optional<OfficeRecord> FindOfficeRecord(base::Bytes stream, std::size_t from) {
  for (std::size_t at = from; at + kHeaderBytes < stream.size(); ++at) {
    const unsigned high = std::to_integer<unsigned>(stream[at + 3]);
    if (high != kStorageType >> 8 && high != kFirstBlip >> 8) {
      continue;
    }
    const unsigned type = (high << 8) | std::to_integer<unsigned>(stream[at + 2]);
    const bool is_blip = type >= kFirstBlip && type <= kLastBlip;
    if (type != kStorageType && !is_blip) {
      continue;
    }
    const unsigned version = base::ReadAt<std::uint16_t>(stream, at).value_or(0);
    const std::uint32_t size = base::ReadAt<std::uint32_t>(stream, at + 4).value_or(0);
    const base::Bytes body = base::ClippedSlice(stream, at + kHeaderBytes, size);
    auto record = is_blip ? ReadBlip(type, version, body) : ReadStorage(version, body);
    if (record) {
      // On inside of it: a made-up record must not hide a real one.
      record->next = at + kHeaderBytes;
      return record;
    }
  }
  return std::nullopt;
}

}  // namespace day::unpack::ole2
