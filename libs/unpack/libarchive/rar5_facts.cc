#include "libs/unpack/libarchive/rar5_facts.h"

#include <string_view>

namespace day::unpack::libarchive {
namespace {

using std::string_view_literals::operator""sv;

constexpr std::string_view kMagic = "Rar!\x1A\x07\x01\0"sv;
constexpr std::uint64_t kChecksumBytes = 4;
constexpr std::uint64_t kTypeFile = 2;
constexpr std::uint64_t kTypeEnd = 5;
constexpr std::uint64_t kFlagExtra = 1;
constexpr std::uint64_t kFlagData = 2;
constexpr std::uint64_t kRecordEncryption = 1;

// Seven bits a byte, the lowest first.
std::uint64_t TakeNumber(base::ByteReader& reader) {
  constexpr unsigned kShiftMax = 63;
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift <= kShiftMax; shift += 7) {
    const std::uint8_t byte = reader.U8();
    value |= std::uint64_t{byte & 0x7Fu} << shift;
    if ((byte & 0x80) == 0) {
      break;
    }
  }
  return value;
}

bool HasEncryption(base::Bytes extra) {
  base::ByteReader reader(extra);
  while (reader.remaining() > 0) {
    const std::uint64_t size = TakeNumber(reader);
    base::ByteReader record(reader.Take(size));
    if (reader.ok() && size > 0 && TakeNumber(record) == kRecordEncryption) {
      return true;
    }
  }
  return false;
}

}  // namespace

std::vector<bool> EncryptedRar5Files(base::Bytes file) {
  std::vector<bool> files;
  if (!base::AsText(file).starts_with(kMagic)) {
    return files;
  }
  base::ByteReader reader(file);
  reader.Skip(kMagic.size());
  while (reader.remaining() > 0) {
    reader.Skip(kChecksumBytes);
    const base::Bytes header = reader.Take(TakeNumber(reader));
    if (header.empty()) {
      break;
    }
    base::ByteReader fields(header);
    const std::uint64_t type = TakeNumber(fields);
    const std::uint64_t flags = TakeNumber(fields);
    const std::uint64_t extra = (flags & kFlagExtra) != 0 ? TakeNumber(fields) : 0;
    const std::uint64_t data = (flags & kFlagData) != 0 ? TakeNumber(fields) : 0;
    if (type == kTypeEnd) {
      break;
    }
    if (type == kTypeFile) {
      files.push_back(extra <= header.size() &&
                      HasEncryption(header.last(static_cast<std::size_t>(extra))));
    }
    reader.Skip(data);
  }
  return files;
}

}  // namespace day::unpack::libarchive
