// The perceptual hash of a picture that ClamAV calls its fuzzy image hash: brightness, scaled down
// to 32x32, its two-dimensional cosine transform, and of the 64 lowest frequencies one bit each:
// whether it is above their median. Pure functions; thread-safe.
#pragma once

#include <cstdint>
#include <span>

namespace day::similarity {

// Of `width` x `height` pixels, three bytes each (red, green, blue), row by row from the top. The
// first bit is the lowest frequency. REQUIRES: rgb.size() == width * height * 3, not empty.
std::uint64_t ImageHash(std::uint32_t width, std::uint32_t height,
                        std::span<const std::uint8_t> rgb);

}  // namespace day::similarity
