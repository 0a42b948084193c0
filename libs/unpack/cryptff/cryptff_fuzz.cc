// Opens any bytes as CryptFF.
#include <span>

#include "libs/unpack/cryptff/cryptff_reader.h"
#include "libs/unpack/document/testing/drain.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  day::unpack::cryptff::CryptFfReader reader(std::as_bytes(std::span(data, size)));
  day::unpack::document::DrainAndCheck(reader);
  return 0;
}
