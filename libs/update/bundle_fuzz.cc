// Feeds bytes to the bundle reader. What it takes must encode to the very same bytes.
#include <cstdint>
#include <cstdlib>

#include "libs/update/bundle.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  const auto bundle = day::update::DecodeBundle(bytes);
  if (bundle.ok() && day::update::EncodeBundle(*bundle).value() != day::base::AsText(bytes)) {
    std::abort();
  }
  return 0;
}
