// YARA's `dex` module: Android DEX files.
//
// Fields, functions and their values are those of YARA 4.5.8; docs/formats/dex.md lists the
// tolerances that rules can observe. All reading is lazy, by formats::dex::DexReader.
#pragma once

#include <memory>

#include "libs/rules/module/module.h"

namespace day::rules::modules::dex {

std::unique_ptr<module::Module> CreateDexModule();

}  // namespace day::rules::modules::dex
