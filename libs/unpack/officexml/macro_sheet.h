// Excel 4 macro sheets of .xlsx and .xlsm files, an XML text each, as plain text: one cell a line,
// as libs/unpack/vba/xlm.h has those of .xls files. Constants that are put together from pieces
// ("cm"&"d", CHAR(99)) stand there as one.
//
//   if (MacroSheetReader::IsMacroSheet(xml)) {
//     MacroSheetReader reader(xml);
//     while (std::optional<document::Part> text = reader.Next(budget, inflater, buffer)) { ... }
//
// A sheet is known by its element ("xm:macrosheet"), wherever it lies. Texts of cells that lie in
// another part ("sharedStrings.xml") are not put in. Specification: [MS-OFFMACRO2] 2.2.1.5 and
// ECMA-376 part 1, 18.3; as in officexml_reader.h the XML is not parsed. Time is linear; the text
// is paid from the Budget. Ownership: what Next() gives is a view into the reader. Not thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "libs/base/budget.h"
#include "libs/base/bytes.h"
#include "libs/unpack/document/part.h"
#include "libs/unpack/inflate/inflate.h"
#include "libs/unpack/inflate/output_buffer.h"

namespace day::unpack::officexml {

class MacroSheetReader {
 public:
  explicit MacroSheetReader(base::Bytes xml) : xml_(base::AsText(xml)) {}

  // Looks at the first element.
  static bool IsMacroSheet(base::Bytes xml);

  // Once, if there is any formula or text.
  std::optional<document::Part> Next(base::Budget& budget, inflate::Inflater& inflater,
                                     inflate::OutputBuffer& buffer);
  std::string_view problem() const { return problem_; }

 private:
  std::string_view xml_;
  bool is_read_ = false;
  std::string text_;
  std::string problem_;
};

// `"cm"&CHAR(100)` as `"cmd"`; all else stays. Pure, linear.
std::string FoldConstants(std::string_view formula);

}  // namespace day::unpack::officexml
