// Opens CryptFF: eight bytes that tell it, eight that nobody looks at, then a file with all its
// bits turned over. It has no specification; clamscan opens it, and what it is called it has from
// there.
//
// The one part is "(content)", paid from the Budget; it is a view into `buffer`. Not thread-safe.
#pragma once

#include <optional>
#include <string_view>

#include "libs/base/budget.h"
#include "libs/base/bytes.h"
#include "libs/unpack/document/part.h"
#include "libs/unpack/inflate/inflate.h"
#include "libs/unpack/inflate/output_buffer.h"

namespace day::unpack::cryptff {

// "IFSQ" and a one, turned over.
inline constexpr std::string_view kSignature("\xB6\xB9\xAC\xAE\xFE\xFF\xFF\xFF", 8);

class CryptFfReader {
 public:
  explicit CryptFfReader(base::Bytes file) : file_(file) {}

  std::optional<document::Part> Next(base::Budget& budget, inflate::Inflater& inflater,
                                     inflate::OutputBuffer& buffer);
  std::string_view problem() const { return {}; }

 private:
  base::Bytes file_;
  bool is_given_ = false;
};

}  // namespace day::unpack::cryptff
