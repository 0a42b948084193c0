// Reads any bytes as a part of a .xlsb file.
#include <span>

#include "libs/unpack/document/testing/drain.h"
#include "libs/unpack/vba/xlsb.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace vba = day::unpack::vba;
  const day::base::Bytes part = std::as_bytes(std::span(data, size));
  (void)vba::BinarySheetReader::IsBinarySheet(part);
  vba::BinarySheetReader reader(part);
  day::unpack::document::DrainAndCheck(reader);
  return 0;
}
