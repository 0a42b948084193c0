// Walks any bytes as a zip file and extracts everything under a small budget.
#include <cstdlib>
#include <vector>

#include "libs/unpack/zip/overlap.h"
#include "libs/unpack/zip/zip_reader.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using day::unpack::zip::ZipReader;
  const day::base::Bytes file = std::as_bytes(std::span(data, size));
  day::base::BudgetLimits limits;
  limits.bytes_out_max = 4 * 1024 * 1024;
  limits.file_bytes_max = 1024 * 1024;
  limits.files_max = 200;
  limits.steps_max = 10'000'000;
  limits.password_tries_max = 15;
  day::base::Budget budget(limits);
  (void)day::unpack::zip::HasOverlappingEntries(file);
  // Behind the mark of a split archive, as volumes of that many bytes.
  constexpr std::size_t kVolumeBytes = 700;
  std::vector<std::uint64_t> starts;
  if (day::base::AsText(file).starts_with("PK\x07\x08")) {
    for (std::uint64_t start = 0; start < size; start += kVolumeBytes) {
      starts.push_back(start);
    }
  }
  auto reader = ZipReader::Create(file, starts);
  if (!reader.ok()) {
    return 0;
  }
  day::unpack::inflate::Inflater inflater;
  day::unpack::inflate::OutputBuffer buffer;
  while (const auto entry = reader->Next()) {
    if (!budget.SpendFile().ok()) {
      break;
    }
    buffer.Clear();
    // Every third entry is looked at only, as a caller may.
    if (entry->header_offset % 3 == 2) {
      continue;
    }
    const auto extraction = reader->Extract(*entry, budget, inflater, buffer);
    if (extraction.content.size() > limits.file_bytes_max ||
        (extraction.gap == "encrypted" && !extraction.content.empty())) {
      std::abort();
    }
  }
  if (budget.bytes_out() > limits.bytes_out_max) {
    std::abort();
  }
  return 0;
}
