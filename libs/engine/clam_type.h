// ClamAV's names for our types of files. Pure functions.
#pragma once

#include <optional>

#include "libs/engine/descend/identify.h"
#include "libs/signatures/clamav/file_types.h"

namespace day::engine {

// CL_TYPE_BINARY_DATA for what ClamAV has no name of its own for.
signatures::clamav::ClamType ClamTypeOf(FileType type);
// What such a file is to be opened as; nothing for types that we have no decoder or rule for.
std::optional<FileType> FileTypeOf(signatures::clamav::ClamType type);

}  // namespace day::engine
