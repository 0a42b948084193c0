// What a small icon looks like, in the numbers that ClamAV compares icons by.
//
// A window of a quarter of the icon's side is moved over it. Kept are the three windows, none
// touching another, with the most and the least colour, light and edges: where they are and the
// average in them; and how much of the icon is coloured, and how that colour leans to red, green
// and blue. An icon without colour has six windows of edges instead. Edges are those of a Sobel
// filter over the distance from middle grey in CIE L*a*b*, blurred. Pure functions; thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <span>

namespace day::similarity {

struct IconWindow {
  std::uint32_t average = 0;
  std::uint32_t x = 0;
  std::uint32_t y = 0;
};
using IconWindows = std::array<IconWindow, 3>;

struct IconMetrics {
  std::uint32_t side = 0;
  IconWindows color;  // of icons without colour: further edges
  IconWindows gray;   // likewise: further windows without edges
  IconWindows bright;
  IconWindows dark;
  IconWindows edge;
  IconWindows plain;
  std::uint32_t red = 0;  // percent
  std::uint32_t green = 0;
  std::uint32_t blue = 0;
  std::uint32_t colored = 0;  // percent of the icon; 0: none worth the name
};

inline constexpr std::uint32_t kIconSideMin = 16;
inline constexpr std::uint32_t kIconSideMax = 32;

// `pixels`: 0xRRGGBB, row by row from the top. REQUIRES: kIconSideMin <= side <= kIconSideMax and
// pixels.size() == side * side.
IconMetrics MeasureIcon(std::uint32_t side, std::span<const std::uint32_t> pixels);

// Whether ClamAV takes the icon for the wanted one: the three sizes are 16, 24 and 32, and icons
// are compared with those of the size below theirs.
bool IconsAreAlike(const IconMetrics& icon, const IconMetrics& wanted);

}  // namespace day::similarity
