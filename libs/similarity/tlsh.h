// TLSH, the locality-sensitive hash of Trend Micro (J. Oliver, C. Cheng, Y. Chen: "TLSH - a
// locality sensitive hash", 2013), with 128 buckets, a window of 5 bytes and a checksum of one
// byte: of files that are nearly the same, and of telfhash's symbol lists. Thread safety: pure
// functions.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "libs/base/bytes.h"

namespace day::similarity {

// Shorter inputs have no hash.
inline constexpr std::size_t kTlshInputMin = 50;

struct TlshDigest {
  std::uint8_t checksum = 0;
  std::uint8_t length_class = 0;  // logarithmic
  std::uint8_t q1_ratio = 0;      // 4 bits each
  std::uint8_t q2_ratio = 0;
  std::array<std::uint8_t, 32> code{};  // two bits a bucket, in the order of the text

  bool operator==(const TlshDigest&) const = default;
};

// Nothing if `data` is too short or too uniform to have a hash.
std::optional<TlshDigest> TlshOf(base::Bytes data);

// "T1" and 70 upper-case hexadecimal digits.
std::string TlshText(const TlshDigest& digest);

// Reads 70 hexadecimal digits of any case, with "T1" before them or without.
std::optional<TlshDigest> ParseTlsh(std::string_view text);

// 0 for the same; below 30 nearly the same, above 100 hardly related (the paper's figures).
unsigned TlshDistance(const TlshDigest& a, const TlshDigest& b);

}  // namespace day::similarity
