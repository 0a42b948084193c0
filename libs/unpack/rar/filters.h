// What RAR does to data so that it packs better, undone: code that calls, sound, pictures, tables.
// RAR 3 and 4 put programs for that into archives. Writers only ever wrote a handful of them, and
// these are recognised; there is no machine for others. RAR 5 has numbers. Pure functions.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "libs/base/bytes.h"

namespace day::unpack::rar {

enum class Filter : std::uint8_t { kE8, kE8E9, kItanium, kDelta, kRgb, kAudio, kArm };

// How many bytes a filter of RAR 3 and 4 works on at most.
inline constexpr std::uint32_t kFilterBytesMax = 0x3C000;

// Which filter a program is, by its length and checksum.
std::optional<Filter> RecogniseFilter(base::Bytes program);

struct FilterSettings {
  Filter kind = Filter::kE8;
  std::array<std::uint32_t, 7> registers{};
  std::uint32_t file_offset = 0;  // of the block
  bool offsets_wrap = false;      // RAR 5: calls are counted modulo 16 MiB
};

// Undoes the filter in `block`. False if the settings make no sense; then nothing changed.
bool ApplyFilter(const FilterSettings& settings, std::span<std::uint8_t> block);

}  // namespace day::unpack::rar
