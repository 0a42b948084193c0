// Gives what a Flash file (SWF) holds: of a compressed one the whole file decompressed, of an
// uncompressed one the files in its DefineBinaryData tags.
//
//   SwfReader swf(file);
//   while (std::optional<document::Part> part = swf.Next(budget, inflater, buffer)) { ... }
//
// Specification: "SWF File Format Specification" 19. Time is linear; everything given is paid from
// the Budget. Ownership: contents are views into the file or `buffer`, valid until the next Next().
// Not thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "libs/base/budget.h"
#include "libs/base/bytes.h"
#include "libs/unpack/document/part.h"
#include "libs/unpack/inflate/inflate.h"
#include "libs/unpack/inflate/output_buffer.h"

namespace day::unpack::swf {

class SwfReader {
 public:
  explicit SwfReader(base::Bytes file) : file_(file) {}

  std::optional<document::Part> Next(base::Budget& budget, inflate::Inflater& inflater,
                                     inflate::OutputBuffer& buffer);
  std::string_view problem() const { return {}; }

 private:
  document::Part Decompressed(base::Budget& budget, inflate::Inflater& inflater,
                              inflate::OutputBuffer& buffer);

  base::Bytes file_;
  std::uint64_t at_ = 0;  // the next tag; 0 before the first
  std::uint64_t count_ = 0;
};

}  // namespace day::unpack::swf
