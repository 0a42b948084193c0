// TLSH, the locality-sensitive hash of Trend Micro (J. Oliver, C. Cheng, Y. Chen: "TLSH - a
// locality sensitive hash", 2013), with 128 buckets, a window of 5 bytes and a checksum of one
// byte: what telfhash is made of. Thread safety: pure function.
#pragma once

#include <cstddef>
#include <string>

#include "libs/base/bytes.h"

namespace day::rules::modules::elf {

// Shorter inputs have no hash.
inline constexpr std::size_t kTlshInputMin = 50;

// "T1" and 70 upper-case hexadecimal digits, or an empty text if `data` is too short or too uniform
// to have a hash.
std::string Tlsh(base::Bytes data);

}  // namespace day::rules::modules::elf
