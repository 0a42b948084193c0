// Whether an ELF file is broken in the sense of ClamAV's Heuristics.Broken.Executable (1.4.6): it
// has a header, and the tables that it announces are not there, or its entry point is in none of
// its segments. Pure functions.
#pragma once

#include "libs/base/bytes.h"

namespace day::formats::elf {

// False also for what has no whole ELF header.
bool IsBroken(base::Bytes file);

}  // namespace day::formats::elf
