// Where the files of an ISO 9660 image lie, to know them again in the UDF side of the same image.
// Only for the files of this folder. Thread safety: safe.
#pragma once

#include <cstdint>
#include <map>

#include "libs/base/budget.h"
#include "libs/base/bytes.h"

namespace day::unpack::udf {

// Offset in the image -> size in bytes, of the files that every folder tree of the image (plain and
// Joliet) has with that size: whichever tree a reader chooses, it sees them. Files in several
// pieces are left out. Ends early, with fewer files, when the steps of the budget end.
std::map<std::uint64_t, std::uint64_t> FilesOfEveryIsoTree(base::Bytes image, base::Budget& budget);

}  // namespace day::unpack::udf
