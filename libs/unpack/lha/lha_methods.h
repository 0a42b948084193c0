// The compressions of LHA and its relatives but those that ARJ shares (libs/unpack/parts/lzh.h).
// Each decodes until `size` bytes are out; an input that ends first is a gap of the sink.
// Thread-safe.
#pragma once

#include "libs/unpack/parts/sink.h"

namespace day::unpack::lha {

// -lh1-: LZ77 with one Huffman code that learns, a window of 4 KiB.
void DecodeLh1(base::Bytes packed, std::uint64_t size, parts::Sink& sink);
// -lzs- and -lz5- (LArc): LZ77 without codes, windows of 2 and 4 KiB.
void DecodeLzs(base::Bytes packed, std::uint64_t size, parts::Sink& sink);
void DecodeLz5(base::Bytes packed, std::uint64_t size, parts::Sink& sink);

}  // namespace day::unpack::lha
