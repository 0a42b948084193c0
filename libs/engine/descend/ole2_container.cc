#include <memory>
#include <utility>

#include "libs/engine/descend/openers.h"
#include "libs/engine/descend/part_container.h"
#include "libs/unpack/ole2/ole_reader.h"

namespace day::engine {

std::unique_ptr<Container> OpenOle2(const Subject& subject) {
  using unpack::ole2::OleReader;
  if (subject.type != FileType::kOle2) {
    return nullptr;
  }
  auto reader = OleReader::Create(subject.data);
  if (!reader.ok()) {
    return nullptr;
  }
  reader->SetPasswords(subject.zip_passwords);
  return std::make_unique<PartContainer<OleReader>>(std::move(reader).value());
}

}  // namespace day::engine
