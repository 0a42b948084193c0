// The module `console` (YARA 4.5.8, docs/modules/console.rst): log() and hex(). Each call hands one
// line, without its end, to ScanInput::console and gives 1. Bytes of a logged string that are not
// printable ASCII are written as \xNN.
#pragma once

#include <memory>

#include "libs/rules/module/module.h"

namespace day::rules::modules::basic {

std::unique_ptr<module::Module> CreateConsoleModule();

}  // namespace day::rules::modules::basic
