// Takes everything out of any bytes as a TNEF stream.
#include <span>

#include "libs/unpack/document/testing/drain.h"
#include "libs/unpack/tnef/tnef_reader.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const day::base::Bytes file = std::as_bytes(std::span(data, size));
  (void)day::unpack::tnef::TnefReader::IsTnef(file);
  day::unpack::tnef::TnefReader reader(file);
  day::unpack::document::DrainAndCheck(reader);
  return 0;
}
