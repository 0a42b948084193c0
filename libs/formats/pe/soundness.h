// Whether a PE file is broken in the sense of ClamAV's Heuristics.Broken.Executable (1.4.6): it
// starts like one, and its headers, sections or entry point cannot be what a loader needs. Stricter
// than PeReader, which takes whatever YARA takes. Pure functions.
#pragma once

#include "libs/base/bytes.h"

namespace day::formats::pe {

// False also for what is no PE file at all (a DOS program, another format).
bool IsBroken(base::Bytes file);

}  // namespace day::formats::pe
