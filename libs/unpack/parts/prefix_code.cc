#include "libs/unpack/parts/prefix_code.h"

namespace day::unpack::parts {

bool PrefixCode::Build(std::span<const std::uint8_t> lengths) {
  counts_.fill(0);
  symbols_.clear();
  for (const std::uint8_t length : lengths) {
    if (length > kPrefixBitsMax) {
      return false;
    }
    ++counts_[length];
  }
  counts_[0] = 0;
  std::int64_t left = 1;
  std::array<std::uint32_t, kPrefixBitsMax + 1> starts{};
  std::uint32_t total = 0;
  for (unsigned length = 1; length <= kPrefixBitsMax; ++length) {
    left = left * 2 - counts_[length];
    if (left < 0) {
      counts_.fill(0);
      return false;
    }
    starts[length] = total;
    total += counts_[length];
  }
  symbols_.resize(total);
  for (std::size_t symbol = 0; symbol < lengths.size(); ++symbol) {
    if (lengths[symbol] != 0) {
      symbols_[starts[lengths[symbol]]++] = static_cast<std::uint16_t>(symbol);
    }
  }
  return true;
}

}  // namespace day::unpack::parts
