// Any bytes through libarchive, as the format that they look like, under a small budget.
#include "libs/unpack/libarchive/libarchive_reader.h"
#include "libs/unpack/parts/testing/drain.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace libarchive = day::unpack::libarchive;
  const day::base::Bytes file = std::as_bytes(std::span(data, size));
  if (const auto format = libarchive::FormatOf(file)) {
    day::base::Budget budget(day::unpack::parts::testing::SmallLimits());
    day::unpack::parts::testing::Drain(*libarchive::Open(*format, file), budget);
  }
  return 0;
}
