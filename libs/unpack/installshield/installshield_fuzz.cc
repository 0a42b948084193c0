// Any bytes as InstallShield's list and stream, under a small budget.
#include "libs/unpack/installshield/installshield_reader.h"
#include "libs/unpack/parts/testing/drain.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace parts = day::unpack::parts;
  using day::unpack::installshield::InstallshieldReader;
  const day::base::Bytes file = std::as_bytes(std::span(data, size));
  day::base::Budget budget(parts::testing::SmallLimits());
  if (InstallshieldReader::IsList(file) || InstallshieldReader::IsStream(file)) {
    InstallshieldReader reader(file);
    parts::testing::Drain(reader, budget);
  }
  return 0;
}
