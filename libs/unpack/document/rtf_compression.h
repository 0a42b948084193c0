// Compressed RTF, as Outlook keeps the body of a message ([MS-OXRTFCP]). Pure function.
#pragma once

#include <cstdint>
#include <string>

#include "libs/base/bytes.h"

namespace day::unpack::document {

// The text, at most size_max bytes of it; what could be decoded if the rest is damaged. Empty if it
// is not compressed RTF.
std::string DecompressRtf(base::Bytes bytes, std::uint64_t size_max);

}  // namespace day::unpack::document
