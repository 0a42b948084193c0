// Takes everything out of any bytes as a signed message.
#include <span>

#include "libs/unpack/cms/cms_reader.h"
#include "libs/unpack/document/testing/drain.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const day::base::Bytes file = std::as_bytes(std::span(data, size));
  (void)day::unpack::cms::CmsReader::IsCms(file);
  day::unpack::cms::CmsReader reader(file);
  day::unpack::document::DrainAndCheck(reader);
  return 0;
}
