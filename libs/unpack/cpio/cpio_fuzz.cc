// Walks any bytes as a cpio archive under a small budget.
#include "libs/unpack/cpio/cpio_reader.h"
#include "libs/unpack/parts/testing/drain.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace parts = day::unpack::parts;
  const day::base::Bytes file = std::as_bytes(std::span(data, size));
  if (day::unpack::cpio::CpioReader::IsCpio(file)) {
    day::unpack::cpio::CpioReader reader(file);
    day::base::Budget budget(parts::testing::SmallLimits());
    parts::testing::Drain(reader, budget);
  }
  return 0;
}
