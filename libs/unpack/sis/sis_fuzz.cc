// Any bytes as a Symbian installation file under a small budget.
#include "libs/unpack/parts/testing/drain.h"
#include "libs/unpack/sis/sis_reader.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace parts = day::unpack::parts;
  const day::base::Bytes file = std::as_bytes(std::span(data, size));
  if (day::unpack::sis::SisReader::IsSis(file)) {
    day::unpack::sis::SisReader reader(file);
    day::base::Budget budget(parts::testing::SmallLimits());
    parts::testing::Drain(reader, budget);
  }
  return 0;
}
