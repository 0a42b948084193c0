// Takes everything out of any bytes as a OneNote section.
#include <span>

#include "libs/unpack/document/testing/drain.h"
#include "libs/unpack/onenote/onenote_reader.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  day::unpack::onenote::OneNoteReader reader(std::as_bytes(std::span(data, size)));
  day::unpack::document::DrainAndCheck(reader);
  return 0;
}
