// `daylight rules`: check, format, explain, cost and diff. Rules and files are read by a sandboxed
// worker (worker/tools); this side opens files, prints, and writes what was asked for.
#pragma once

#include <string_view>

#include "endpoint/cli/cli.h"

namespace day::endpoint::cli {

// Exit code 0: fine; 1: something to look at (advice, a difference, no match, over budget); 2:
// errors in rules or arguments, or a failure.
int RunRules(const Arguments& arguments);

std::string_view RulesHelp();

}  // namespace day::endpoint::cli
