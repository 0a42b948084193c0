// Batch files of Windows: carets inside of words, variables that were set to a constant, and
// substrings of them (%name:~3,5%, %name:a=b%).
//
// Lines are taken one after the other, as if each were run once. Limits: kVariablesMax variables of
// kVariableBytesMax each; output of at most kGrowthMax times the text (and kBatchFreeBytes), behind
// which the text stays as it is and `is_cut` is set. Linear. Functions without state: thread-safe.
#pragma once

#include <cstdint>
#include <string_view>

#include "libs/unpack/script/fold.h"

namespace day::unpack::script {

inline constexpr std::size_t kVariablesMax = 10'000;
inline constexpr std::size_t kVariableBytesMax = 8 * 1024;  // a line's length in cmd.exe
inline constexpr std::size_t kGrowthMax = 4;
inline constexpr std::size_t kBatchFreeBytes = 64 * 1024;

// Whether it looks like one.
bool IsBatch(std::string_view text);

Folded UnfoldBatch(std::string_view text);

}  // namespace day::unpack::script
