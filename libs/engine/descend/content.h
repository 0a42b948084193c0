// What adapters share: paying for bytes that are only views, and names for contents without one.
// Pure functions but for the budget they spend.
#pragma once

#include <string>
#include <string_view>

#include "libs/base/budget.h"
#include "libs/base/bytes.h"

namespace day::engine {

// The name of what stands behind the end of a format.
inline constexpr std::string_view kTrailingName = "(trailing data)";

// "limit bytes_out_max", as gaps have it.
std::string LimitReason(base::Limit limit);
std::string LimitReason(std::string_view name);

// How much of `size` bytes may be produced; fills in the gap if it is less.
std::uint64_t Affordable(std::uint64_t size, base::Budget& budget, std::string& gap);

// Views into the file are paid for like decoded bytes: they are scanned like them. What may be
// scanned of the view; less than all of it is a gap.
base::Bytes Pay(base::Bytes view, base::Budget& budget, std::string& gap);

// Whether anything but padding is in there.
bool HasOtherThanZeros(base::Bytes bytes);

// "a.exe" of "dir/a.exe"; both kinds of slashes part.
std::string_view BaseName(std::string_view path);

// The name of what a compressed file holds: "x.tar.gz" holds x.tar, and so does "x.tgz".
std::string NameWithoutEnding(std::string_view path);

}  // namespace day::engine
