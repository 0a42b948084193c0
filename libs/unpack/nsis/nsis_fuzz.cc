// Any bytes as an NSIS installer's data and as its bzip2, under a small budget.
#include "libs/unpack/nsis/nsis_reader.h"
#include "libs/unpack/parts/bare_bzip2.h"
#include "libs/unpack/parts/testing/drain.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace parts = day::unpack::parts;
  namespace nsis = day::unpack::nsis;
  const day::base::Bytes file = std::as_bytes(std::span(data, size));
  day::base::Budget budget(parts::testing::SmallLimits());
  if (nsis::NsisReader::IsNsis(file)) {
    nsis::NsisReader reader(file);
    parts::testing::Drain(reader, budget);
  }
  day::unpack::inflate::OutputBuffer buffer;
  parts::Sink sink(size, budget, buffer);
  parts::DecodeBareBzip2(file, parts::kNsisMarks, sink);
  return 0;
}
