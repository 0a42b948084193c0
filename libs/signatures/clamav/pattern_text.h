// Reading the hexadecimal strings and offsets of body signatures.
//
// Errors: kMalformed with the reason in words; `offset` is the place in the text where it is known.
// Limits: kPatternTextBytesMax, kNestingMax levels of alternatives. Pure functions.
#pragma once

#include <string_view>
#include <vector>

#include "libs/base/result.h"
#include "libs/signatures/clamav/signature.h"

namespace day::signatures::clamav {

inline constexpr std::size_t kPatternTextBytesMax = 32 * 1024;
inline constexpr std::size_t kNestingMax = 15;
inline constexpr std::uint32_t kFarDistanceMax = 32;
// Gaps {n} below this are that many wildcards inside one part.
inline constexpr std::uint32_t kExactGapMax = 128;

// What stands behind "::" of a subsignature.
struct PatternOptions {
  bool ignore_case = false;
  bool wide = false;
  bool ascii = false;
  bool full_word = false;
};

// The parts of one hexadecimal string; `wide` (and not `ascii`) puts a zero behind each byte.
base::Result<std::vector<Part>> ParseHex(std::string_view text, const PatternOptions& options);

// Errors: also offsets into programs for targets other than PE, ELF and Mach-O.
base::Result<Offset> ParseOffset(std::string_view text, std::uint8_t target);

// The largest number of bytes that a match of these elements takes, and the smallest.
Range LengthOf(const std::vector<Element>& elements);

}  // namespace day::signatures::clamav
