// Small pieces that the texts of C2SP's log formats share: lines, decimal numbers, hashes.
//
// Strict: each value has one spelling. Thread safety: safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "libs/tlog/merkle.h"

namespace day::tlog {

// An ASCII decimal below 2^63 without leading zeros ("0" is itself), or nothing.
std::optional<std::uint64_t> ParseDecimal(std::string_view text);
// A 32-byte hash in base64, or nothing.
std::optional<Hash> ParseHash(std::string_view text);
std::string HashText(const Hash& hash);
// Takes one line, which must end in a newline, off the front of `text`; nothing if there is none.
std::optional<std::string_view> TakeLine(std::string_view* text);

}  // namespace day::tlog
