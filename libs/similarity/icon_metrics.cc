#include "libs/similarity/icon_metrics.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <vector>

namespace day::similarity {
namespace {

// What colour has at least, of 255.
constexpr std::uint32_t kSaturationMin = 85;
constexpr std::uint32_t kValueMin = 85;
constexpr std::uint32_t kColoredPercentMin = 5;

using Sums = std::vector<std::uint32_t>;

struct Color {
  explicit Color(std::uint32_t pixel)
      : red(pixel >> 16 & 0xFF), green(pixel >> 8 & 0xFF), blue(pixel & 0xFF) {
    value = std::max({red, green, blue});
    range = value - std::min({red, green, blue});
    saturation = range == 0 ? 0 : 255 * range / value;
  }
  std::uint32_t red, green, blue;
  std::uint32_t value, range, saturation;
};

std::uint32_t Distance(std::uint32_t a, std::uint32_t b) { return a > b ? a - b : b - a; }

// A constant of single precision: so are ClamAV's, and averages are to be the same.
constexpr double Single(float value) { return static_cast<double>(value); }

// The light of one primary, 0 to 100 (sRGB, IEC 61966-2-1).
double LinearOf(std::uint32_t level) {
  const double share = static_cast<double>(level) / 255;
  return 100 * (share > Single(0.04045F)
                    ? std::pow((share + Single(0.055F)) / Single(1.055F), Single(2.4F))
                    : share / Single(12.92F));
}

// The root of L*a*b*, straight near zero (CIE 15).
double LabRoot(double value) {
  return value > Single(0.008856F) ? std::pow(value, Single(1.0F / 3.0F))
                                   : Single(7.787F) * value + Single(16.0F / 116.0F);
}

// How far a pixel is from middle grey in L*a*b*, under the light D65.
double FromGrey(std::uint32_t pixel) {
  constexpr double kGreyL = 53.192777691077211;
  constexpr double kGreyA = 0.0031420942181448197;
  constexpr double kGreyB = -0.0062075877844014471;
  const Color color(pixel);
  const double red = LinearOf(color.red);
  const double green = LinearOf(color.green);
  const double blue = LinearOf(color.blue);
  const double x = LabRoot(
      (red * Single(0.4124F) + green * Single(0.3576F) + blue * Single(0.1805F)) / Single(95.047F));
  const double y =
      LabRoot((red * Single(0.2126F) + green * Single(0.7152F) + blue * Single(0.0722F)) / 100);
  const double z =
      LabRoot((red * Single(0.0193F) + green * Single(0.1192F) + blue * Single(0.9505F)) /
              Single(108.883F));
  const double l = kGreyL - (116 * y - 16);
  const double a = kGreyA - 500 * (x - y);
  const double b = kGreyB - 200 * (y - z);
  return std::sqrt(l * l + a * a + b * b);
}

class Measurer {
 public:
  Measurer(std::uint32_t side, std::span<const std::uint32_t> pixels)
      : side_(side), window_(side / 4), pixels_(pixels) {}

  IconMetrics Measure() {
    IconMetrics out;
    out.side = side_;
    Sums color(pixels_.size());
    Sums light(pixels_.size());
    MeasureColors(color, light, out);
    color = WindowSums(color);
    light = WindowSums(light);
    const Sums edges = WindowSums(Edges());
    const bool is_colored = out.colored != 0;
    const std::vector<IconWindow> most = Pick(edges, is_colored ? 3 : 6, true);
    const std::vector<IconWindow> least = Pick(edges, is_colored ? 3 : 6, false);
    out.edge = Three(most, 0);
    out.plain = Three(least, 0);
    out.bright = Three(Pick(light, 3, true), 0);
    out.dark = Three(Pick(light, 3, false), 0);
    if (is_colored) {
      out.color = Three(Pick(color, 3, true), 0);
      out.gray = Three(Pick(color, 3, false), 0);
    } else {
      out.color = Three(most, 3);
      out.gray = Three(least, 3);
      for (std::size_t i = 0; i < 3; ++i) {  // ClamAV puts the averages to the edges' places
        out.gray[i].x = out.color[i].x;
        out.gray[i].y = out.color[i].y;
      }
    }
    return out;
  }

 private:
  std::size_t At(std::uint32_t x, std::uint32_t y) const { return std::size_t{y} * side_ + x; }

