// Any file: contents lie inside of it, behind its beginning, and there is an end to them.
#include <cstdlib>

#include "libs/unpack/embedded/embedded_reader.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const day::base::Bytes file = std::as_bytes(std::span(data, size));
  day::unpack::embedded::EmbeddedReader reader(file, {});
  std::size_t count = 0;
  while (const auto found = reader.Next()) {
    const bool is_inside = found->content.data() > file.data() &&
                           found->content.data() + found->content.size() <= file.data() + size;
    if (!is_inside || found->content.empty() || ++count > day::unpack::embedded::kFoundMax) {
      std::abort();
    }
  }
  return 0;
}
