#include <array>

#include "libs/unpack/parts/prefix_code.h"
#include "libs/unpack/wim/chunk.h"
#include "libs/unpack/wim/word_bits.h"

namespace day::unpack::wim {
namespace {

constexpr std::size_t kSymbols = 512;
constexpr std::size_t kLengthsMin = 3;  // of a match

}  // namespace

std::size_t DecodeXpress(base::Bytes packed, std::span<std::byte> out) {
  std::array<std::uint8_t, kSymbols> lengths{};
  if (packed.size() < kSymbols / 2) {
    return 0;
  }
  for (std::size_t i = 0; i < kSymbols; ++i) {
    const auto pair = std::to_integer<unsigned>(packed[i / 2]);
    lengths[i] = static_cast<std::uint8_t>(i % 2 == 0 ? pair & 15 : pair >> 4);
  }
  parts::PrefixCode code;
  if (!code.Build(lengths)) {
    return 0;
  }
  WordBits bits(packed.subspan(kSymbols / 2));
  std::size_t at = 0;
  while (at < out.size()) {
    const auto symbol = code.Decode(bits);
    if (!symbol || bits.overrun()) {
      break;
    }
    if (*symbol < 256) {
      out[at++] = static_cast<std::byte>(*symbol);
      continue;
    }
    std::size_t length = *symbol & 15;
    bits.HoldWord();
    if (length == 15) {
      length += base::ReadAt<std::uint8_t>(bits.TakeBytes(1), 0).value_or(0);
      if (length == 15 + 255) {
        length = base::ReadAt<std::uint16_t>(bits.TakeBytes(2), 0).value_or(0);
      }
    }
    const unsigned offset_bits = (*symbol >> 4) & 15;
    const std::size_t distance = (std::size_t{1} << offset_bits) | bits.Take(offset_bits);
    if (!CopyMatch(out, at, distance, length + kLengthsMin)) {
      break;
    }
  }
  return at;
}

}  // namespace day::unpack::wim
