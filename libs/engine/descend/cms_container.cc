#include <memory>

#include "libs/engine/descend/openers.h"
#include "libs/engine/descend/part_container.h"
#include "libs/unpack/cms/cms_reader.h"

namespace day::engine {

std::unique_ptr<Container> OpenCms(const Subject& subject) {
  using unpack::cms::CmsReader;
  if (subject.type != FileType::kUnknown || !CmsReader::IsCms(subject.data)) {
    return nullptr;
  }
  return std::make_unique<PartContainer<CmsReader>>(CmsReader(subject.data));
}

}  // namespace day::engine
