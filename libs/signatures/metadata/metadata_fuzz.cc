// Reads any text as each kind of list, and matches a file against what is in it.
#include <cstdint>
#include <string>

#include "libs/signatures/lists.h"
#include "libs/signatures/metadata/metadata_matcher.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace metadata = day::signatures::metadata;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  std::string lists;
  for (const char* name : {"a.cdb", "b.zmd", "c.rmd"}) {
    day::signatures::AppendList(name, text, &lists);
  }
  metadata::MetadataMatcher matcher(lists);
  metadata::ContainedFile file;
  file.name = "folder/file.exe";
  file.position = 1;
  (void)matcher.Match(file);
  metadata::MetadataMatcher damaged(text);
  (void)damaged.Match(file);
  return 0;
}
