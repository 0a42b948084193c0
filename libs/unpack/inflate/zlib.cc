#include "libs/unpack/inflate/zlib.h"

#include <algorithm>

namespace day::unpack::inflate {

std::uint32_t Adler32(base::Bytes data) {
  constexpr std::uint32_t kPrime = 65521;
  constexpr std::size_t kBytesAtOnce = 5552;  // as many as 32 bits hold without a remainder
  std::uint32_t sum = 1;
  std::uint32_t sums = 0;
  while (!data.empty()) {
    const base::Bytes some = data.first(std::min(data.size(), kBytesAtOnce));
    for (const std::byte byte : some) {
      sum += std::to_integer<std::uint32_t>(byte);
      sums += sum;
    }
    sum %= kPrime;
    sums %= kPrime;
    data = data.subspan(some.size());
  }
  return sums << 16 | sum;
}

std::string InflateZlib(Inflater& inflater, base::Bytes input, base::Budget& budget,
                        OutputBuffer& out) {
  const std::size_t start = out.size();
  const base::Bytes deflate = base::ClippedSlice(input, kZlibHeaderBytes, input.size());
  const Outcome outcome = inflater.Inflate(deflate, budget, out);
  std::string gap = GapReason(outcome);
  const auto checksum = base::ReadAt<std::uint32_t>(deflate, outcome.consumed, base::Endian::kBig);
  if (gap.empty() && checksum && *checksum != Adler32(out.bytes().subspan(start))) {
    gap = "damaged: wrong checksum";
  }
  return gap;
}

}  // namespace day::unpack::inflate
