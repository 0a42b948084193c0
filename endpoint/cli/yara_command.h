// `daylight yara`: the command line, output, messages and exit codes of yara 4.5.8, with the rules
// compiled and the files scanned in sandboxed workers. docs/yara-compatibility.md lists where it
// differs.
#pragma once

#include "endpoint/cli/cli.h"

namespace day::endpoint::cli {

// Exit code 0 if the scan ran, whether rules match or not; 1 on any error.
int RunYara(const Arguments& arguments);

}  // namespace day::endpoint::cli
