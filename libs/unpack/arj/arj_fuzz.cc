// Walks any bytes as an ARJ archive under a small budget.
#include "libs/unpack/arj/arj_fastest.h"
#include "libs/unpack/arj/arj_reader.h"
#include "libs/unpack/parts/lzh.h"
#include "libs/unpack/parts/testing/drain.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace parts = day::unpack::parts;
  const day::base::Bytes file = std::as_bytes(std::span(data, size));
  day::base::Budget budget(parts::testing::SmallLimits());
  day::unpack::arj::ArjReader reader(file);
  parts::testing::Drain(reader, budget);
  // And the decoders, which checksums keep from most of what a fuzzer makes.
  day::unpack::inflate::OutputBuffer buffer;
  parts::Sink sink(size, budget, buffer);
  parts::DecodeLzh(file, 100'000, {17, 5, parts::Sink::Before::kDamage}, sink);
  parts::Sink other(size, budget, buffer);
  day::unpack::arj::DecodeFastest(file, 100'000, other);
  return 0;
}
