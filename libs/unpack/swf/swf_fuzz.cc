// Takes everything out of any bytes as a Flash file.
#include <span>

#include "libs/unpack/document/testing/drain.h"
#include "libs/unpack/swf/swf_reader.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  day::unpack::swf::SwfReader reader(std::as_bytes(std::span(data, size)));
  day::unpack::document::DrainAndCheck(reader);
  return 0;
}
