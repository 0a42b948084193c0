// Objects and pictures in the records of PowerPoint, Word and Office drawings.
//
// Specifications: [MS-PPT] 2.10.34 (ExOleObjStg), [MS-ODRAW] 2.2.23 (OfficeArtBlip). Records are
// looked for wherever they lie, not by walking their tree: a damaged length would end the walk.
// Pure function.
#pragma once

#include <cstddef>
#include <optional>

#include "libs/base/bytes.h"

namespace day::unpack::ole2 {

struct OfficeRecord {
  bool is_object = false;  // an OLE storage; else a picture
  bool is_zlib = false;
  base::Bytes data;      // with the zlib header, if it is zlib
  std::size_t next = 0;  // where to look on
};

// The first one that starts at `from` or behind it, in time linear in what it passes over.
std::optional<OfficeRecord> FindOfficeRecord(base::Bytes stream, std::size_t from);

}  // namespace day::unpack::ole2
