// The `entrypoint` keyword: the file offset of the entry point of a PE or ELF file.
//
// Deprecated in YARA but kept. The answer is libyara's (exefiles.c of 4.5.8), which maps addresses
// by simpler rules than its pe and elf modules. Hostile files give some number or nothing; no
// failure.
#pragma once

#include <cstdint>
#include <optional>

#include "libs/base/bytes.h"

namespace day::rules::scan {

std::optional<std::uint64_t> EntryPointOffset(base::Bytes file);

}  // namespace day::rules::scan
