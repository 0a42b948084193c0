#include "libs/unpack/parts/lzh.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "libs/unpack/parts/bits.h"
#include "libs/unpack/parts/prefix_code.h"

namespace day::unpack::parts {
namespace {

constexpr std::size_t kLengthSymbols = 19;  // of the code that packs the other code's lengths
constexpr std::size_t kSymbols = 510;       // bytes, then lengths of 3 to 256
constexpr unsigned kSymbolCountBits = 9;
constexpr unsigned kPackingCountBits = 5;
constexpr unsigned kLengthMin = 3;
constexpr unsigned kLiterals = 256;
constexpr std::string_view kBadCode = "damaged: invalid code";

// A prefix code, or one symbol that takes no bits.
struct Code {
  PrefixCode code;
  std::optional<std::uint32_t> single;

  bool Set(const std::vector<std::uint8_t>& lengths) {
    single.reset();
    return code.Build(lengths);
  }
  std::optional<std::uint32_t> Decode(MsbBits& bits) const {
    return single ? single : code.Decode(bits);
  }
};

// Lengths of three bits, longer ones in unary. Behind the third one of the first alphabet stands a
// count of zeros.
bool TakeSmallCode(MsbBits& bits, std::size_t symbols, unsigned count_bits, bool has_zeros,
                   Code& code) {
  constexpr unsigned kLengthBits = 3;
  constexpr std::size_t kZerosAfter = 3;
  const std::size_t count = bits.Take(count_bits);
  if (count == 0) {
    code.single = bits.Take(count_bits);
    return *code.single < symbols;
  }
  if (count > symbols) {
    return false;
  }
  std::vector<std::uint8_t> lengths;
  while (lengths.size() < count) {
    unsigned length = bits.Take(kLengthBits);
    if (length == 7) {
      while (length <= kPrefixBitsMax && bits.Bit() != 0) {
        ++length;
      }
    }
    lengths.push_back(static_cast<std::uint8_t>(length));
    if (has_zeros && lengths.size() == kZerosAfter) {
      lengths.insert(lengths.end(), bits.Take(2), 0);
    }
  }
  return lengths.size() <= symbols && code.Set(lengths);
}

bool TakeSymbolCode(MsbBits& bits, const Code& packing, Code& code) {
  const std::size_t count = bits.Take(kSymbolCountBits);
  if (count == 0) {
    code.single = bits.Take(kSymbolCountBits);
    return *code.single < kSymbols;
  }
  if (count > kSymbols) {
    return false;
  }
  std::vector<std::uint8_t> lengths;
  while (lengths.size() < count && !bits.overrun()) {
    const auto symbol = packing.Decode(bits);
    if (!symbol) {
      return false;
    }
    if (*symbol == 0) {
      lengths.push_back(0);
    } else if (*symbol == 1) {
      lengths.insert(lengths.end(), bits.Take(4) + 3, 0);
    } else if (*symbol == 2) {
      lengths.insert(lengths.end(), bits.Take(9) + 20, 0);
    } else {
      lengths.push_back(static_cast<std::uint8_t>(*symbol - 2));
    }
  }
  return lengths.size() <= kSymbols && code.Set(lengths);
}

}  // namespace

void DecodeLzh(base::Bytes packed, std::uint64_t size, const LzhForm& form, Sink& sink) {
  MsbBits bits(packed);
  Code packing;
  Code symbols;
  Code places;
  std::uint32_t left = 0;  // symbols of the block
  while (sink.ok() && sink.produced() < size) {
    if (left == 0) {
      left = bits.Take(16);
      if (left == 0 || !TakeSmallCode(bits, kLengthSymbols, kPackingCountBits, true, packing) ||
          !TakeSymbolCode(bits, packing, symbols) ||
          !TakeSmallCode(bits, form.places, form.place_count_bits, false, places)) {
        sink.End(bits.overrun() ? kEndsTooEarly : "damaged: invalid codes");
        return;
      }
    }
    if (symbols.single && *symbols.single < kLiterals && !bits.overrun()) {
      // The whole block is one byte: nothing is left to be read for it.
      for (; left > 0 && sink.produced() < size; --left) {
        if (!sink.Put(static_cast<std::uint8_t>(*symbols.single))) {
          return;
        }
      }
      continue;
    }
    --left;
    const auto symbol = symbols.Decode(bits);
    if (bits.overrun()) {
      sink.End(kEndsTooEarly);
    } else if (!symbol) {
      sink.End(kBadCode);
    } else if (*symbol < kLiterals) {
      sink.Put(static_cast<std::uint8_t>(*symbol));
    } else {
      const auto place = places.Decode(bits);
      if (!place) {
        sink.End(kBadCode);
        return;
      }
      const std::uint64_t distance =
          *place == 0 ? 0 : (std::uint64_t{1} << (*place - 1)) + bits.Take(*place - 1);
      const std::uint64_t length = *symbol - kLiterals + kLengthMin;
      sink.CopyBack(distance + 1, std::min(length, size - sink.produced()), form.before);
    }
  }
}

}  // namespace day::unpack::parts
