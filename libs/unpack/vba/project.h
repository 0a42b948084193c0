// The list of modules in a VBA project, and what their streams hold besides the source.
//
// Specification: [MS-OVBA] 2.3.4.2 (the stream "dir"). A module's stream starts with p-code, which
// is what Office runs if its version fits, and only then has the compressed source: a document
// whose source was wiped or replaced ("stomped") still runs. So what p-code says is compared with
// the source. Pure functions, linear in the input.
//
// Limits: kModulesMax.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libs/base/bytes.h"

namespace day::unpack::vba {

inline constexpr std::size_t kModulesMax = 10'000;

struct Module {
  std::string name;
  std::string stream_name;
  std::uint32_t source_offset = 0;  // in the stream; p-code lies before it
  bool is_class = false;
};

// The modules that a decompressed "dir" stream lists, as far as it can be read.
std::vector<Module> ReadModules(base::Bytes dir);

// Where a compressed module source starts, judged by how each begins ("Attribute VB_"): for
// projects whose list is damaged or lies.
std::optional<std::size_t> FindSource(base::Bytes stream);

// The text constants in p-code that `source` does not have, and, if there are any or there is no
// source, the names in `vba_project` (the stream "_VBA_PROJECT"): one a line. Empty if the source
// tells everything.
std::string HiddenPcodeTexts(base::Bytes pcode, std::string_view source, base::Bytes vba_project);

}  // namespace day::unpack::vba
