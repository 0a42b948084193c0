// Any file: an overlay begins inside of it.
#include <cstdlib>
#include <span>

#include "libs/unpack/overlay/overlay_reader.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const day::base::Bytes file = std::as_bytes(std::span(data, size));
  const auto overlay = day::unpack::overlay::OverlayOffset(file);
  if (overlay && (*overlay == 0 || *overlay >= size)) {
    std::abort();
  }
  return 0;
}
