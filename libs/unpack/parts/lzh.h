// LZ77 with blocks of Huffman codes, as Haruhiko Okumura's ar002 has it: ARJ's methods 1 to 3 and
// LHA's -lh4- to -lh7-. Thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>

#include "libs/unpack/parts/sink.h"

namespace day::unpack::parts {

struct LzhForm {
  std::size_t places;         // symbols of the code of distances: one more than the window's bits
  unsigned place_count_bits;  // in which their count is written
  Sink::Before before;        // what lies in front of the first byte
};

// Decodes until `size` bytes are out; an input that ends first is a gap of the sink.
// REQUIRES: form.places <= 32.
void DecodeLzh(base::Bytes packed, std::uint64_t size, const LzhForm& form, Sink& sink);

}  // namespace day::unpack::parts
