#include "libs/signatures/lists.h"

#include <charconv>

namespace day::signatures {
namespace {

std::optional<std::size_t> ReadSize(std::string_view digits) {
  std::size_t size = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), size);
  return error == std::errc{} && end == digits.data() + digits.size() ? std::optional(size)
                                                                      : std::nullopt;
}

}  // namespace

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
  const std::optional<std::size_t> name_size = ReadSize(lists->substr(0, comma));
  const std::optional<std::size_t> text_size = ReadSize(lists->substr(comma + 1, end - comma - 1));
  if (!name_size || !text_size) {
    return std::nullopt;
  }
  const std::string_view rest = lists->substr(end + 1);
  if (*name_size > rest.size() || *text_size > rest.size() - *name_size) {
    return std::nullopt;
  }
  *lists = rest.substr(*name_size + *text_size);
  return List{rest.substr(0, *name_size), rest.substr(*name_size, *text_size)};
}

}  // namespace day::signatures
