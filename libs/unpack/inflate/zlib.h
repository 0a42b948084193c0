// zlib streams (RFC 1950): two bytes, deflate, a checksum.
#pragma once

#include <string>

#include "libs/unpack/inflate/inflate.h"

namespace day::unpack::inflate {

inline constexpr std::uint64_t kZlibHeaderBytes = 2;
inline constexpr std::uint64_t kZlibTrailerBytes = 4;

// Adler-32 of RFC 1950, about 3 GB/s. Pure function.
std::uint32_t Adler32(base::Bytes data);

// Decodes as Inflater::Inflate() does, whatever the header says. The gap: that of the stream, or
// "damaged: wrong checksum" if the right one should be there and another is; a missing one is none.
std::string InflateZlib(Inflater& inflater, base::Bytes input, base::Budget& budget,
                        OutputBuffer& out);

}  // namespace day::unpack::inflate
