// Reads any text as file types and asks what another part of it is.
#include <cstdint>
#include <string>

#include "libs/signatures/filetypes/filetype_table.h"
#include "libs/signatures/lists.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace filetypes = day::signatures::filetypes;
  // Lines, then a zero, then the file.
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t end = std::min(input.find('\0'), input.size());
  std::string lists;
  day::signatures::AppendList("a.ftm", input.substr(0, end), &lists);
  filetypes::FileTypeTable table(lists);
  const auto file = day::base::AsBytes(input.substr(std::min(end + 1, input.size())));
  const auto now = day::signatures::clamav::TypeOfName("CL_TYPE_BINARY_DATA").value();
  (void)table.TypeOf(file, now, false);
  (void)table.TypeOf(file, now, true);
  return 0;
}
