// The records of a zip file (APPNOTE 6.3, sections 4.3 and 4.5), read but not judged.
// Pure functions; views into the file.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "libs/base/bytes.h"

namespace day::unpack::zip {

inline constexpr std::string_view kLocalSignature{"PK\x03\x04", 4};
inline constexpr std::string_view kCentralSignature{"PK\x01\x02", 4};
inline constexpr std::string_view kEndSignature{"PK\x05\x06", 4};
inline constexpr std::string_view kEnd64Signature{"PK\x06\x06", 4};
inline constexpr std::string_view kEnd64LocatorSignature{"PK\x06\x07", 4};
inline constexpr std::string_view kDescriptorSignature{"PK\x07\x08", 4};
inline constexpr std::uint64_t kEndRecordBytes = 22;
inline constexpr std::uint64_t kEnd64LocatorBytes = 20;
inline constexpr std::uint64_t kCommentBytesMax = 0xFFFF;

// A local header or a central record, with zip64 sizes in place.
struct Header {
  std::uint16_t flags = 0;
  std::uint16_t method = 0;
  std::uint16_t time = 0;  // MS-DOS time
  std::uint32_t crc32 = 0;
  std::uint8_t aes_strength = 0;  // method 99: 1 to 3; 0 if its extra field is missing
  std::uint16_t aes_method = 0;   // method 99: how the data was packed before
  std::uint64_t compressed_size = 0;
  std::uint64_t uncompressed_size = 0;
  std::uint64_t local_offset = 0;  // central records only: in its volume
  std::uint32_t disk = 0;          // central records only: number of that volume
  std::string_view name;
  std::uint64_t end = 0;  // offset behind the header: data, or the next record
};

// The end-of-central-directory record, with zip64 values in place if its locator leads to any.
struct EndRecord {
  std::uint64_t offset = 0;         // of the record itself
  std::uint64_t directory_end = 0;  // where the directory should end: the (zip64) record's offset
  std::uint16_t disk = 0;           // number of this volume; 0 if there is only one
  std::uint64_t entries = 0;
  std::uint64_t directory_size = 0;
  std::uint64_t directory_offset = 0;  // as declared
};

bool HasSignature(base::Bytes file, std::uint64_t offset, std::string_view signature);
// First place of the signature in [begin, end), or nothing.
std::optional<std::uint64_t> FindSignature(base::Bytes file, std::uint64_t begin, std::uint64_t end,
                                           std::string_view signature);

// Nothing if there is no such record at `offset` or it does not fit into the file.
std::optional<Header> ReadLocalHeader(base::Bytes file, std::uint64_t offset);
std::optional<Header> ReadCentralRecord(base::Bytes file, std::uint64_t offset);
std::optional<EndRecord> ReadEndRecord(base::Bytes file, std::uint64_t offset);

// Whether a header that no directory mentions could have been meant as one: bytes that merely look
// like the signature are common in programs that read zip files.
bool IsPlausible(const Header& header);

// "bzip2" for 12, ...; empty if the method has no name.
std::string_view MethodName(std::uint16_t method);

}  // namespace day::unpack::zip
