#include <memory>

#include "libs/engine/descend/openers.h"
#include "libs/engine/descend/part_container.h"
#include "libs/unpack/cryptff/cryptff_reader.h"

namespace day::engine {

std::unique_ptr<Container> OpenCryptFf(const Subject& subject) {
  using unpack::cryptff::CryptFfReader;
  if (subject.type != FileType::kCryptFf) {
    return nullptr;
  }
  return std::make_unique<PartContainer<CryptFfReader>>(CryptFfReader(subject.data));
}

}  // namespace day::engine
