// LZFSE, Apple's LZ77 with finite state entropy: a stream of blocks that are raw, LZVN, or literals
// and matches coded by tANS. Apple has published no description but its reference decoder; blocks
// with tables as they are (bvx1), which nothing writes, are "unsupported". Thread-safe.
#pragma once

#include "libs/unpack/parts/sink.h"

namespace day::unpack::blocks {

// Decodes up to the end mark; anything else that ends the data is damage. Linear in input and
// output.
void DecodeLzfse(base::Bytes packed, parts::Sink& sink);

}  // namespace day::unpack::blocks
