// A parsed formula of a workbook ([MS-XLS] 2.2.2 and [MS-XLSB] 2.2.2, "Rgce") as text. Pure
// function.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "libs/base/bytes.h"

namespace day::unpack::vba {

// kOld: texts are bytes; kBiff12: what .xlsb files have.
enum class BiffVersion : std::uint8_t { kOld, kBiff8, kBiff12 };

// At most so many bytes of a formula are read (Excel allows 1,800 in .xls, 16,384 in .xlsb).
inline constexpr std::size_t kFormulaBytesMax = 16'384;

struct Formula {
  std::string text;
  bool is_macro = false;  // it has what only macro sheets may have
};

// "EXEC(\"calc\")"; what cannot be read ends the text with "...".
Formula ParseFormula(base::Bytes tokens, BiffVersion version);

// `count` characters, of one or two bytes in BIFF8 and of two in BIFF12. As UTF-8.
std::string TakeBiffText(base::ByteReader& reader, std::size_t count, BiffVersion version);

// "B12"
std::string CellName(std::uint32_t row, std::uint32_t column);

}  // namespace day::unpack::vba
