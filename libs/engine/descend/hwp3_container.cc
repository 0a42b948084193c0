#include <memory>

#include "libs/engine/descend/openers.h"
#include "libs/engine/descend/part_container.h"
#include "libs/unpack/hwp3/hwp3_reader.h"

namespace day::engine {

std::unique_ptr<Container> OpenHwp3(const Subject& subject) {
  using unpack::hwp3::Hwp3Reader;
  if (subject.type != FileType::kHwp3) {
    return nullptr;
  }
  return std::make_unique<PartContainer<Hwp3Reader>>(Hwp3Reader(subject.data));
}

}  // namespace day::engine
