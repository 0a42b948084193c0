// The module `string` (YARA 4.5.8, docs/modules/string.rst): to_int and length.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "libs/rules/module/module.h"

namespace day::rules::modules::basic {

// The number that `text` spells, by the rules of C's strtoll(): leading white space, a sign, 0x and
// 0 prefixes if base is 0 (0x also if it is 16). Nothing unless the whole text (up to its first
// zero byte) is that number and it fits. REQUIRES: base is 0 or 2..36.
std::optional<std::int64_t> ParseInteger(std::string_view text, int base);

std::unique_ptr<module::Module> CreateStringModule();

}  // namespace day::rules::modules::basic
