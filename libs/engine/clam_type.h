// ClamAV's names for our types of files. Pure functions.
#pragma once

#include "libs/engine/descend/identify.h"
#include "libs/signatures/clamav/file_types.h"

namespace day::engine {

// CL_TYPE_BINARY_DATA for what ClamAV has no name of its own for.
signatures::clamav::ClamType ClamTypeOf(FileType type);

}  // namespace day::engine
