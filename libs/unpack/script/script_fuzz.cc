// Undoes the disguises in any bytes under a small budget.
#include <cstdlib>

#include "libs/unpack/script/script_reader.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using day::unpack::script::Certainty;
  day::base::BudgetLimits limits;
  limits.bytes_out_max = 4 * 1024 * 1024;
  limits.file_bytes_max = 1024 * 1024;
  day::base::Budget budget(limits);
  const day::base::Bytes text = std::as_bytes(std::span(data, size));
  day::unpack::script::ScriptReader reader(text,
                                           size % 4 == 0 ? Certainty::kText : Certainty::kScript);
  day::unpack::inflate::OutputBuffer buffer;
  std::size_t parts = 0;
  while (const auto part = reader.Next(budget, buffer)) {
    if (part->content.size() > limits.file_bytes_max || ++parts > 100'000) {
      std::abort();
    }
  }
  if (budget.bytes_out() > limits.bytes_out_max) {
    std::abort();
  }
  return 0;
}