  void MeasureColors(Sums& color, Sums& light, IconMetrics& out) const {
    std::uint32_t count = 0;
    for (std::size_t i = 0; i < pixels_.size(); ++i) {
      const Color one(pixels_[i]);
      color[i] = static_cast<std::uint32_t>(
          std::sqrt(static_cast<double>(one.saturation * one.saturation * one.value)));
      light[i] = one.value;
      if (one.saturation > kSaturationMin && one.value > kValueMin) {
        ++count;
        out.red += 100 - 100 * Distance(one.green, one.blue) / one.range;
        out.green += 100 - 100 * Distance(one.red, one.blue) / one.range;
        out.blue += 100 - 100 * Distance(one.red, one.green) / one.range;
      }
    }
    const std::uint32_t percent = count * 100 / side_ / side_;
    out.colored = percent > kColoredPercentMin ? percent : 0;
    out.red = out.colored != 0 ? out.red / count : 0;
    out.green = out.colored != 0 ? out.green / count : 0;
    out.blue = out.colored != 0 ? out.blue / count : 0;
  }

  // Of each window that may be picked, by its upper left corner.
  Sums WindowSums(const Sums& values) const {
    Sums sums(values.size());
    for (std::uint32_t y = 0; y + window_ < side_; ++y) {
      for (std::uint32_t x = 0; x + 1 + window_ < side_; ++x) {
        for (std::uint32_t row = y; row < y + window_; ++row) {
          for (std::uint32_t column = x; column < x + window_; ++column) {
            sums[At(x, y)] += values[At(column, row)];
          }
        }
      }
    }
    return sums;
  }

  bool Touch(const IconWindow& window, std::uint32_t x, std::uint32_t y) const {
    return Distance(window.x, x) < window_ && Distance(window.y, y) < window_;
  }

  std::vector<IconWindow> Pick(const Sums& sums, std::size_t count, bool most) const {
    std::vector<IconWindow> picked;
    while (picked.size() < count) {
      IconWindow best{most ? 0 : ~0u, 0, 0};
      for (std::uint32_t y = 0; y + window_ < side_; ++y) {
        for (std::uint32_t x = 0; x + 1 + window_ < side_; ++x) {
          const std::uint32_t sum = sums[At(x, y)];
          const bool is_better = most ? sum > best.average : sum < best.average;
          if (is_better && std::none_of(picked.begin(), picked.end(),
                                        [&](const IconWindow& one) { return Touch(one, x, y); })) {
            best = {sum, x, y};
          }
        }
      }
      picked.push_back(best);
    }
    for (IconWindow& one : picked) {
      one.average /= window_ * window_;
    }
    return picked;
  }

  static IconWindows Three(const std::vector<IconWindow>& windows, std::size_t from) {
    return {windows[from], windows[from + 1], windows[from + 2]};
  }

  // How much of an edge each pixel is, 0 to 255; none at the border.
  Sums Edges() const {
    std::vector<double> grey(pixels_.size());
    std::transform(pixels_.begin(), pixels_.end(), grey.begin(), FromGrey);
    Sums edges(pixels_.size());
    std::uint32_t most = 0;
    ForInner([&](std::uint32_t x, std::uint32_t y) {
      const auto at = [&](std::uint32_t column, std::uint32_t row) {
        return grey[At(column, row)];
      };
      const double across = at(x - 1, y - 1) + 2 * at(x - 1, y) + at(x - 1, y + 1) -
                            at(x + 1, y - 1) - 2 * at(x + 1, y) - at(x + 1, y + 1);
      const double down = at(x - 1, y - 1) + 2 * at(x, y - 1) + at(x + 1, y - 1) -
                          at(x - 1, y + 1) - 2 * at(x, y + 1) - at(x + 1, y + 1);
      edges[At(x, y)] = static_cast<std::uint32_t>(std::sqrt(across * across + down * down));
      most = std::max(most, edges[At(x, y)]);
    });
    ForInner([&](std::uint32_t x, std::uint32_t y) {
      // Without any edge ClamAV goes on with the blue.
      std::uint32_t& edge = edges[At(x, y)];
      edge = most != 0 ? edge * 255 / most : pixels_[At(x, y)] & 0xFF;
    });
    return Blurred(edges);
  }

  // With weights 1, 2, 1: across, then down, where the row above is blurred already.
  Sums Blurred(const Sums& edges) const {
    Sums across(edges.size());
    ForInner([&](std::uint32_t x, std::uint32_t y) {
      across[At(x, y)] = (edges[At(x - 1, y)] + 2 * edges[At(x, y)] + edges[At(x + 1, y)]) / 4;
    });
    ForInner([&](std::uint32_t x, std::uint32_t y) {
      across[At(x, y)] = (across[At(x, y - 1)] + 2 * across[At(x, y)] + across[At(x, y + 1)]) / 4;
    });
    return across;
  }

