// Any bytes as a file of COMPRESS.EXE under a small budget.
#include "libs/unpack/parts/testing/drain.h"
#include "libs/unpack/szdd/szdd_reader.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace parts = day::unpack::parts;
  const day::base::Bytes file = std::as_bytes(std::span(data, size));
  if (day::unpack::szdd::SzddReader::IsSzdd(file)) {
    day::unpack::szdd::SzddReader reader(file, "file.ex_");
    day::base::Budget budget(parts::testing::SmallLimits());
    parts::testing::Drain(reader, budget);
  }
  return 0;
}
