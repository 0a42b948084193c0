// Cabinets (stored, MSZIP, Quantum, LZX) and compiled help (CHM), decoded by libmspack.
//
// libmspack gets its input, its output and its memory from us: it opens nothing, writes only into
// the Sink, and gets kAllocationBytesMax at a time (in all, its lists grow with the file). Files
// are given in the order of their data, so that a solid folder is decoded once; what has to be
// decoded again because files overlap is paid in steps. A cabinet that is one of a set gives what
// lies in it, and problem() says so. Limits: kFilesMax. Not thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "libs/unpack/parts/archive.h"

namespace day::unpack::mspack {

// What libmspack gets at a time: LZX windows are 2 MiB at most, Quantum's too.
inline constexpr std::uint64_t kAllocationBytesMax = 16ull * 1024 * 1024;
// Files that one archive gives.
inline constexpr std::size_t kFilesMax = 100'000;
// Bytes decoded in vain (to get at a file behind them) a step.
inline constexpr std::uint64_t kSkippedBytesPerStep = 4;

enum class Format : std::uint8_t { kCab, kChm };

// What the magic numbers say.
std::optional<Format> FormatOf(base::Bytes file);

// A file that cannot be opened gives nothing, and problem() says why. `file` must outlive the
// reader.
std::unique_ptr<parts::Archive> Open(Format format, base::Bytes file);

}  // namespace day::unpack::mspack
