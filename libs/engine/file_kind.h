// What an object is taken for: by our own identification, and by what the database says of types
// (ClamAV's .ftm). The database adds to ours: bytes that we know as one thing and the database as
// another are both, so that neither a signature file nor a file's first bytes can hide anything.
// Thread safety: as FileTypeTable.
#pragma once

#include <vector>

#include "libs/base/bytes.h"
#include "libs/engine/descend/container.h"
#include "libs/engine/descend/identify.h"
#include "libs/signatures/clamav/file_types.h"
#include "libs/signatures/filetypes/filetype_table.h"

namespace day::engine {

struct FileKind {
  // What rules and alerts see.
  FileType type = FileType::kUnknown;
  // What ClamAV's signatures see: its type, and those whose targets the object belongs to.
  signatures::clamav::ClamType clam = 0;
  signatures::clamav::ClamType also_clam = 0;
  // What it is opened as, in this order.
  std::vector<FileType> opened_as;
};

// `table` may be null. `is_partition`: it was found in a table of partitions.
FileKind KindOf(base::Bytes data, Origin origin, bool is_partition,
                signatures::filetypes::FileTypeTable* table);

// A copy of a page or text, of an object that is this.
FileKind KindOfCopy(FileType type);

// The object is to be taken for this type, too, and first of all.
void TakeFor(signatures::clamav::ClamType handler, FileKind& kind);

}  // namespace day::engine
