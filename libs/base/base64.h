// Base64 as in RFC 4648, section 4: standard alphabet, padding required.
//
// Decoding is strict: one text for each sequence of bytes and no other (no white space, no missing
// padding, bits that padding leaves over are zero). So whoever signs or hashes bytes cannot be
// shown the same bytes spelled in another way. Thread safety: safe.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "libs/base/bytes.h"

namespace day::base {

std::string EncodeBase64(Bytes bytes);
// The bytes that `text` spells, or nothing if it is not their one spelling.
std::optional<std::string> DecodeBase64(std::string_view text);

// Characters of the encoding of size_bytes bytes.
constexpr std::size_t Base64Size(std::size_t size_bytes) { return (size_bytes + 2) / 3 * 4; }

}  // namespace day::base
