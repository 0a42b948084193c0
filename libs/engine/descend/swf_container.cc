#include <memory>

#include "libs/engine/descend/openers.h"
#include "libs/engine/descend/part_container.h"
#include "libs/unpack/swf/swf_reader.h"

namespace day::engine {

std::unique_ptr<Container> OpenSwf(const Subject& subject) {
  using unpack::swf::SwfReader;
  if (subject.type != FileType::kSwf) {
    return nullptr;
  }
  return std::make_unique<PartContainer<SwfReader>>(SwfReader(subject.data));
}

}  // namespace day::engine
