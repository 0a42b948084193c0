#include "libs/unpack/rar/rar5_header.h"

#include <cstring>

#include "libs/unpack/inflate/crc32.h"

namespace day::unpack::rar {
namespace {

constexpr std::uint64_t kChecksumBytes = 4;
constexpr std::uint64_t kSaltBytes = 16;
constexpr std::uint64_t kCheckBytes = 12;

constexpr std::uint64_t kHasExtra = 0x01;
constexpr std::uint64_t kHasData = 0x02;
constexpr std::uint64_t kBeginsBefore = 0x08;
constexpr std::uint64_t kGoesOn = 0x10;

constexpr std::uint64_t kFileIsFolder = 0x01;
constexpr std::uint64_t kFileHasTime = 0x02;
constexpr std::uint64_t kFileHasCrc = 0x04;
constexpr std::uint64_t kFileSizeIsUnknown = 0x08;

constexpr std::uint64_t kExtraEncryption = 1;
constexpr std::uint64_t kExtraLink = 5;
constexpr std::uint64_t kHasCheck = 0x01;
constexpr std::uint64_t kSealsChecksums = 0x02;

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

// Behind the version: flags, the rounds, a salt; in files the start of the chain; the check.
std::optional<Rar5Encryption> ReadEncryption(base::ByteReader& reader, bool is_of_file) {
  const std::uint64_t version = TakeNumber(reader);
  const std::uint64_t flags = TakeNumber(reader);
  Rar5Encryption encryption;
  encryption.rounds_log2 = reader.U8();
  encryption.salt = reader.Take(kSaltBytes);
  if (is_of_file) {
    const base::Bytes iv = reader.Take(cipher::kAesBlockBytes);
    if (reader.ok()) {
      std::memcpy(encryption.iv.data(), iv.data(), iv.size());
    }
    encryption.seals_checksums = (flags & kSealsChecksums) != 0;
  }
  if ((flags & kHasCheck) != 0) {
    encryption.check = reader.Take(kCheckBytes);
  }
  if (!reader.ok() || version != 0 || encryption.rounds_log2 > cipher::kRar5RoundsLog2Max) {
    return std::nullopt;
  }
  return encryption;
}

void ReadExtra(base::Bytes extra, Rar5File& file) {
  base::ByteReader reader(extra);
  while (reader.remaining() > 0) {
    const std::uint64_t size = TakeNumber(reader);
    base::ByteReader record(reader.Take(size));
    if (!reader.ok() || size == 0) {
      return;
    }
    const std::uint64_t kind = TakeNumber(record);
    if (kind == kExtraEncryption) {
      file.is_encrypted = true;
      file.encryption = ReadEncryption(record, true);
    } else if (kind == kExtraLink) {
      file.is_link = true;
    }
  }
}

// Version, solid, method and dictionary in one number. RAR 7 has fractions of dictionaries.
void ReadCompression(std::uint64_t facts, Rar5File& file) {
  constexpr std::uint64_t kDictionaryMin = 128ull * 1024;
  constexpr std::uint64_t kSolid = 0x40;
  file.version = static_cast<unsigned>(facts & 0x3F);
  file.is_solid = (facts & kSolid) != 0;
  file.method = static_cast<unsigned>(facts >> 7 & 7);
  const std::uint64_t power = facts >> 10 & (file.version == 0 ? 0x0Fu : 0x1Fu);
  file.dictionary_bytes = kDictionaryMin << power;
  if (file.version != 0) {
    file.dictionary_bytes += file.dictionary_bytes / 32 * (facts >> 15 & 0x1F);
  }
}

}  // namespace

std::optional<std::uint64_t> Rar5HeaderSize(base::Bytes bytes) {
  base::ByteReader reader(bytes);
  reader.Skip(kChecksumBytes);
  const std::uint64_t size = TakeNumber(reader);
  if (!reader.ok() || size == 0 || size > kRar5HeaderBytesMax) {
    return std::nullopt;
  }
  return reader.offset() + size;
}

bool MayBeRar5File(base::Bytes bytes) {
  base::ByteReader reader(bytes);
  reader.Skip(kChecksumBytes);
  const std::uint64_t size = TakeNumber(reader);
  const std::uint64_t type = TakeNumber(reader);
  return reader.ok() && size <= bytes.size() && type == Rar5Header::kFile;
}

std::optional<Rar5Header> ReadRar5Header(base::Bytes bytes) {
  const auto size = Rar5HeaderSize(bytes);
  const auto whole = size ? base::Slice(bytes, 0, *size) : std::nullopt;
  if (!whole ||
      base::ReadAt<std::uint32_t>(*whole, 0) != inflate::Crc32(whole->subspan(kChecksumBytes))) {
    return std::nullopt;
  }
  base::ByteReader reader(*whole);
  reader.Skip(kChecksumBytes);
  (void)TakeNumber(reader);
  Rar5Header header;
  header.size = *size;
  header.type = TakeNumber(reader);
  const std::uint64_t flags = TakeNumber(reader);
  const std::uint64_t extra_size = (flags & kHasExtra) != 0 ? TakeNumber(reader) : 0;
  header.data_size = (flags & kHasData) != 0 ? TakeNumber(reader) : 0;
  header.begins_before = (flags & kBeginsBefore) != 0;
  header.goes_on = (flags & kGoesOn) != 0;
  if (!reader.ok() || extra_size > reader.remaining()) {
    return std::nullopt;
  }
  header.fields = reader.Take(reader.remaining() - extra_size);
  header.extra = reader.Take(extra_size);
  return header;
}

std::optional<Rar5Encryption> ReadRar5ArchiveEncryption(const Rar5Header& header) {
  base::ByteReader reader(header.fields);
  return ReadEncryption(reader, false);
}

std::optional<Rar5File> ReadRar5File(const Rar5Header& header) {
  base::ByteReader reader(header.fields);
  Rar5File file;
  file.is_service = header.type == Rar5Header::kService;
  const std::uint64_t flags = TakeNumber(reader);
  file.is_folder = (flags & kFileIsFolder) != 0;
  const std::uint64_t size = TakeNumber(reader);
  if ((flags & kFileSizeIsUnknown) == 0) {
    file.size = size;
  }
  (void)TakeNumber(reader);  // attributes
  if ((flags & kFileHasTime) != 0) {
    reader.Skip(4);
  }
  if ((flags & kFileHasCrc) != 0) {
    file.crc32 = reader.U32();
  }
  ReadCompression(TakeNumber(reader), file);
  (void)TakeNumber(reader);  // system
  const std::uint64_t name_size = TakeNumber(reader);
  file.name = base::AsText(reader.Take(name_size));
  if (!reader.ok()) {
    return std::nullopt;
  }
  ReadExtra(header.extra, file);
  return file;
}

}  // namespace day::unpack::rar
