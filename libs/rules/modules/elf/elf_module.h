// The module `elf` (YARA 4.5.8, docs/modules/elf.rst), over formats::elf::ElfReader. Every value
// and every undefined is YARA's; constants are those of its elf.h. Symbols, sections and segments
// are read from the file when asked; nothing is copied.
#pragma once

#include <memory>

#include "libs/rules/module/module.h"

namespace day::rules::modules::elf {

std::unique_ptr<module::Module> CreateElfModule();

}  // namespace day::rules::modules::elf
