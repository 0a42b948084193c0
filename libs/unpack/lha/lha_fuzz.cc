// Walks any bytes as an LHA archive under a small budget, and gives them to the decoders, which
// checksums and sizes keep from most of what a fuzzer makes.
#include "libs/unpack/lha/lha_methods.h"
#include "libs/unpack/lha/lha_reader.h"
#include "libs/unpack/parts/testing/drain.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace parts = day::unpack::parts;
  namespace lha = day::unpack::lha;
  const day::base::Bytes file = std::as_bytes(std::span(data, size));
  day::base::Budget budget(parts::testing::SmallLimits());
  if (lha::LhaReader::IsLha(file)) {
    lha::LhaReader reader(file);
    parts::testing::Drain(reader, budget);
    return 0;
  }
  day::unpack::inflate::OutputBuffer buffer;
  for (const auto decode : {&lha::DecodeLh1, &lha::DecodeLzs, &lha::DecodeLz5}) {
    parts::Sink sink(size, budget, buffer);
    decode(file, 100'000, sink);
  }
  return 0;
}
