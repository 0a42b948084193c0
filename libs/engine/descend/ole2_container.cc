#include <memory>
#include <utility>

#include "libs/engine/descend/openers.h"
#include "libs/engine/descend/part_container.h"
#include "libs/unpack/ole2/ole_reader.h"

namespace day::engine {

std::unique_ptr<Container> OpenOle2(const Subject& subject) {
  using unpack::ole2::OleReader;
  // Hangul documents put the size of an embedded object in front of it.
  constexpr std::size_t kSizeBytes = 4;
  const bool is_behind_size =
      subject.type == FileType::kUnknown && subject.data.size() > kSizeBytes;
  if (subject.type != FileType::kOle2 && !is_behind_size) {
    return nullptr;
  }
  auto reader = OleReader::Create(is_behind_size ? subject.data.subspan(kSizeBytes) : subject.data);
  if (!reader.ok()) {
    return nullptr;
  }
  reader->SetPasswords(subject.zip_passwords);
  return std::make_unique<PartContainer<OleReader>>(std::move(reader).value());
}

}  // namespace day::engine
