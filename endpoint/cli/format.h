// Numbers, sizes and times for people, and writing to the two standard streams.
//
// Thread safety: safe; lines of one call stay together.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace day::endpoint::cli {

std::string FormatCount(std::uint64_t count);                           // "1,234,567"
std::string FormatBytes(std::uint64_t size_bytes);                      // "1.2 GiB"
std::string FormatDuration(std::int64_t nanoseconds);                   // "3.42 s", "2 min 05 s"
std::string FormatRate(std::uint64_t bytes, std::int64_t nanoseconds);  // "350 MB/s"

// "64", "64K", "1.5G", "2GiB", case ignored; powers of 1024. Nothing if it is no size.
std::optional<std::uint64_t> ParseSize(std::string_view text);

void PrintText(std::string_view text);   // standard output
void PrintError(std::string_view text);  // "daylight: TEXT" on standard error

}  // namespace day::endpoint::cli
