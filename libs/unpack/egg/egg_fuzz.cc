// Walks any bytes as EGG archives under a small budget.
#include "libs/unpack/egg/egg_reader.h"
#include "libs/unpack/parts/testing/drain.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace parts = day::unpack::parts;
  const day::base::Bytes file = std::as_bytes(std::span(data, size));
  if (!day::unpack::egg::EggReader::IsEgg(file)) {
    return 0;
  }
  day::base::BudgetLimits limits = parts::testing::SmallLimits();
  limits.password_tries_max = 3;  // each costs milliseconds
  day::base::Budget budget(limits);
  day::unpack::egg::EggReader reader(file);
  parts::testing::Drain(reader, budget);
  return 0;
}
