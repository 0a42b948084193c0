// Any lengths as a prefix code, any bits through it: only symbols that have a code come out.
#include <algorithm>
#include <cstdlib>

#include "libs/unpack/parts/bits.h"
#include "libs/unpack/parts/prefix_code.h"

namespace {

template <typename Bits>
void DecodeAll(const day::unpack::parts::PrefixCode& code, std::span<const std::uint8_t> lengths,
               Bits bits) {
  while (!bits.overrun()) {
    const auto symbol = code.Decode(bits);
    if (symbol && (*symbol >= lengths.size() || lengths[*symbol] == 0)) {
      std::abort();
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace parts = day::unpack::parts;
  if (size == 0) {
    return 0;
  }
  const std::size_t count = std::min<std::size_t>(data[0], size - 1);
  const std::span<const std::uint8_t> lengths(data + 1, count);
  const day::base::Bytes rest = std::as_bytes(std::span(data + 1 + count, size - 1 - count));
  parts::PrefixCode code;
  if (code.Build(lengths)) {
    DecodeAll(code, lengths, parts::LsbBits(rest));
    DecodeAll(code, lengths, parts::MsbBits(rest));
  }
  return 0;
}
