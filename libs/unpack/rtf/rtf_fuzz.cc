// Takes everything out of any bytes as an RTF document.
#include <span>

#include "libs/unpack/document/testing/drain.h"
#include "libs/unpack/rtf/rtf_reader.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  day::unpack::rtf::RtfReader reader(std::as_bytes(std::span(data, size)));
  day::unpack::document::DrainAndCheck(reader);
  return 0;
}
