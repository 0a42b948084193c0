// Small signature files that travel in a database as texts: Database::lists(). Pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace day::signatures {

// The list of names that .ign2 files leave out, for rules: one a line.
inline constexpr std::string_view kIgnoredNames = "(ignored names)";

struct List {
  std::string_view name;  // of the file, as given to the builder
  std::string_view text;
};

// Appends one to `lists`.
void AppendList(std::string_view name, std::string_view text, std::string* lists);

// Takes the first one off; nothing at the end, or where `lists` is damaged.
std::optional<List> TakeList(std::string_view* lists);

}  // namespace day::signatures
