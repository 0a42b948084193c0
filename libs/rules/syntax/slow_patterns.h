// Internal: what YARA's warnings about slow strings and its fixed offsets depend on.
//
// YARA searches each string by one atom (up to 4 bytes) or a few, chosen by a measure of how
// distinctive they are; where the worst atom chosen is below a threshold it warns. This recomputes
// that choice.
#pragma once

#include "libs/match/pattern.h"

namespace day::rules::syntax {

// "may slow down scanning": YARA's heuristic finds no atom of enough quality.
bool MaySlowDownScanning(const match::PatternSpec& pattern);

// Whether YARA can pin the string to one offset (`$a at 0`): the whole of it, or everything before
// its first long jump, is plain bytes.
bool HasFixedLiteralHead(const match::PatternSpec& pattern);

}  // namespace day::rules::syntax
