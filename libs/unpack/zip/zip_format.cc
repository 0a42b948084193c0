#include "libs/unpack/zip/zip_format.h"

#include <algorithm>

namespace day::unpack::zip {
namespace {

constexpr std::uint32_t kInZip64 = 0xFFFFFFFF;
constexpr std::uint32_t kDiskInZip64 = 0xFFFF;
constexpr std::uint16_t kZip64ExtraId = 0x0001;
constexpr std::uint16_t kAesExtraId = 0x9901;
constexpr std::uint64_t kEnd64RecordBytes = 56;
constexpr std::uint16_t kMethodPlausibleMax = 99;
constexpr std::size_t kNameBytesPlausibleMax = 4096;

// Replaces the 32-bit placeholders by the values of the zip64 extra field. Each field is there only
// if its placeholder is set, in this order. And reads the extra field of WinZip's encryption.
void ApplyExtra(base::Bytes extra, Header& header) {
  base::ByteReader reader(extra);
  bool has_zip64 = false;
  while (reader.remaining() >= 4) {
    const std::uint16_t id = reader.U16();
    const std::uint16_t size = reader.U16();
    const base::Bytes field = base::ClippedSlice(extra, reader.offset(), size);
    if (id == kAesExtraId) {
      header.aes_strength = base::ReadAt<std::uint8_t>(field, 4).value_or(0);
      header.aes_method = base::ReadAt<std::uint16_t>(field, 5).value_or(0);
    }
    if (id == kZip64ExtraId && !has_zip64) {
      has_zip64 = true;
      base::ByteReader values(field);
      for (std::uint64_t* value :
           {&header.uncompressed_size, &header.compressed_size, &header.local_offset}) {
        if (*value == kInZip64 && values.remaining() >= 8) {
          *value = values.U64();
        }
      }
      if (header.disk == kDiskInZip64 && values.remaining() >= 4) {
        header.disk = values.U32();
      }
    }
    reader.Skip(field.size());
  }
}

}  // namespace

bool HasSignature(base::Bytes file, std::uint64_t offset, std::string_view signature) {
  const auto bytes = base::Slice(file, offset, signature.size());
  return bytes && base::AsText(*bytes) == signature;
}

std::optional<std::uint64_t> FindSignature(base::Bytes file, std::uint64_t begin, std::uint64_t end,
                                           std::string_view signature) {
  if (begin >= end) {
    return std::nullopt;
  }
  const std::string_view text = base::AsText(base::ClippedSlice(file, begin, end - begin));
  const std::size_t found = text.find(signature);
  if (found == std::string_view::npos) {
    return std::nullopt;
  }
  return begin + found;
}

std::optional<Header> ReadLocalHeader(base::Bytes file, std::uint64_t offset) {
  if (!HasSignature(file, offset, kLocalSignature)) {
    return std::nullopt;
  }
  base::ByteReader reader(file);
  reader.Seek(offset + 4);
  Header header;
  reader.Skip(2);  // version needed
  header.flags = reader.U16();
  header.method = reader.U16();
  header.time = reader.U16();
  reader.Skip(2);  // date
  header.crc32 = reader.U32();
  header.compressed_size = reader.U32();
  header.uncompressed_size = reader.U32();
  const std::uint16_t name_size = reader.U16();
  const std::uint16_t extra_size = reader.U16();
  header.name = base::AsText(reader.Take(name_size));
  if (!reader.ok()) {
    return std::nullopt;
  }
  // An extra field that runs out of the file is cut off, as its reader would do.
  const base::Bytes extra = base::ClippedSlice(file, reader.offset(), extra_size);
  header.end = reader.offset() + extra.size();
  ApplyExtra(extra, header);
  return header;
}

std::optional<Header> ReadCentralRecord(base::Bytes file, std::uint64_t offset) {
  if (!HasSignature(file, offset, kCentralSignature)) {
    return std::nullopt;
  }
  base::ByteReader reader(file);
  reader.Seek(offset + 4);
  Header header;
  reader.Skip(4);  // versions
  header.flags = reader.U16();
  header.method = reader.U16();
  header.time = reader.U16();
  reader.Skip(2);  // date
  header.crc32 = reader.U32();
  header.compressed_size = reader.U32();
  header.uncompressed_size = reader.U32();
  const std::uint16_t name_size = reader.U16();
  const std::uint16_t extra_size = reader.U16();
  const std::uint16_t comment_size = reader.U16();
  header.disk = reader.U16();
  reader.Skip(6);  // attributes
  header.local_offset = reader.U32();
  header.name = base::AsText(reader.Take(name_size));
  const base::Bytes extra = reader.Take(extra_size);
  reader.Skip(comment_size);
  if (!reader.ok()) {
    return std::nullopt;
  }
  header.end = reader.offset();
  ApplyExtra(extra, header);
  return header;
}

std::optional<EndRecord> ReadEndRecord(base::Bytes file, std::uint64_t offset) {
  if (!HasSignature(file, offset, kEndSignature)) {
    return std::nullopt;
  }
  base::ByteReader reader(file);
  reader.Seek(offset + 4);
  EndRecord end;
  end.disk = reader.U16();
  reader.Skip(2);  // the directory's disk
  end.offset = offset;
  end.directory_end = offset;
  reader.Skip(2);  // entries on this disk
  end.entries = reader.U16();
  end.directory_size = reader.U32();
  end.directory_offset = reader.U32();
  reader.Skip(2);  // comment size: a comment that is too long or too short hides nothing
  if (!reader.ok()) {
    return std::nullopt;
  }
  if (offset < kEnd64LocatorBytes ||
      !HasSignature(file, offset - kEnd64LocatorBytes, kEnd64LocatorSignature)) {
    return end;
  }
  // The locator's offset is wrong if data was put in front; the record then usually ends at the
  // locator.
  const std::uint64_t locator = offset - kEnd64LocatorBytes;
  std::uint64_t record = base::ReadAt<std::uint64_t>(file, locator + 8).value_or(0);
  if (!HasSignature(file, record, kEnd64Signature)) {
    record = locator >= kEnd64RecordBytes ? locator - kEnd64RecordBytes : file.size();
  }
  if (!HasSignature(file, record, kEnd64Signature) ||
      !base::Slice(file, record, kEnd64RecordBytes)) {
    return end;
  }
  end.directory_end = record;
  end.entries = base::ReadAt<std::uint64_t>(file, record + 32).value_or(0);
  end.directory_size = base::ReadAt<std::uint64_t>(file, record + 40).value_or(0);
  end.directory_offset = base::ReadAt<std::uint64_t>(file, record + 48).value_or(0);
  return end;
}

bool IsPlausible(const Header& header) {
  const bool has_control = std::any_of(header.name.begin(), header.name.end(),
                                       [](char c) { return static_cast<unsigned char>(c) < 0x20; });
  return !header.name.empty() && header.name.size() <= kNameBytesPlausibleMax && !has_control &&
         header.method <= kMethodPlausibleMax;
}

std::string_view MethodName(std::uint16_t method) {
  switch (method) {
    case 0:
      return "stored";
    case 1:
      return "shrink";
    case 2:
    case 3:
    case 4:
    case 5:
      return "reduce";
    case 6:
      return "implode";
    case 8:
      return "deflate";
    case 9:
      return "deflate64";
    case 10:
      return "DCL implode";
    case 12:
      return "bzip2";
    case 14:
      return "LZMA";
    case 18:
      return "TERSE";
    case 19:
      return "LZ77 z";
    case 93:
      return "Zstandard";
    case 94:
      return "MP3";
    case 95:
      return "XZ";
    case 96:
      return "JPEG";
    case 97:
      return "WavPack";
    case 98:
      return "PPMd";
    case 99:
      return "AES";
    default:
      return {};
  }
}

}  // namespace day::unpack::zip
