// The compression of VBA projects ([MS-OVBA] 2.4.1). Pure function, linear in the output.
#pragma once

#include <cstdint>
#include <string>

#include "libs/base/bytes.h"

namespace day::unpack::vba {

struct Decompressed {
  std::string text;
  std::string gap;  // "", "damaged: ...", or kCut
};

inline constexpr const char* kCut = "cut";  // there was more than size_max

// A compressed container from its start to the end of `bytes`; at most size_max bytes of it. What
// came before damage is kept. A container is at least one byte, 0x01.
Decompressed Decompress(base::Bytes bytes, std::uint64_t size_max);

}  // namespace day::unpack::vba
