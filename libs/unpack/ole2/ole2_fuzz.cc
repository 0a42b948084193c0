// Opens any bytes as a compound file and takes everything out of it.
#include <span>

#include "libs/unpack/document/testing/drain.h"
#include "libs/unpack/ole2/ole_reader.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto reader = day::unpack::ole2::OleReader::Create(std::as_bytes(std::span(data, size)));
  if (reader.ok()) {
    day::unpack::document::DrainAndCheck(*reader);
  }
  return 0;
}
