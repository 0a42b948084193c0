// Decodes any bytes as a block of any codec: the first byte chooses it, the next two the size.
#include <cstdlib>

#include "libs/unpack/blocks/block_decoder.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace blocks = day::unpack::blocks;
  if (size < 3) {
    return 0;
  }
  const auto codec = static_cast<blocks::Codec>(data[0] % 16 <= 10 ? data[0] % 16 : data[0] % 8);
  const std::uint64_t size_max = (data[1] | std::uint64_t{data[2]} << 8) * 16;
  blocks::BlockDecoder decoder;
  day::base::Budget budget{day::base::BudgetLimits{}};
  day::unpack::inflate::OutputBuffer out;
  decoder.Decode(codec, std::as_bytes(std::span(data, size)).subspan(3), size_max, budget, out);
  if (out.size() > size_max) {
    std::abort();
  }
  return 0;
}
