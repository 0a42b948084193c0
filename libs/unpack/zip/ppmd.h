// PPMd in zip (method 98): Shkarin's PPMd variant I, revision 1. APPNOTE 6.3, section 5.10.
//
// libarchive decodes it: the entry is shown to it as the only one of a zip file in memory. Its
// model takes the 1 to 256 MiB that the entry asks for.
#pragma once

#include <cstdint>

#include "libs/unpack/parts/sink.h"

namespace day::unpack::zip {

// Decodes until `size` bytes are out, the data's end mark, its end or that of the sink. What
// libarchive cannot make anything of ends the sink as damaged. Work is linear in input and output.
// Thread-safe.
void DecodePpmd(base::Bytes packed, std::uint64_t size, parts::Sink& sink);

}  // namespace day::unpack::zip
