// Reads any bytes as a gzip file under a small budget.
#include <cstdlib>

#include "libs/unpack/gzip/gzip_reader.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  day::base::BudgetLimits limits;
  limits.bytes_out_max = 4 * 1024 * 1024;
  limits.file_bytes_max = 1024 * 1024;
  day::base::Budget budget(limits);
  auto reader = day::unpack::gzip::GzipReader::Create(std::as_bytes(std::span(data, size)));
  if (!reader.ok()) {
    return 0;
  }
  day::unpack::inflate::Inflater inflater;
  day::unpack::inflate::OutputBuffer buffer;
  std::uint64_t total = 0;
  while (const auto member = reader->Next(budget, inflater, buffer)) {
    total += member->content_size;
    if (member->content_offset + member->content_size != buffer.size()) {
      std::abort();
    }
  }
  if (total != buffer.size() || buffer.size() > limits.bytes_out_max ||
      reader->trailing().size() > size) {
    std::abort();
  }
  return 0;
}
