// Reading one subsignature of a logical signature. Pure functions.
#pragma once

#include <string_view>

#include "libs/base/result.h"
#include "libs/signatures/clamav/signature.h"

namespace day::signatures::clamav {

// Errors: kMalformed; kUnsupported for icons and image hashes.
base::Result<Subsignature> ParseSubsignature(std::string_view text, std::uint8_t target);

}  // namespace day::signatures::clamav
