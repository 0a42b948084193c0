// Walks any bytes as a FAT volume under a small budget.
#include "libs/unpack/fat/fat_reader.h"
#include "libs/unpack/parts/testing/drain.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace parts = day::unpack::parts;
  const day::base::Bytes image = std::as_bytes(std::span(data, size));
  if (day::unpack::fat::FatReader::IsFat(image)) {
    day::unpack::fat::FatReader reader(image);
    day::base::Budget budget(parts::testing::SmallLimits());
    parts::testing::Drain(reader, budget);
  }
  return 0;
}
