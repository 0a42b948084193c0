// The icons of a PE file's first icon group, decoded and brought to one of the small sizes that
// ClamAV compares. Nothing fails: icons that are broken, pictures (PNG), smaller than 16 or larger
// than 256 pixels or far from square are left out, as there. Pure functions.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "libs/formats/pe/pe_reader.h"
#include "libs/formats/pe/resources.h"

namespace day::formats::pe {

inline constexpr std::int32_t kResourceTypeIcon = 3;
inline constexpr std::int32_t kResourceTypeGroupIcon = 14;
inline constexpr std::uint32_t kIconCountMax = 100;  // ClamAV's --max-iconspe

// `side` x `side` pixels, 0xRRGGBB over white, row by row from the top. 16 <= side <= 32.
struct IconImage {
  std::uint32_t side = 0;
  std::vector<std::uint32_t> pixels;
};

// Calls visit(icon) for each, in the order of the group, until it returns false.
void ForEachIcon(const PeReader& pe, const ResourceTable& resources,
                 const std::function<bool(const IconImage&)>& visit);

}  // namespace day::formats::pe
