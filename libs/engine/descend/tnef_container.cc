#include <memory>

#include "libs/engine/descend/openers.h"
#include "libs/engine/descend/part_container.h"
#include "libs/unpack/tnef/tnef_reader.h"

namespace day::engine {

std::unique_ptr<Container> OpenTnef(const Subject& subject) {
  using unpack::tnef::TnefReader;
  if (!TnefReader::IsTnef(subject.data)) {
    return nullptr;
  }
  return std::make_unique<PartContainer<TnefReader>>(TnefReader(subject.data));
}

}  // namespace day::engine
