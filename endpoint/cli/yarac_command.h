// `daylight yarac`: checks rules as yarac 4.5.8 does and writes them to one file for
// `daylight yara -C` (rule_bundle.h).
#pragma once

#include "endpoint/cli/cli.h"

namespace day::endpoint::cli {

// Exit code 0, or 1 on any error.
int RunYarac(const Arguments& arguments);

}  // namespace day::endpoint::cli
