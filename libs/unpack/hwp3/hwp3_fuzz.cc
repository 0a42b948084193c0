// Opens any bytes as a Hangul document of version 3.
#include <span>

#include "libs/unpack/document/testing/drain.h"
#include "libs/unpack/hwp3/hwp3_reader.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  day::unpack::hwp3::Hwp3Reader reader(std::as_bytes(std::span(data, size)));
  day::unpack::document::DrainAndCheck(reader);
  return 0;
}
