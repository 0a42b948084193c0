// One decoder a format; image.h chooses. Internal to this folder.
#pragma once

#include "libs/formats/image/image.h"

namespace day::formats::image {

base::Result<Image> DecodePng(base::Bytes data);
base::Result<Image> DecodeJpeg(base::Bytes data);
base::Result<Image> DecodeGif(base::Bytes data);
base::Result<Image> DecodeBmp(base::Bytes data);

// An image of that size, all black. Errors: kMalformed (no pixels), kLimit.
base::Result<Image> MakeImage(std::uint64_t width, std::uint64_t height);

}  // namespace day::formats::image
