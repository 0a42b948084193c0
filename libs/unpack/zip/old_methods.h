// The methods of zip that nobody writes any more and that scanners forget: shrink (1), reduce (2 to
// 5), implode (6), and deflate64 (9). APPNOTE 6.3, sections 5.1 to 5.3 and 5.5.
//
// Each decodes until `size` bytes are out, the input ends, or the sink does; deflate64 ends by
// itself. Bits behind the input are damage ("the data ends too early"). Work is linear in input
// and output. Thread-safe.
#pragma once

#include <cstdint>

#include "libs/unpack/parts/sink.h"

namespace day::unpack::zip {

void DecodeShrink(base::Bytes packed, std::uint64_t size, parts::Sink& sink);
// REQUIRES: 1 <= factor <= 4.
void DecodeReduce(base::Bytes packed, unsigned factor, std::uint64_t size, parts::Sink& sink);
// `flags` are the entry's: bit 1 is an 8 KiB window, bit 2 a third tree, for literals.
void DecodeImplode(base::Bytes packed, unsigned flags, std::uint64_t size, parts::Sink& sink);
// Returns the bytes of input used.
std::uint64_t DecodeDeflate64(base::Bytes packed, parts::Sink& sink);

}  // namespace day::unpack::zip
