#include "libs/signatures/lists.h"

#include <charconv>

namespace day::signatures {

// "NAME BYTES, TEXT BYTES\n", then both.
void AppendList(std::string_view name, std::string_view text, std::string* lists) {
  *lists += std::to_string(name.size()) + "," + std::to_string(text.size()) + "\n";
  lists->append(name);
  lists->append(text);
}

std::optional<List> TakeList(std::string_view* lists) {
  const std::size_t comma = lists->find(',');
  const std::size_t end = lists->find('\n');
  if (comma == std::string_view::npos || end == std::string_view::npos || comma > end) {
    return std::nullopt;
  }
  std::size_t name_size = 0;
  std::size_t text_size = 0;
  const char* const begin = lists->data();
  if (std::from_chars(begin, begin + comma, name_size).ptr != begin + comma ||
      std::from_chars(begin + comma + 1, begin + end, text_size).ptr != begin + end) {
    return std::nullopt;
  }
  const std::string_view rest = lists->substr(end + 1);
  if (name_size > rest.size() || text_size > rest.size() - name_size) {
    return std::nullopt;
  }
  *lists = rest.substr(name_size + text_size);
  return List{rest.substr(0, name_size), rest.substr(name_size, text_size)};
}

}  // namespace day::signatures
