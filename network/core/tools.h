// Running our other programs as tools: they are found beside this one.
//
// Thread safety: free functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "libs/base/result.h"
#include "libs/os/process.h"

namespace day::network::core {

constexpr std::uint64_t kToolOutputMaxBytes = 1u << 30;

// Our program of that name beside the running one. Errors: as os::ExecutablePath().
base::Result<std::string> ProgramBeside(std::string_view name);

// Runs a program with a small, fixed environment (no locale, no time zone). Errors: as
// os::RunProgram().
base::Result<os::ProgramOutput> RunTool(const std::vector<std::string>& arguments);

}  // namespace day::network::core
