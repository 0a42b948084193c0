// Takes everything out of any bytes as an XML text and as ActiveMime.
#include <cstdlib>
#include <span>

#include "libs/unpack/document/testing/drain.h"
#include "libs/unpack/officexml/macro_sheet.h"
#include "libs/unpack/officexml/officexml_reader.h"
#include "libs/unpack/officexml/relationships.h"
#include "libs/unpack/officexml/wide_xml.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace officexml = day::unpack::officexml;
  const day::base::Bytes file = std::as_bytes(std::span(data, size));
  if (officexml::OfficeXmlReader::HasFiles(file)) {
    officexml::OfficeXmlReader reader(file);
    day::unpack::document::DrainAndCheck(reader);
  }
  if (officexml::ReadExternalLinks(file).text.size() > 3 * size) {
    std::abort();
  }
  if (officexml::MacroSheetReader::IsMacroSheet(file)) {
    officexml::MacroSheetReader reader(file);
    day::unpack::document::DrainAndCheck(reader);
  }
  if (officexml::WideXmlReader::IsWideXml(file)) {
    officexml::WideXmlReader reader(file);
    day::unpack::document::DrainAndCheck(reader);
  }
  officexml::ActiveMimeReader reader(file);
  day::unpack::document::DrainAndCheck(reader);
  return 0;
}
