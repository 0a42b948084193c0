// Walks any bytes as ALZ archives under a small budget.
#include "libs/unpack/egg/alz_reader.h"
#include "libs/unpack/parts/testing/drain.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace parts = day::unpack::parts;
  const day::base::Bytes file = std::as_bytes(std::span(data, size));
  if (!day::unpack::egg::AlzReader::IsAlz(file)) {
    return 0;
  }
  day::base::BudgetLimits limits = parts::testing::SmallLimits();
  limits.password_tries_max = 3;  // each costs milliseconds
  day::base::Budget budget(limits);
  day::unpack::egg::AlzReader reader(file);
  parts::testing::Drain(reader, budget);
  return 0;
}
