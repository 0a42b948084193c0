// Walks any bytes as a tar file; entries must lie in order inside the file and never overlap.
#include <cstdlib>
#include <vector>

#include "libs/unpack/tar/tar_reader.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using day::unpack::tar::TarReader;
  const day::base::Bytes file = std::as_bytes(std::span(data, size));
  auto reader = TarReader::Create(file);
  if (reader.ok() != TarReader::IsTar(file)) {
    std::abort();
  }
  if (!reader.ok()) {
    return 0;
  }
  std::uint64_t end_before = 0;
  std::vector<std::byte> whole;
  while (const auto entry = reader->Next()) {
    if (!entry->data.empty()) {
      const auto begin = static_cast<std::uint64_t>(entry->data.data() - file.data());
      if (begin < end_before || begin + entry->data.size() > file.size()) {
        std::abort();
      }
      end_before = begin + entry->data.size();
    }
    if (entry->is_sparse() && entry->real_size <= 64 * 1024) {
      whole.resize(static_cast<std::size_t>(entry->real_size));
      day::unpack::tar::ExpandSparse(*entry, whole);
    }
  }
  return 0;
}
