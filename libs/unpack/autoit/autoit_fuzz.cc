// Any bytes as AutoIt's data, as its LZ and as the tokens of a script, under a small budget.
#include <vector>

#include "libs/unpack/autoit/autoit_reader.h"
#include "libs/unpack/autoit/script_text.h"
#include "libs/unpack/parts/testing/drain.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace parts = day::unpack::parts;
  namespace autoit = day::unpack::autoit;
  const day::base::Bytes file = std::as_bytes(std::span(data, size));
  day::base::Budget budget(parts::testing::SmallLimits());
  if (autoit::AutoitReader::IsAutoit(file)) {
    autoit::AutoitReader reader(file);
    parts::testing::Drain(reader, budget);
  }
  day::unpack::inflate::OutputBuffer buffer;
  parts::Member member;
  autoit::DecodeAutoit(file, size % 2 == 0, budget, buffer, member);
  autoit::WriteScript(file, budget, buffer);
  return 0;
}