  template <typename Visit>
  void ForInner(const Visit& visit) const {
    for (std::uint32_t y = 1; y + 1 < side_; ++y) {
      for (std::uint32_t x = 1; x + 1 < side_; ++x) {
        visit(x, y);
      }
    }
  }

  std::uint32_t side_;
  std::uint32_t window_;
  std::span<const std::uint32_t> pixels_;
};

// How well the first windows have a like among the others, in percent. `scale`: the largest
// average.
std::uint32_t Likeness(std::uint32_t side, std::span<const IconWindow> ours,
                       std::span<const IconWindow> theirs, std::uint32_t scale) {
  const std::uint32_t reach = side / 4 * 3 / 4;
  std::uint32_t sum = 0;
  for (const IconWindow& one : ours) {
    std::uint32_t best = 0;
    for (const IconWindow& other : theirs) {
      const double x = Distance(one.x, other.x);
      const double y = Distance(one.y, other.y);
      const auto away = static_cast<std::uint32_t>(std::sqrt(x * x + y * y));
      if (away <= reach && Distance(one.average, other.average) <= scale / 5) {
        best = std::max(best, 100 - away * 60 / reach);
      }
    }
    sum += best;
  }
  return sum / static_cast<std::uint32_t>(ours.size());
}

std::uint32_t Likeness(std::uint32_t side, const IconWindows& a, const IconWindows& b,
                       std::uint32_t scale) {
  return Likeness(side, std::span(a), std::span(b), scale);
}

// Six windows of each.
std::uint32_t LikenessOfBoth(std::uint32_t side, const IconWindows& a, const IconWindows& more_a,
                             const IconWindows& b, const IconWindows& more_b) {
  std::array<IconWindow, 6> ours;
  std::array<IconWindow, 6> theirs;
  std::copy(a.begin(), a.end(), ours.begin());
  std::copy(more_a.begin(), more_a.end(), ours.begin() + 3);
  std::copy(b.begin(), b.end(), theirs.begin());
  std::copy(more_b.begin(), more_b.end(), theirs.begin() + 3);
  return Likeness(side, std::span(ours), std::span(theirs), 255);
}

// Percents that are ten apart have nothing in common.
std::uint32_t LikenessOfPercent(std::uint32_t a, std::uint32_t b) {
  const std::uint32_t difference = Distance(a, b) * 10;
  return difference < 100 ? 100 - difference : 0;
}

std::uint32_t SizeClass(std::uint32_t side) { return side / 8; }

}  // namespace

IconMetrics MeasureIcon(std::uint32_t side, std::span<const std::uint32_t> pixels) {
  return Measurer(side, pixels).Measure();
}

bool IconsAreAlike(const IconMetrics& icon, const IconMetrics& wanted) {
  constexpr std::uint32_t kLightMax = 255;
  constexpr std::uint32_t kColorMax = 4072;
  if (SizeClass(icon.side) != SizeClass(wanted.side)) {
    return false;
  }
  const std::uint32_t side = icon.side;
  const std::uint32_t bright = Likeness(side, icon.bright, wanted.bright, kLightMax);
  const std::uint32_t dark = Likeness(side, icon.dark, wanted.dark, kLightMax);
  if (icon.colored == 0 && wanted.colored == 0) {
    const std::uint32_t edge =
        LikenessOfBoth(side, icon.edge, icon.color, wanted.edge, wanted.color);
    const std::uint32_t plain =
        LikenessOfBoth(side, icon.plain, icon.gray, wanted.plain, wanted.gray);
    return (bright + dark + edge * 2 + plain) / 6 >= 70;
  }
  const std::uint32_t edge = Likeness(side, icon.edge, wanted.edge, kLightMax);
  const std::uint32_t plain = Likeness(side, icon.plain, wanted.plain, kLightMax);
  const bool both = icon.colored != 0 && wanted.colored != 0;
  const std::uint32_t color = both ? Likeness(side, icon.color, wanted.color, kColorMax) : 0;
  const std::uint32_t gray = both ? Likeness(side, icon.gray, wanted.gray, kColorMax) : 0;
  const std::uint32_t spread =
      (LikenessOfPercent(icon.red, wanted.red) + LikenessOfPercent(icon.green, wanted.green) +
       LikenessOfPercent(icon.blue, wanted.blue) +
       LikenessOfPercent(icon.colored, wanted.colored)) /
      4;
  // Small icons have to be more alike.
  const std::uint32_t needed = 64 + 4 * (4 - SizeClass(side));
  return (color + (gray + bright + plain) * 2 / 3 + dark + edge + spread) / 6 >= needed;
}

}  // namespace day::similarity
