// Walks any bytes as an rpm package under a small budget.
#include "libs/unpack/parts/testing/drain.h"
#include "libs/unpack/rpm/rpm_reader.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace parts = day::unpack::parts;
  const day::base::Bytes file = std::as_bytes(std::span(data, size));
  if (day::unpack::rpm::RpmReader::IsRpm(file)) {
    day::unpack::rpm::RpmReader reader(file);
    day::base::Budget budget(parts::testing::SmallLimits());
    parts::testing::Drain(reader, budget);
  }
  return 0;
}
