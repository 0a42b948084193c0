// Whether a line of a small file that is kept as a list can be used. Pure functions.
#pragma once

#include <string>
#include <string_view>

namespace day::signatures::sources {

struct LineProblem {
  bool is_used = false;
  std::string reason;  // empty for lines that say nothing
};

// `ending`: of the file's name, ".ftm", ".crb", ".idb" or ".pwdb".
LineProblem CheckListLine(std::string_view ending, std::string_view line);

}  // namespace day::signatures::sources
