// Where the offset of a pattern lets a match start. Pure functions.
#pragma once

#include <cstdint>
#include <optional>

#include "libs/signatures/clamav/matcher.h"
#include "libs/signatures/clamav/signature.h"

namespace day::signatures::clamav {

// The starts from first to last, both included; nothing: no match can be. For VI the starts are
// among ProgramFacts::version_strings.
struct Place {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
};
// `is_program_target`: offsets of a signature for PE, ELF or Mach-O never hold if the headers
// cannot be read, even those from the end.
std::optional<Place> PlaceOf(const Offset& offset, std::uint64_t size_bytes,
                             const ProgramFacts& program, bool is_program_target);

}  // namespace day::signatures::clamav
