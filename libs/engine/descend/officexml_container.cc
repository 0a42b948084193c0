#include <memory>

#include "libs/engine/descend/openers.h"
#include "libs/engine/descend/part_container.h"
#include "libs/unpack/officexml/officexml_reader.h"

namespace day::engine {

std::unique_ptr<Container> OpenActiveMime(const Subject& subject) {
  using unpack::officexml::ActiveMimeReader;
  if (!ActiveMimeReader::IsActiveMime(subject.data)) {
    return nullptr;
  }
  return std::make_unique<PartContainer<ActiveMimeReader>>(ActiveMimeReader(subject.data));
}

std::unique_ptr<Container> OpenOfficeXml(const Subject& subject) {
  using unpack::officexml::OfficeXmlReader;
  if (subject.type != FileType::kXml || subject.origin == Origin::kManifest ||
      !OfficeXmlReader::HasFiles(subject.data)) {
    return nullptr;
  }
  return std::make_unique<PartContainer<OfficeXmlReader>>(OfficeXmlReader(subject.data));
}

}  // namespace day::engine
