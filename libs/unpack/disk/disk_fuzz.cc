// Walks any bytes as the image of a disk with partitions under a small budget, and for partitions
// that lie in each other.
#include "libs/unpack/disk/crossing.h"
#include "libs/unpack/disk/disk_reader.h"
#include "libs/unpack/parts/testing/drain.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace parts = day::unpack::parts;
  const day::base::Bytes image = std::as_bytes(std::span(data, size));
  (void)day::unpack::disk::CrossingTable(image);
  if (day::unpack::disk::DiskReader::IsDisk(image)) {
    day::unpack::disk::DiskReader reader(image);
    day::base::Budget budget(parts::testing::SmallLimits());
    parts::testing::Drain(reader, budget);
  }
  return 0;
}
