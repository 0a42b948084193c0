// Where the data begins that somebody put behind a program: what no table of the program's own
// speaks of. ELF (System V ABI, chapters 4 and 5), Mach-O (<mach-o/loader.h>, <mach-o/fat.h>) and
// DEX (Dalvik executable format, header_item). PE files have their own (formats/pe/pe_reader.h).
//
// A section or segment that does not lie in the file says nothing about where the program ends, so
// that one lying entry does not hide what is behind the others. Pure function; looks at the tables
// alone: at most 65,535 entries each, kSlicesMax slices.
#pragma once

#include <cstdint>
#include <optional>

#include "libs/base/bytes.h"

namespace day::unpack::overlay {

inline constexpr std::uint64_t kSlicesMax = 64;

// Nothing if the file ends where the program does, is none of the three, or does not say.
std::optional<std::uint64_t> OverlayOffset(base::Bytes file);

}  // namespace day::unpack::overlay
