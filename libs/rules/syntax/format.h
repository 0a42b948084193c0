// The token layer for tools, and a formatter that loses nothing.
//
// Formatting changes only blanks between tokens: every token and comment stays, byte for byte and
// in its order, and lines are broken but never joined. The result is checked against the input
// before it is returned; text that does not hold this (because it is not rule text at all) comes
// back unchanged. FormatSource(FormatSource(x)) == FormatSource(x). Thread-safe: no state.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "libs/rules/syntax/token.h"

namespace day::rules::syntax {

struct FormatOptions {
  std::size_t indent_columns = 2;
  std::size_t blank_lines_max = 1;  // kept in a row
};

// Every byte of `text`, in order: concatenating the tokens gives the text back.
std::vector<Token> Tokenize(std::string_view text);

// Whether two texts have the same tokens and comments, whatever the blanks between.
bool SameTokens(std::string_view a, std::string_view b);

std::string FormatSource(std::string_view text, const FormatOptions& options);

}  // namespace day::rules::syntax
