// Whether partitions of a disk lie in each other, by the tables themselves: what is outside of the
// image counts too where ClamAV counts it.
#pragma once

#include <cstdint>

#include "libs/base/bytes.h"

namespace day::unpack::disk {

enum class Table : std::uint8_t { kNone, kMbr, kGpt, kApple };

// The first table that has two partitions with a sector in common, or with the same start. Extended
// partitions of an MBR count as a whole, and each chain in them for itself. At most
// kCrossingPartitionsMax of a table are looked at. Thread-safe.
inline constexpr std::uint64_t kCrossingPartitionsMax = 50;
Table CrossingTable(base::Bytes image);

}  // namespace day::unpack::disk
