// Objects as OLE 1 wrote them, which RTF, OneNote and compound files still hold, and the "package"
// in them: a file that somebody put into a document.
//
// Specification: [MS-OLEDS] 2.2 (ObjectHeader, EmbeddedObject); the package has none, and is as
// Windows' packager reads it. Lengths beyond the end are cut, and is_cut says so: whoever hides a
// file in a damaged object counts on readers that give up. Contents are views into the input. Pure
// functions, in linear time.
#pragma once

#include <optional>
#include <string>

#include "libs/base/bytes.h"

namespace day::unpack::document {

struct EmbeddedFile {
  std::string name;  // as the document shows it, or "" if it shows none
  base::Bytes data;
  bool is_cut = false;
};

struct OleObject {
  std::string class_name;
  base::Bytes native;  // the object itself: a compound file, a package, a bitmap
  bool is_cut = false;
};

// The file in a package, or nothing if the bytes are no package or one that only links to a file.
std::optional<EmbeddedFile> ReadPackage(base::Bytes native);

// What the stream "\1Ole10Native" holds: a length, and native data. The file in it if that is a
// package, else the data without a name.
std::optional<EmbeddedFile> ReadOle10Native(base::Bytes stream);

// An embedded object with its header, or nothing if it is a link, a picture or no object.
std::optional<OleObject> ReadOleObject(base::Bytes bytes);

}  // namespace day::unpack::document
