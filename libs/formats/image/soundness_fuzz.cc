// Every check on any bytes: each must end, and the name it gives must be one of its own.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "libs/formats/image/soundness.h"

namespace {

void Check(std::string_view fault, std::string_view prefix) {
  if (!fault.empty() && !fault.starts_with(prefix)) {
    std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace image = day::formats::image;
  const auto bytes = std::as_bytes(std::span(data, size));
  Check(image::GifFault(bytes), "Heuristics.Broken.Media.GIF.");
  Check(image::PngFault(bytes), "Heuristics.Broken.Media.PNG.");
  Check(image::JpegFault(bytes), "Heuristics.Broken.Media.JPEG.");
  Check(image::TiffFault(bytes), "Heuristics.Broken.Media.TIFF.");
  return 0;
}
