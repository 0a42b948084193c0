// bzip2 without its headers, checksums and randomising, as NSIS and ALZ store it. Thread-safe.
#pragma once

#include <cstdint>

#include "libs/unpack/parts/sink.h"

namespace day::unpack::parts {

// What stands in front of each block and behind the last one, in `bits` bits. Bits are counted from
// the stream's start: only the first mark begins a byte.
struct Bzip2Marks {
  unsigned bits;
  std::uint32_t block;
  std::uint32_t end;
};
inline constexpr Bzip2Marks kNsisMarks = {8, 0x31, 0x17};
inline constexpr Bzip2Marks kAlzMarks = {32, 0x444C5A01, 0x444C5A02};  // "DLZ"

// Blocks until the end mark. Memory: 4 bytes for each of the 900,000 bytes that a block can have.
void DecodeBareBzip2(base::Bytes packed, const Bzip2Marks& marks, Sink& sink);

}  // namespace day::unpack::parts
