// Headers of LHA archives, levels 0 to 3. Pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "libs/base/bytes.h"

namespace day::unpack::lha {

// Headers that follow one another inside one header; each costs at least three bytes.
inline constexpr std::size_t kExtensionsMax = 1000;
// Of levels 2 and 3; a level 3 header could claim to be 4 GiB long.
inline constexpr std::uint64_t kHeaderBytesMax = 64 * 1024;

struct Header {
  std::string_view method;  // "-lh5-"
  std::uint64_t packed_size = 0;
  std::uint64_t size = 0;
  std::uint16_t checksum = 0;  // CRC-16 of the content
  std::string name;            // with its folder; "/" parts
  std::uint64_t data = 0;      // where the packed data begins
  bool is_sure = false;        // the header's own checksum fits, if it has one
};

// Whether the five letters of a method stand where a header would have them.
bool HasMethod(base::Bytes file, std::uint64_t offset);

// The header at `offset`; nothing if there is none.
std::optional<Header> ReadHeader(base::Bytes file, std::uint64_t offset);

// CRC-16/ARC.
std::uint16_t Crc16(base::Bytes bytes, std::uint16_t crc = 0);

}  // namespace day::unpack::lha
