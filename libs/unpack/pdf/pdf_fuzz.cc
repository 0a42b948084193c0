// Walks any bytes as a PDF file under a small budget.
#include <cstdlib>

#include "libs/unpack/pdf/pdf_reader.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  day::base::BudgetLimits limits;
  limits.bytes_out_max = 4 * 1024 * 1024;
  limits.file_bytes_max = 1024 * 1024;
  limits.files_max = 300;
  day::base::Budget budget(limits);
  const day::base::Bytes file = std::as_bytes(std::span(data, size));
  (void)day::unpack::pdf::PdfReader::IsPdf(file);
  day::unpack::pdf::PdfReader reader(file);
  day::unpack::inflate::Inflater inflater;
  day::unpack::inflate::OutputBuffer buffer;
  while (const auto part = reader.Next(budget, inflater, buffer)) {
    if (part->name.empty() || part->content.size() > limits.file_bytes_max + size) {
      std::abort();
    }
    if (!budget.SpendFile().ok()) {
      break;
    }
  }
  if (budget.bytes_out() > limits.bytes_out_max) {
    std::abort();
  }
  return 0;
}
