// The functions and commands of workbooks that macros are made of, by the numbers that formulas
// have for them: [MS-XLS] 2.5.198.17 ("Ftab") and 2.5.198.4 ("Cetab"). Not all of the two tables.
// Pure functions.
#pragma once

#include <cstdint>
#include <string_view>

namespace day::unpack::vba {

struct Function {
  std::uint16_t index;
  std::string_view name;
  std::uint8_t arguments;  // of the form with a fixed number
  bool is_macro;           // only macro sheets may have it
};

// Null if it is not known.
const Function* FindFunction(std::uint16_t index);

// Empty if it is not known. All commands are for macro sheets only.
std::string_view CommandName(std::uint16_t index);

}  // namespace day::unpack::vba
