// The external variables that the engine sets for every object (filename, filepath, ...): rules
// that are compiled for scans are compiled with them.
#pragma once

#include <vector>

#include "libs/workerproto/messages.h"

namespace day::endpoint::scan {

std::vector<workerproto::External> StandardExternals();

}  // namespace day::endpoint::scan
