// The compression of ARJ: methods 1 to 3 (LZ77 with blocks of Huffman codes, a window of 26,624
// bytes) and method 4 (LZ77 with fixed codes). Thread-safe.
#pragma once

#include "libs/unpack/parts/sink.h"

namespace day::unpack::arj {

// Each decodes until `size` bytes are out; an input that ends first is a gap of the sink.
void DecodeLzh(base::Bytes packed, std::uint64_t size, parts::Sink& sink);
void DecodeFastest(base::Bytes packed, std::uint64_t size, parts::Sink& sink);

}  // namespace day::unpack::arj
