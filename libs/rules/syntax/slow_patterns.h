// Internal: what YARA's warnings about slow strings and its fixed offsets depend on.
#pragma once

#include "libs/match/pattern.h"

namespace day::rules::syntax {

// "may slow down scanning": YARA's heuristic finds no atom of enough quality.
bool MaySlowDownScanning(const match::PatternSpec& pattern);

// `.*`, `.+` or `.{x,}` at the top level of an expression.
bool HasUnboundedDot(const match::RegexTree& tree);

// Whether YARA can pin the string to one offset (`$a at 0`): the whole of it, or everything before
// its first long jump, is plain bytes.
bool HasFixedLiteralHead(const match::PatternSpec& pattern);

}  // namespace day::rules::syntax
