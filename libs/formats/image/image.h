// The pixels of a picture: PNG (by libpng), JPEG (by libjpeg), GIF and BMP (our own).
//
// Made for comparing pictures, not for showing them: transparency is dropped (the colours below
// it stay), of a GIF the first frame is given, colour profiles and gamma are ignored. A damaged or
// cut PNG or JPEG is an error, as it is for who made the signatures.
//
// Limits: kPixelsMax (3 bytes each). Pure functions; thread-safe.
#pragma once

#include <cstdint>
#include <vector>

#include "libs/base/bytes.h"
#include "libs/base/result.h"

namespace day::formats::image {

inline constexpr std::uint64_t kPixelsMax = 16ull * 1024 * 1024;

struct Image {
  std::uint32_t width = 0;
  std::uint32_t height = 0;
  std::vector<std::uint8_t> rgb;  // row by row from the top, three bytes a pixel
};

// Whether the bytes start like a picture that Decode() reads.
bool IsImage(base::Bytes data);

// Errors: kUnsupported (another format, or a variant of it: 12-bit JPEG, CMYK, compressed BMP),
// kMalformed (damaged, or no pixels), kLimit (pixels_max).
base::Result<Image> Decode(base::Bytes data, std::uint64_t pixels_max = kPixelsMax);

}  // namespace day::formats::image
