// Walks any bytes as a squashfs image under a small budget.
#include "libs/unpack/parts/testing/drain.h"
#include "libs/unpack/squashfs/squashfs_reader.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace parts = day::unpack::parts;
  const day::base::Bytes image = std::as_bytes(std::span(data, size));
  if (day::unpack::squashfs::SquashfsReader::IsSquashfs(image)) {
    day::unpack::squashfs::SquashfsReader reader(image);
    day::base::Budget budget(parts::testing::SmallLimits());
    parts::testing::Drain(reader, budget);
  }
  return 0;
}
