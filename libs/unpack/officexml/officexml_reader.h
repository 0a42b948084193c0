// Gives the files in Office documents that are one XML text: Word 2003 XML (binData), Flat OPC
// (binaryData), Hangul's HWPML (BINDATA, which may be deflated); opens ActiveMime, in which both
// keep macros; and says of an OpenDocument manifest that entries are encrypted.
//
//   if (OfficeXmlReader::HasFiles(file)) {
//     OfficeXmlReader reader(file);
//     while (std::optional<document::Part> part = reader.Next(budget, inflater, buffer)) { ... }
//
// Specifications: "Office 2003 XML Reference Schemas", Hancom's "HWPML 2.91", ECMA-376 part 2,
// OpenDocument 1.2 part 3; ActiveMime has none. The XML is not parsed: elements are looked for by
// their local names, whatever their prefixes, and their text is base64 whatever stands amid it. So
// no entity is ever expanded, and what a strict parser refuses is found all the same.
//
// Names are those that the element, or the part around it, has. Time is linear; everything given is
// paid from the Budget. Ownership: contents are views into `buffer`, valid until the next Next().
// Not thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "libs/base/budget.h"
#include "libs/base/bytes.h"
#include "libs/unpack/document/part.h"
#include "libs/unpack/inflate/inflate.h"
#include "libs/unpack/inflate/output_buffer.h"

namespace day::unpack::officexml {

class OfficeXmlReader {
 public:
  explicit OfficeXmlReader(base::Bytes xml);

  // Whether an element that holds a file, or an encrypted entry, is in there: one pass over the
  // text.
  static bool HasFiles(base::Bytes xml);

  std::optional<document::Part> Next(base::Budget& budget, inflate::Inflater& inflater,
                                     inflate::OutputBuffer& buffer);
  std::string_view problem() const { return {}; }

 private:
  document::Part Decoded(std::string_view base64, base::Budget& budget,
                         inflate::OutputBuffer& buffer);

  std::string_view text_;
  bool is_hangul_;
  std::size_t at_ = 0;
  std::uint64_t count_ = 0;
  bool encryption_given_ = false;
  inflate::OutputBuffer deflated_;
};

// A compound file, compressed ("editdata.mso").
class ActiveMimeReader {
 public:
  explicit ActiveMimeReader(base::Bytes file) : file_(file) {}

  static bool IsActiveMime(base::Bytes file);

  std::optional<document::Part> Next(base::Budget& budget, inflate::Inflater& inflater,
                                     inflate::OutputBuffer& buffer);
  std::string_view problem() const { return {}; }

 private:
  base::Bytes file_;
  bool is_given_ = false;
};

}  // namespace day::unpack::officexml
