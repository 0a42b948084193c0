// LZVN, Apple's LZ77 for small blocks: matches with distances up to 65,535, coded in whole bytes.
// Apple has published no description but its reference decoder. Thread-safe.
#pragma once

#include "libs/unpack/parts/sink.h"

namespace day::unpack::blocks {

// Decodes up to the end mark; anything else that ends the data is damage, and so are instructions
// that nobody has given a meaning. Matches reach back to the sink's first byte. Linear in input and
// output.
void DecodeLzvn(base::Bytes packed, parts::Sink& sink);

}  // namespace day::unpack::blocks
