// Gives the content of a signed message (S/MIME's application/pkcs7-mime, .p7m), which no signature
// hides from a reader but a MIME parser does not see; says of an encrypted one that it is.
//
//   if (CmsReader::IsCms(file)) { ... reader.Next(budget, inflater, buffer) ... }
//
// Specification: RFC 5652 (SignedData, EnvelopedData, AuthEnvelopedData), RFC 3274
// (CompressedData), in BER: indefinite lengths and strings in pieces, as mailers write them.
// Signatures are not checked. Time is linear in the file, a few times; no recursion. Everything
// given is paid from the Budget. Ownership: contents are views into the file or `buffer`, valid
// until the next Next(). Not thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "libs/base/budget.h"
#include "libs/base/bytes.h"
#include "libs/unpack/document/part.h"
#include "libs/unpack/inflate/inflate.h"
#include "libs/unpack/inflate/output_buffer.h"

namespace day::unpack::cms {

class CmsReader {
 public:
  explicit CmsReader(base::Bytes file) : file_(file) {}

  // Whether the file starts as one of the kinds above, in constant time.
  static bool IsCms(base::Bytes file);

  // One part: "(signed content)", "(content)", or only a gap.
  std::optional<document::Part> Next(base::Budget& budget, inflate::Inflater& inflater,
                                     inflate::OutputBuffer& buffer);
  std::string_view problem() const { return {}; }

 private:
  document::Part Content(base::Bytes string, base::Budget& budget, inflate::OutputBuffer& buffer);

  base::Bytes file_;
  bool is_given_ = false;
  inflate::OutputBuffer packed_;
};

}  // namespace day::unpack::cms
