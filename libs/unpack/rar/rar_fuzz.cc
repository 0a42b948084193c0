// Walks any bytes as a RAR archive under a small budget, and gives them to the decoders, which
// checksums keep from most of what a fuzzer makes.
#include "libs/unpack/parts/testing/drain.h"
#include "libs/unpack/rar/rar_reader.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace parts = day::unpack::parts;
  namespace rar = day::unpack::rar;
  const day::base::Bytes file = std::as_bytes(std::span(data, size));
  day::base::BudgetLimits limits = parts::testing::SmallLimits();
  limits.steps_max = 50'000;  // a model of PPMd costs much more than its block
  day::base::Budget budget(limits);
  if (rar::RarReader::IsRar(file)) {
    rar::RarReader reader(file);
    parts::testing::Drain(reader, budget);
    return 0;
  }
  if (size == 0) {
    return 0;
  }
  // The same file twice, the second time with what the first taught.
  static rar::Rar2Decoder rar2;
  static rar::Rar3Decoder rar3;
  day::unpack::inflate::OutputBuffer buffer;
  for (const bool goes_on : {false, true}) {
    parts::Sink sink(size, budget, buffer);
    if (data[0] % 2 == 0) {
      rar2.Decode(file.subspan(1), 20'000, goes_on, budget, sink);
    } else {
      rar3.Decode(file.subspan(1), 20'000, goes_on, budget, sink);
    }
  }
  return 0;
}
