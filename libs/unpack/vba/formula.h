// A parsed formula of a workbook ([MS-XLS] 2.2.2, "Rgce") as text. Pure function.
#pragma once

#include <string>

#include "libs/base/bytes.h"

namespace day::unpack::vba {

enum class BiffVersion : std::uint8_t { kOld, kBiff8 };  // kOld: texts are bytes

// "EXEC(\"calc\")"; what cannot be read ends the text with "...".
std::string FormulaText(base::Bytes tokens, BiffVersion version);

// A text with a length before it: characters of one or two bytes in BIFF8. As UTF-8.
std::string TakeBiffText(base::ByteReader& reader, std::size_t count, BiffVersion version);

// "B12"
std::string CellName(std::uint32_t row, std::uint32_t column);

}  // namespace day::unpack::vba
