#include "libs/similarity/image_hash.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <vector>

namespace day::similarity {
namespace {

constexpr std::uint32_t kSide = 32;
constexpr std::size_t kLowest = 8;
constexpr float kLanczosSupport = 3.0f;

float Sinc(float x) {
  const float angle = x * std::numbers::pi_v<float>;
  return x == 0.0f ? 1.0f : std::sin(angle) / angle;
}

float Lanczos3(float x) {
  return std::abs(x) < kLanczosSupport ? Sinc(x) * Sinc(x / kLanczosSupport) : 0.0f;
}

// What each of the 32 new samples takes of the old ones along one side.
struct Window {
  std::uint32_t first = 0;
  std::vector<float> weights;
};

std::array<Window, kSide> WindowsOf(std::uint32_t size) {
  const float ratio = static_cast<float>(size) / static_cast<float>(kSide);
  const float scale = std::max(ratio, 1.0f);
  const float support = kLanczosSupport * scale;
  std::array<Window, kSide> windows;
  for (std::uint32_t out = 0; out < kSide; ++out) {
    const float centre = (static_cast<float>(out) + 0.5f) * ratio;
    const auto last = static_cast<std::int64_t>(size);
    const std::int64_t left = std::clamp<std::int64_t>(
        static_cast<std::int64_t>(std::floor(centre - support)), 0, last - 1);
    const std::int64_t right = std::clamp<std::int64_t>(
        static_cast<std::int64_t>(std::ceil(centre + support)), left + 1, last);
    Window& window = windows[out];
    window.first = static_cast<std::uint32_t>(left);
    float sum = 0.0f;
    for (std::int64_t i = left; i < right; ++i) {
      const float weight = Lanczos3((static_cast<float>(i) - (centre - 0.5f)) / scale);
      window.weights.push_back(weight);
      sum += weight;
    }
    for (float& weight : window.weights) {
      weight /= sum;
    }
  }
  return windows;
}

using Samples = std::array<float, kSide * kSide>;

Samples ScaleDown(std::uint32_t width, std::uint32_t height,
                  const std::vector<std::uint8_t>& grey) {
  const std::array<Window, kSide> rows = WindowsOf(height);
  std::vector<float> narrow(std::size_t{width} * kSide);
  for (std::uint32_t y = 0; y < kSide; ++y) {
    float* const out = &narrow[std::size_t{y} * width];
    for (std::size_t i = 0; i < rows[y].weights.size(); ++i) {
      const float weight = rows[y].weights[i];
      const std::uint8_t* const in = &grey[(rows[y].first + i) * width];
      for (std::uint32_t x = 0; x < width; ++x) {
        out[x] += static_cast<float>(in[x]) * weight;
      }
    }
  }
  const std::array<Window, kSide> columns = WindowsOf(width);
  Samples samples{};
  for (std::uint32_t y = 0; y < kSide; ++y) {
    for (std::uint32_t x = 0; x < kSide; ++x) {
      float sum = 0.0f;
      for (std::size_t i = 0; i < columns[x].weights.size(); ++i) {
        sum += narrow[std::size_t{y} * width + columns[x].first + i] * columns[x].weights[i];
      }
      samples[y * kSide + x] = std::round(std::clamp(sum, 0.0f, 255.0f));
    }
  }
  return samples;
}

// The type-II cosine transform of a power of two of values, by split radix (G. Plonka, M. Tasche,
// 2005). The order of the operations matters: the median is often zero or nearly so, and what
// rounding leaves there must be what it leaves for those who write the signatures.
void Transform(std::span<float> values) {
  const std::size_t size = values.size();
  if (size == 1) {
    return;
  }
  if (size == 2) {
    const float sum = values[0] + values[1];
    values[1] = (values[0] - values[1]) * (std::numbers::sqrt2_v<float> / 2.0f);
    values[0] = sum;
    return;
  }
  const std::size_t half = size / 2;
  const std::size_t quarter = size / 4;
  std::array<float, kSide> parts;
  const std::span<float> even = std::span(parts).first(half);
  const std::span<float> cosines = std::span(parts).subspan(half, quarter);
  const std::span<float> sines = std::span(parts).subspan(half + quarter, quarter);
  for (std::size_t i = 0; i < quarter; ++i) {
    even[i] = values[size - 1 - i] + values[i];
    even[half - 1 - i] = values[half - 1 - i] + values[half + i];
    const float lower = values[i] - values[size - 1 - i];
    const float upper = values[half - 1 - i] - values[half + i];
    const double angle =
        static_cast<double>(2 * i + 1) * std::numbers::pi / static_cast<double>(2 * size);
    const auto cosine = static_cast<float>(std::cos(angle));
    const auto sine = static_cast<float>(std::sin(angle));
    const float rotated = upper * cosine - lower * sine;
    cosines[i] = lower * cosine + upper * sine;
    sines[quarter - 1 - i] = i % 2 == 0 ? rotated : -rotated;
  }
  Transform(even);
  Transform(cosines);
  Transform(sines);
  values[0] = even[0];
  values[1] = cosines[0];
  values[2] = even[1];
  for (std::size_t i = 1; i < quarter; ++i) {
    const float sine = (i + quarter) % 2 == 0 ? -sines[quarter - i] : sines[quarter - i];
    values[4 * i - 1] = cosines[i] + sine;
    values[4 * i] = even[2 * i];
    values[4 * i + 1] = cosines[i] - sine;
    values[4 * i + 2] = even[2 * i + 1];
  }
  values[size - 1] = -sines[0];
}

Samples TransformRows(Samples samples) {
  for (std::size_t row = 0; row < kSide; ++row) {
    Transform(std::span(samples).subspan(row * kSide, kSide));
  }
  return samples;
}

Samples Transposed(const Samples& in) {
  Samples out;
  for (std::size_t y = 0; y < kSide; ++y) {
    for (std::size_t x = 0; x < kSide; ++x) {
      out[x * kSide + y] = in[y * kSide + x];
    }
  }
  return out;
}

}  // namespace

std::uint64_t ImageHash(std::uint32_t width, std::uint32_t height,
                        std::span<const std::uint8_t> rgb) {
  std::vector<std::uint8_t> grey(std::size_t{width} * height);
  for (std::size_t i = 0; i < grey.size(); ++i) {
    grey[i] = static_cast<std::uint8_t>(std::round(0.299f * static_cast<float>(rgb[3 * i]) +
                                                   0.587f * static_cast<float>(rgb[3 * i + 1]) +
                                                   0.114f * static_cast<float>(rgb[3 * i + 2])));
  }
  const Samples samples = ScaleDown(width, height, grey);
  const Samples frequencies = Transposed(TransformRows(Transposed(TransformRows(samples))));
  std::array<float, kLowest * kLowest> lowest;
  for (std::size_t y = 0; y < kLowest; ++y) {
    std::copy_n(&frequencies[y * kSide], kLowest, &lowest[y * kLowest]);
  }
  std::array<float, kLowest* kLowest> sorted = lowest;
  std::sort(sorted.begin(), sorted.end());
  const float median = (sorted[31] + sorted[32]) / 2.0f;
  std::uint64_t hash = 0;
  for (const float value : lowest) {
    hash = hash << 1 | (value > median ? 1u : 0u);
  }
  return hash;
}

}  // namespace day::similarity
