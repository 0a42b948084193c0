// Comparing two bundles by running `daylight rules diff`, which parses rules in its sandbox.
//
// Thread safety: free functions.
#pragma once

#include <string>

#include "libs/base/result.h"
#include "libs/update/blindness.h"

namespace day::network::core {

// What the newer bundle no longer sees. `program`: `daylight`. `scratch` is a folder to work in; it
// is emptied and removed. Errors: kMalformed if a bundle does not compile; as os::RunProgram().
base::Result<update::Blindness> CompareBundles(const std::string& program,
                                               const update::Bundle& older,
                                               const update::Bundle& newer,
                                               const std::string& scratch);

}  // namespace day::network::core
