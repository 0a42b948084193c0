// Any bytes through libmspack, as the format that they look like, under a small budget.
#include "libs/unpack/mspack/mspack_reader.h"
#include "libs/unpack/parts/testing/drain.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace mspack = day::unpack::mspack;
  const day::base::Bytes file = std::as_bytes(std::span(data, size));
  if (const auto format = mspack::FormatOf(file)) {
    day::base::Budget budget(day::unpack::parts::testing::SmallLimits());
    day::unpack::parts::testing::Drain(*mspack::Open(*format, file), budget);
  }
  return 0;
}
