// Walks any bytes as a dynamic VHD under a small budget.
#include "libs/unpack/disk/vhd_reader.h"
#include "libs/unpack/parts/testing/drain.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace parts = day::unpack::parts;
  day::unpack::disk::VhdReader reader(std::as_bytes(std::span(data, size)));
  day::base::Budget budget(parts::testing::SmallLimits());
  parts::testing::Drain(reader, budget);
  return 0;
}
