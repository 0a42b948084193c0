// The module `hash`: md5, sha1, sha256, checksum32 and crc32 of a range of the file or of a string
// (YARA 4.5.8, docs/modules/hash.rst). Ranges are cut at the end of the file; one that starts at or
// after it, or is negative, is undefined. Digests of ranges are kept for the file, at most
// kHashCacheEntriesMax of them; others are computed again.
#pragma once

#include <cstddef>
#include <memory>

#include "libs/rules/module/module.h"

namespace day::rules::modules::basic {

inline constexpr std::size_t kHashCacheEntriesMax = 16384;

std::unique_ptr<module::Module> CreateHashModule();

}  // namespace day::rules::modules::basic
