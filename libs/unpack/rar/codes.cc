#include "libs/unpack/rar/codes.h"

#include "libs/unpack/parts/sink.h"

namespace day::unpack::rar {

std::string_view ReadWidths(parts::MsbBits& bits, std::span<std::uint8_t> widths) {
  constexpr std::size_t kPackingSymbols = 20;
  std::array<std::uint8_t, kPackingSymbols> packing_widths{};
  for (std::size_t i = 0; i < kPackingSymbols;) {
    const std::uint32_t width = bits.Take(4);
    if (width == 15) {
      const std::uint32_t zeros = bits.Take(4);
      if (zeros != 0) {
        i += zeros + 2;
        continue;
      }
    }
    packing_widths[i++] = static_cast<std::uint8_t>(width);
  }
  Codes packing;
  if (!packing.Build(packing_widths)) {
    return kBadCodes;
  }
  for (std::size_t i = 0; i < widths.size();) {
    const std::uint32_t symbol = packing.Decode(bits);
    if (symbol == Codes::kNone || bits.overrun()) {
      return bits.overrun() ? parts::kEndsTooEarly : kBadCodes;
    }
    if (symbol < 16) {
      widths[i] = static_cast<std::uint8_t>((widths[i] + symbol) & 15);
      ++i;
      continue;
    }
    std::uint32_t count = symbol % 2 == 0 ? bits.Take(3) + 3 : bits.Take(7) + 11;
    if (symbol < 18 && i == 0) {
      return kBadCodes;
    }
    const std::uint8_t width = symbol < 18 ? widths[i - 1] : std::uint8_t{0};
    for (; count > 0 && i < widths.size(); --count) {
      widths[i++] = width;
    }
  }
  return {};
}

}  // namespace day::unpack::rar
