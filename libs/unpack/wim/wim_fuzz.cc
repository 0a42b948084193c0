// Walks any bytes as a Windows image under a small budget.
#include "libs/unpack/parts/testing/drain.h"
#include "libs/unpack/wim/wim_reader.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace parts = day::unpack::parts;
  const day::base::Bytes file = std::as_bytes(std::span(data, size));
  if (day::unpack::wim::WimReader::IsWim(file)) {
    day::unpack::wim::WimReader reader(file);
    day::base::Budget budget(parts::testing::SmallLimits());
    parts::testing::Drain(reader, budget);
  }
  return 0;
}
