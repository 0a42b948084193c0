// Whether entries of a zip file lie in each other, as those of bombs do that give the same bytes
// many times.
#pragma once

#include "libs/base/bytes.h"

namespace day::unpack::zip {

// So many pairs may overlap: writers repeat entries, and count a few bytes wrongly.
inline constexpr std::size_t kOverlapsMax = 5;

// As ClamAV counts: the listed entries in the order of their local headers, each with the one
// before; more than two bytes in common; the one that makes them more than kOverlapsMax is not just
// the same entry again. Linear in the entries but for sorting; 24 bytes each. Thread-safe.
bool HasOverlappingEntries(base::Bytes file);

}  // namespace day::unpack::zip
