// The programs that RAR 3 and 4 put into archives to undo what made data pack better: code that
// calls, sound, pictures, tables. Writers only ever wrote a handful of them, and these are
// recognised; there is no machine for others. Pure functions.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "libs/base/bytes.h"

namespace day::unpack::rar {

enum class Filter : std::uint8_t { kE8, kE8E9, kItanium, kDelta, kRgb, kAudio };

// How many bytes a filter works on at most.
inline constexpr std::uint32_t kFilterBytesMax = 0x3C000;

// Which filter a program is, by its length and checksum.
std::optional<Filter> RecogniseFilter(base::Bytes program);

struct FilterSettings {
  Filter kind = Filter::kE8;
  std::array<std::uint32_t, 7> registers{};
  std::uint32_t file_offset = 0;  // of the block
};

// Undoes the filter in `block`. False if the settings make no sense; then nothing changed.
bool ApplyFilter(const FilterSettings& settings, std::span<std::uint8_t> block);

}  // namespace day::unpack::rar
