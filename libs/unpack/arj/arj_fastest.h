// ARJ's method 4: LZ77 with fixed codes. Thread-safe.
#pragma once

#include "libs/unpack/parts/sink.h"

namespace day::unpack::arj {

// Decodes until `size` bytes are out; an input that ends first is a gap of the sink.
void DecodeFastest(base::Bytes packed, std::uint64_t size, parts::Sink& sink);

}  // namespace day::unpack::arj
