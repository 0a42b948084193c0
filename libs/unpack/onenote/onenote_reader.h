// Gives the files in a OneNote section (.one).
//
//   OneNoteReader section(file);
//   while (std::optional<document::Part> part = section.Next(budget, inflater, buffer)) { ... }
//
// Specifications: [MS-ONESTORE] 2.6.13 (FileDataStoreObject) for sections that OneNote 2007 and
// later keep on disk, 2.8 and [MS-FSSHTTPB] for those that come from the web. The former are looked
// for by their GUID wherever they lie, so that nothing depends on the tables that lead to them; the
// latter are a sequence of objects with lengths, walked from the front.
//
// Time is linear; everything given is paid from the Budget. Ownership: contents are views into the
// file. Not thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "libs/base/budget.h"
#include "libs/base/bytes.h"
#include "libs/unpack/document/part.h"
#include "libs/unpack/inflate/inflate.h"
#include "libs/unpack/inflate/output_buffer.h"

namespace day::unpack::onenote {

class OneNoteReader {
 public:
  explicit OneNoteReader(base::Bytes file);

  std::optional<document::Part> Next(base::Budget& budget, inflate::Inflater& inflater,
                                     inflate::OutputBuffer& buffer);
  // "damaged: the file is cut", or empty.
  std::string_view problem() const { return problem_; }

 private:
  std::optional<document::Part> NextStored(base::Budget& budget);
  std::optional<document::Part> NextPackaged(base::Budget& budget);

  base::Bytes file_;
  std::string_view problem_;
  std::uint64_t stored_at_ = 0;
  std::uint64_t packaged_at_ = 0;
  bool walks_packaging_ = false;
  std::uint64_t count_ = 0;
};

}  // namespace day::unpack::onenote
