// The module `math` (YARA 4.5.8, docs/modules/math.rst): statistics of a range of the file or of a
// string, and small arithmetic. What a range's bytes give is kept for the file, for the last
// kMathRangesMax ranges asked about.
#pragma once

#include <cstddef>
#include <memory>

#include "libs/rules/module/module.h"

namespace day::rules::modules::basic {

inline constexpr std::size_t kMathRangesMax = 64;

std::unique_ptr<module::Module> CreateMathModule();

}  // namespace day::rules::modules::basic
