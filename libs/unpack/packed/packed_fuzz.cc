// Any PE file is run for a little while: it ends, and what comes out keeps to the budget.
#include <cstdlib>
#include <span>

#include "libs/unpack/packed/packed_reader.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::uint64_t kInstructions = 50'000;
  const day::base::Bytes file = std::as_bytes(std::span(data, size));
  (void)day::unpack::packed::PackedReader::LooksPacked(file);
  day::base::BudgetLimits limits;
  limits.bytes_out_max = 4 * 1024 * 1024;
  day::base::Budget budget(limits);
  day::unpack::packed::PackedReader reader(file, kInstructions);
  std::uint64_t bytes = 0;
  unsigned dumps = 0;
  while (const auto dump = reader.Next(budget)) {
    bytes += dump->content.size();
    const bool has_either = dump->gap.empty() || dump->content.empty();
    if (++dumps > day::unpack::packed::kDumpsMax + 1 || bytes > limits.bytes_out_max ||
        !has_either) {
      std::abort();
    }
  }
  return 0;
}
