// Any bytes as a Symbian installation file, of both formats, under a small budget.
#include "libs/unpack/parts/testing/drain.h"
#include "libs/unpack/sis/sis9_reader.h"
#include "libs/unpack/sis/sis_reader.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace parts = day::unpack::parts;
  namespace sis = day::unpack::sis;
  const day::base::Bytes file = std::as_bytes(std::span(data, size));
  day::base::Budget budget(parts::testing::SmallLimits());
  if (sis::Sis9Reader::IsSis9(file)) {
    sis::Sis9Reader reader(file);
    parts::testing::Drain(reader, budget);
  } else if (sis::SisReader::IsSis(file)) {
    sis::SisReader reader(file);
    parts::testing::Drain(reader, budget);
  }
  return 0;
}
