// LZO1X, as squashfs and lzop use it. Follows the description of its byte stream by W. Tarreau
// ("LZO stream format as understood by Linux's LZO decompressor"). Thread-safe.
#pragma once

#include "libs/unpack/parts/sink.h"

namespace day::unpack::blocks {

// Decodes up to the end mark; anything else that ends the data is damage. Linear in input and
// output.
void DecodeLzo1x(base::Bytes packed, parts::Sink& sink);

}  // namespace day::unpack::blocks
