#include <memory>

#include "libs/engine/descend/openers.h"
#include "libs/engine/descend/part_container.h"
#include "libs/unpack/onenote/onenote_reader.h"

namespace day::engine {

std::unique_ptr<Container> OpenOneNote(const Subject& subject) {
  using unpack::onenote::OneNoteReader;
  if (subject.type != FileType::kOneNote) {
    return nullptr;
  }
  return std::make_unique<PartContainer<OneNoteReader>>(OneNoteReader(subject.data));
}

}  // namespace day::engine
