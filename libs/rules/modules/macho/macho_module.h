// The module `macho` (YARA 4.5.8, docs/modules/macho.rst), over formats::macho. Every value and
// every undefined is YARA's, its oddities included: entry_point_for_arch(type) adds the file's
// offset to "undefined" where an architecture has no entry point.
#pragma once

#include <cstdint>
#include <memory>

#include "libs/rules/module/module.h"

namespace day::rules::modules::macho {

// Load commands walked for one file over all its architectures, and parsed architectures kept.
// Beyond the first, an architecture has a header but no segments and no entry point.
inline constexpr std::uint64_t kCommandsWalkedMax = 1u << 24;
inline constexpr std::size_t kImagesKeptMax = 64;

std::unique_ptr<module::Module> CreateMachoModule();

}  // namespace day::rules::modules::macho
