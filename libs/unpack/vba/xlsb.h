// Excel 4 macros in the parts of a .xlsb file (sheets and the workbook's list of names), as text:
// one cell a line, with its formula and what that gave when it was saved, as xlm.h has it.
//
//   if (BinarySheetReader::IsBinarySheet(part)) {
//     BinarySheetReader reader(part);
//     while (std::optional<document::Part> text = reader.Next(budget, inflater, buffer)) { ... }
//
// A sheet is one of macros if a formula in it has a function or command that only macro sheets may
// have, whatever the file calls it; names are told if one of them runs by itself ("Auto_Open").
// Texts of cells lie in another part ("sharedStrings.bin") and are not put in.
//
// Specification: [MS-XLSB] 2.1.4 (records), 2.4.672 to 2.4.675 and 2.4.711. Time is linear in the
// part; the text is paid from the Budget. Ownership: what Next() gives is a view into the reader.
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

namespace day::unpack::vba {

class BinarySheetReader {
 public:
  explicit BinarySheetReader(base::Bytes part) : part_(part) {}

  // Whether it begins as a sheet or a workbook does.
  static bool IsBinarySheet(base::Bytes part);

  // Once, if there are macros.
  std::optional<document::Part> Next(base::Budget& budget, inflate::Inflater& inflater,
                                     inflate::OutputBuffer& buffer);
  std::string_view problem() const { return problem_; }

 private:
  base::Bytes part_;
  bool is_read_ = false;
  std::string text_;
  std::string problem_;
};

}  // namespace day::unpack::vba
