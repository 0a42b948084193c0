// `daylight fingerprint`: the hashes that signatures are made of. The bytes are only counted and
// summed up, never parsed, so this needs no worker.
#pragma once

#include "endpoint/cli/cli.h"

namespace day::endpoint::cli {

int RunFingerprint(const Arguments& arguments);

}  // namespace day::endpoint::cli
