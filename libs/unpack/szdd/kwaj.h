// The compressions that only KWAJ has: Jeff Johnson's LZ with Huffman codes (method 3), and MSZIP
// (method 4), deflate in blocks of 32 KiB that share one window. Specification: libmspack's
// description of SZDD and KWAJ. Linear in input and output. Thread-safe.
#pragma once

#include <string>

#include "libs/unpack/parts/sink.h"

namespace day::unpack::szdd {

// Until the input ends; the bits that fill its last byte are no symbol.
void DecodeJohnson(base::Bytes packed, parts::Sink& sink);

// Appends to `buffer` until the blocks end. Returns the gap, or nothing.
std::string DecodeMszip(base::Bytes packed, base::Budget& budget, inflate::OutputBuffer& buffer);

}  // namespace day::unpack::szdd
