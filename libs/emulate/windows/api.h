// The functions of Windows that emulated programs may call: a table of names, numbers of arguments
// (for stdcall, which removes them from the stack) and what they do.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace day::emulate::windows {

class Process;

// Gives the result; may end the run by Process::End().
using ApiFunction = std::uint64_t (*)(Process&);

struct Api {
  std::string_view library;  // lower case
  std::string_view name;
  unsigned arguments = 0;
  ApiFunction run = nullptr;  // null: gives `result`
  std::uint64_t result = 0;
};

// By part: modules and processes; memory; files and texts.
std::span<const Api> ProcessApis();
std::span<const Api> MemoryApis();
std::span<const Api> FileApis();

// Names that libraries export besides, because stubs search export tables for them; calling one
// ends the run.
struct ExportedName {
  std::string_view library;
  std::string_view name;
};
std::span<const ExportedName> MoreExports();

// All tables in one list, with numbers that stay the same. Null beyond the end.
const Api* ApiAt(std::size_t index);
// The number of a function; false if nothing is known of it.
bool FindApi(std::string_view library, std::string_view name, std::size_t& index);

}  // namespace day::emulate::windows
