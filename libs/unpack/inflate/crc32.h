// CRC-32 of zip and gzip (IEEE 802.3, reflected 0xEDB88320): about 15 GB/s by carry-less products
// where the processor has them, 2 GB/s with tables elsewhere.
//
// unpack/ may not use libs/crypto (a checksum is no hash), so the decoders have their own.
// Thread safety: pure function.
#pragma once

#include <cstdint>

#include "libs/base/bytes.h"

namespace day::unpack::inflate {

// To go on with more data hand back the earlier result as `crc`.
std::uint32_t Crc32(base::Bytes data, std::uint32_t crc = 0);

// The same with tables alone, whatever the processor can do.
std::uint32_t Crc32Portable(base::Bytes data, std::uint32_t crc = 0);

}  // namespace day::unpack::inflate
