// Reads any bytes as a picture, and hashes what comes out.
#include <cstdlib>

#include "libs/formats/image/image.h"

namespace {

// So that no input takes long.
constexpr std::uint64_t kPixels = 1 << 14;

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto image = day::formats::image::Decode(std::as_bytes(std::span(data, size)), kPixels);
  if (image.ok() && image->rgb.size() != std::size_t{image->width} * image->height * 3) {
    std::abort();
  }
  return 0;
}
