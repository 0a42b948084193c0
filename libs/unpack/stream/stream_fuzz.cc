// Any bytes as a compressed stream of the format that the first byte chooses, under a small budget.
#include <cstdlib>

#include "libs/unpack/stream/stream.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace stream = day::unpack::stream;
  if (size == 0) {
    return 0;
  }
  const day::base::Bytes input = std::as_bytes(std::span(data + 1, size - 1));
  day::base::BudgetLimits limits;
  limits.bytes_out_max = 2 * 1024 * 1024;
  limits.file_bytes_max = 1024 * 1024;
  limits.steps_max = 1'000'000;
  day::base::Budget budget(limits);
  day::unpack::inflate::OutputBuffer buffer;
  const bool is_raw = data[0] % 9 == 8;
  const auto outcome =
      is_raw ? stream::DecodeRawLzma(day::base::ClippedSlice(input, 0, 5),
                                     day::base::ClippedSlice(input, 5, size), budget, buffer)
             : stream::Decode(static_cast<stream::Format>(data[0] % 9), input, budget, buffer);
  if (outcome.produced != buffer.size() || buffer.size() > limits.file_bytes_max ||
      outcome.consumed > size || budget.bytes_out() != buffer.size()) {
    std::abort();
  }
  return 0;
}
