// Going through a text line by line.
//
//   while (!text.empty()) { const std::string_view line = TakeLine(&text); ... }
//
// Thread safety: safe.
#pragma once

#include <algorithm>
#include <string_view>

namespace day::base {

// Takes one line off the front of `text` and returns it without its newline, which the last line
// need not have. A carriage return stays. REQUIRES: text is not empty.
inline std::string_view TakeLine(std::string_view* text) {
  const std::size_t end = std::min(text->find('\n'), text->size());
  const std::string_view line = text->substr(0, end);
  text->remove_prefix(std::min(end + 1, text->size()));
  return line;
}

}  // namespace day::base
