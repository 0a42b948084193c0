#include <memory>

#include "libs/engine/descend/openers.h"
#include "libs/engine/descend/part_container.h"
#include "libs/unpack/officexml/macro_sheet.h"
#include "libs/unpack/officexml/officexml_reader.h"
#include "libs/unpack/officexml/wide_xml.h"
#include "libs/unpack/vba/xlsb.h"

namespace day::engine {

std::unique_ptr<Container> OpenActiveMime(const Subject& subject) {
  using unpack::officexml::ActiveMimeReader;
  if (!ActiveMimeReader::IsActiveMime(subject.data)) {
    return nullptr;
  }
  return std::make_unique<PartContainer<ActiveMimeReader>>(ActiveMimeReader(subject.data));
}

std::unique_ptr<Container> OpenBinarySheet(const Subject& subject) {
  using unpack::vba::BinarySheetReader;
  if (subject.type != FileType::kUnknown || !BinarySheetReader::IsBinarySheet(subject.data)) {
    return nullptr;
  }
  return std::make_unique<PartContainer<BinarySheetReader>>(BinarySheetReader(subject.data));
}

std::unique_ptr<Container> OpenMacroSheet(const Subject& subject) {
  using unpack::officexml::MacroSheetReader;
  if (subject.type != FileType::kXml || !MacroSheetReader::IsMacroSheet(subject.data)) {
    return nullptr;
  }
  return std::make_unique<PartContainer<MacroSheetReader>>(MacroSheetReader(subject.data));
}

std::unique_ptr<Container> OpenOfficeXml(const Subject& subject) {
  using unpack::officexml::OfficeXmlReader;
  if (subject.type != FileType::kXml || subject.origin == Origin::kManifest ||
      !OfficeXmlReader::HasFiles(subject.data)) {
    return nullptr;
  }
  return std::make_unique<PartContainer<OfficeXmlReader>>(OfficeXmlReader(subject.data));
}

std::unique_ptr<Container> OpenWideXml(const Subject& subject) {
  using unpack::officexml::WideXmlReader;
  const bool may_be = subject.type == FileType::kUnknown || subject.type == FileType::kText;
  if (!may_be || !WideXmlReader::IsWideXml(subject.data)) {
    return nullptr;
  }
  return std::make_unique<PartContainer<WideXmlReader>>(WideXmlReader(subject.data));
}

}  // namespace day::engine
