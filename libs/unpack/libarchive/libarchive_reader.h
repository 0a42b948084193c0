// Archives that libarchive decodes: 7z, ISO 9660 (Rock Ridge, Joliet).
//
// libarchive reads from memory, by one format at a time, and writes nothing: only data blocks are
// asked for, never extraction to disk. Encrypted entries and unknown methods are gaps. 7z archives
// are solid, so what follows an entry can be had only by decoding it: an entry that reaches a limit
// ends the archive, and problem() names the limit. libarchive's memory is bounded by the worker's
// limit; running out of it is "limit memory_bytes_max". Not thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "libs/unpack/parts/archive.h"

namespace day::unpack::libarchive {

enum class Format : std::uint8_t { k7z, kIso9660 };

// What the magic numbers say.
std::optional<Format> FormatOf(base::Bytes file);

// `file` must outlive the reader. A file that cannot be opened gives nothing, and problem() says
// why.
std::unique_ptr<parts::Archive> Open(Format format, base::Bytes file);

}  // namespace day::unpack::libarchive
