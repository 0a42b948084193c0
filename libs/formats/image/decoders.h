// One decoder a format; image.h chooses. Internal to this folder.
#pragma once

#include "libs/formats/image/image.h"

namespace day::formats::image {

base::Result<Image> DecodePng(base::Bytes data, std::uint64_t pixels_max);
base::Result<Image> DecodeJpeg(base::Bytes data, std::uint64_t pixels_max);
base::Result<Image> DecodeGif(base::Bytes data, std::uint64_t pixels_max);
base::Result<Image> DecodeBmp(base::Bytes data, std::uint64_t pixels_max);

// An image of that size, all black. Errors: kMalformed (no pixels), kLimit.
base::Result<Image> MakeImage(std::uint64_t width, std::uint64_t height, std::uint64_t pixels_max);

}  // namespace day::formats::image
