// Fuzzes ReadLnk().
#include <cstddef>
#include <cstdint>
#include <span>

#include "libs/formats/lnk/lnk_reader.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  (void)day::formats::lnk::ReadLnk(std::as_bytes(std::span<const std::uint8_t>(data, size)));
  return 0;
}
