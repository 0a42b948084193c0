// Excel 4 macro sheets in a workbook's stream, as text: one cell a line, with its formula and the
// text it had when it was saved. Constants that are put together from pieces ("cm"&"d", CHAR(99))
// stand there as one.
//
// Specification: [MS-XLS] 2.2.2 (formulas) and 2.4 (records); BIFF5 and BIFF8, and BIFF3 and BIFF4
// as far as they are alike; .xlsb files: xlsb.h. Pure function, linear in the stream.
#pragma once

#include <cstdint>
#include <string>

#include "libs/base/bytes.h"

namespace day::unpack::vba {

// Empty if there is no macro sheet. At most text_bytes_max, and a little.
std::string MacroSheetText(base::Bytes workbook, std::uint64_t text_bytes_max);

}  // namespace day::unpack::vba
