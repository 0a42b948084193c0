// YARA's `dotnet` module: .NET assemblies.
//
// Fields and their values are those of YARA 4.5.8; docs/formats/dotnet.md lists the tolerances that
// rules can observe. All reading is lazy, by formats::dotnet::DotnetReader.
#pragma once

#include <memory>

#include "libs/rules/module/module.h"

namespace day::rules::modules::dotnet {

std::unique_ptr<module::Module> CreateDotnetModule();

}  // namespace day::rules::modules::dotnet
