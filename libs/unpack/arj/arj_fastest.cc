#include "libs/unpack/arj/arj_fastest.h"

#include <algorithm>

#include "libs/unpack/parts/bits.h"

namespace day::unpack::arj {
namespace {

using parts::MsbBits;

constexpr unsigned kLengthMin = 3;

// A number in `width_min` to `width_max` bits: ones up to a zero tell how many, and what to add.
std::uint32_t TakeGraded(MsbBits& bits, unsigned width_min, unsigned width_max) {
  std::uint32_t base = 0;
  unsigned width = width_min;
  while (width < width_max && bits.Bit() != 0) {
    base += 1u << width;
    ++width;
  }
  return base + bits.Take(width);
}

}  // namespace

void DecodeFastest(base::Bytes packed, std::uint64_t size, parts::Sink& sink) {
  constexpr unsigned kLengthWidthMax = 7;
  constexpr unsigned kPlaceWidthMin = 9;
  constexpr unsigned kPlaceWidthMax = 13;
  MsbBits bits(packed);
  while (sink.ok() && sink.produced() < size) {
    const std::uint32_t length = TakeGraded(bits, 0, kLengthWidthMax);
    const std::uint32_t rest =
        length == 0 ? bits.Take(8) : TakeGraded(bits, kPlaceWidthMin, kPlaceWidthMax);
    if (bits.overrun()) {
      sink.End(parts::kEndsTooEarly);
    } else if (length == 0) {
      sink.Put(static_cast<std::uint8_t>(rest));
    } else {
      const std::uint64_t count = std::uint64_t{length} - 1 + kLengthMin;
      sink.CopyBack(std::uint64_t{rest} + 1, std::min(count, size - sink.produced()));
    }
  }
}

}  // namespace day::unpack::arj
