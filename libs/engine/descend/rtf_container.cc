#include <memory>

#include "libs/engine/descend/openers.h"
#include "libs/engine/descend/part_container.h"
#include "libs/unpack/rtf/rtf_reader.h"

namespace day::engine {

std::unique_ptr<Container> OpenRtf(const Subject& subject) {
  using unpack::rtf::RtfReader;
  if (subject.type != FileType::kRtf) {
    return nullptr;
  }
  return std::make_unique<PartContainer<RtfReader>>(RtfReader(subject.data));
}

}  // namespace day::engine
