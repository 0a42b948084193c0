// A pattern of ClamAV's as a PCRE2 expression, for the few that are looked for in a kilobyte at a
// time. Pure functions. Private to this folder.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "libs/signatures/clamav/signature.h"

namespace day::signatures::filetypes {

// Nothing if the pattern has tests of what stands around or between its bytes.
std::optional<std::string> ExpressionOf(const std::vector<clamav::Part>& parts);

// The longest run of known bytes outside of choices.
std::string LiteralOf(const std::vector<clamav::Part>& parts);

}  // namespace day::signatures::filetypes
