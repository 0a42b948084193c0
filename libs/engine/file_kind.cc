#include "libs/engine/file_kind.h"

#include <algorithm>

#include "libs/engine/clam_type.h"

namespace day::engine {

FileKind KindOfCopy(FileType type) {
  const signatures::clamav::ClamType clam = ClamTypeOf(type);
  return {type, clam, clam, {type}};
}

FileKind KindOf(base::Bytes data, Origin origin, bool is_partition,
                signatures::filetypes::FileTypeTable* table) {
  FileType type = Identify(data);
  const bool is_general = type == FileType::kText || type == FileType::kUnknown;
  if (origin == Origin::kMessage && is_general) {
    type = FileType::kMail;
  }
  FileKind kind = KindOfCopy(type);
  const auto said = table != nullptr ? table->TypeOf(data, kind.clam, is_partition) : std::nullopt;
  if (!said || *said == kind.clam) {
    return kind;
  }
  kind.clam = *said;
  const auto said_type = FileTypeOf(*said);
  if (said_type && *said_type != type) {
    kind.opened_as.insert(kind.opened_as.begin(), *said_type);
    kind.type = is_general ? *said_type : type;
  }
  return kind;
}

void TakeFor(signatures::clamav::ClamType handler, FileKind& kind) {
  const auto type = FileTypeOf(handler);
  if (!type) {
    return;
  }
  std::erase(kind.opened_as, *type);
  kind.opened_as.insert(kind.opened_as.begin(), *type);
}

}  // namespace day::engine
