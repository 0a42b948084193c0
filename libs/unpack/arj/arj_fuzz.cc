// Walks any bytes as an ARJ archive under a small budget.
#include "libs/unpack/arj/arj_lzh.h"
#include "libs/unpack/arj/arj_reader.h"
#include "libs/unpack/parts/testing/drain.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace parts = day::unpack::parts;
  const day::base::Bytes file = std::as_bytes(std::span(data, size));
  day::base::Budget budget(parts::testing::SmallLimits());
  day::unpack::arj::ArjReader reader(file);
  parts::testing::Drain(reader, budget);
  // And the decoders, which checksums keep from most of what a fuzzer makes.
  day::unpack::inflate::OutputBuffer buffer;
  for (const auto decode : {&day::unpack::arj::DecodeLzh, &day::unpack::arj::DecodeFastest}) {
    parts::Sink sink(size, budget, buffer);
    decode(file, 100'000, sink);
  }
  return 0;
}
