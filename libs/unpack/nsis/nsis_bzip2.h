// bzip2 as NSIS strips it: no file header, one byte in front of a block (0x31) or the end (0x17),
// no checksums, no randomising. Thread-safe.
#pragma once

#include "libs/unpack/parts/sink.h"

namespace day::unpack::nsis {

// Blocks until the end mark. Memory: 4 bytes for each of the 900,000 bytes that a block can have.
void DecodeBzip2(base::Bytes packed, parts::Sink& sink);

}  // namespace day::unpack::nsis
