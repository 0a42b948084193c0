// Where an Office document leads: the relationships of a part (".rels" in docx, xlsx, pptx; also in
// Flat OPC) whose target is not in the document.
//
// Specification: ECMA-376 part 2, 9.3. As in officexml_reader.h the XML is not parsed: elements are
// looked for by their local names. Character references in targets are decoded. Pure functions,
// linear in the text.
#pragma once

#include <cstdint>
#include <string>

#include "libs/base/bytes.h"

namespace day::unpack::officexml {

inline constexpr std::size_t kExternalLinksMax = 10'000;
inline constexpr std::size_t kLinkBytesMax = 2048;  // the rest of a target is cut off

// Whether there is a relationship: one pass over the text.
bool HasRelationships(base::Bytes xml);

struct ExternalLinks {
  // A line each, none twice: what the link is for and where it leads. "a http://host/" is a
  // hyperlink, "img" a picture; others have their type's name: "attachedTemplate", "oleObject",
  // "frame", ...
  std::string text;
  bool is_cut = false;  // at kExternalLinksMax
};
ExternalLinks ReadExternalLinks(base::Bytes xml);

}  // namespace day::unpack::officexml
