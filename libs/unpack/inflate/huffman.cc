#include "libs/unpack/inflate/huffman.h"

#include <algorithm>

namespace day::unpack::inflate {
namespace {

// RFC 1951, 3.2.5: base length and extra bits of symbols 257..285.
constexpr std::array<std::uint16_t, 29> kLengthBase = {3,  4,  5,  6,   7,   8,   9,   10,  11, 13,
                                                       15, 17, 19, 23,  27,  31,  35,  43,  51, 59,
                                                       67, 83, 99, 115, 131, 163, 195, 227, 258};
constexpr std::array<std::uint8_t, 29> kLengthExtra = {0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2,
                                                       2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0};
constexpr std::array<std::uint16_t, 30> kDistanceBase = {
    1,   2,   3,   4,   5,   7,    9,    13,   17,   25,   33,   49,   65,    97,    129,
    193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577};
constexpr std::array<std::uint8_t, 30> kDistanceExtra = {0, 0, 0,  0,  1,  1,  2,  2,  3,  3,
                                                         4, 4, 5,  5,  6,  6,  7,  7,  8,  8,
                                                         9, 9, 10, 10, 11, 11, 12, 12, 13, 13};
constexpr std::uint32_t kEndOfBlockSymbol = 256;

constexpr std::uint32_t MakeEntry(std::uint32_t value, std::uint32_t extra, std::uint32_t flags) {
  return (value << 16) | (extra << 8) | flags;
}

// What a symbol means, without its code length.
std::uint32_t SymbolEntry(Alphabet alphabet, std::uint32_t symbol) {
  switch (alphabet) {
    case Alphabet::kLengthCodes:
      return MakeEntry(symbol, 0, 0);
    case Alphabet::kDistances:
      return symbol < kDistanceBase.size()
                 ? MakeEntry(kDistanceBase[symbol], kDistanceExtra[symbol], 0)
                 : kEntryInvalid;
    case Alphabet::kLiterals:
      break;
  }
  if (symbol < kEndOfBlockSymbol) {
    return MakeEntry(symbol, 0, kEntryLiteral);
  }
  if (symbol == kEndOfBlockSymbol) {
    return kEntryEndOfBlock;
  }
  const std::uint32_t length = symbol - kEndOfBlockSymbol - 1;
  return length < kLengthBase.size() ? MakeEntry(kLengthBase[length], kLengthExtra[length], 0)
                                     : kEntryInvalid;
}

std::uint32_t ReverseBits(std::uint32_t code, unsigned bits) {
  std::uint32_t reversed = 0;
  for (unsigned i = 0; i < bits; ++i) {
    reversed = (reversed << 1) | ((code >> i) & 1);
  }
  return reversed;
}

struct Code {
  std::array<std::uint16_t, kCodeBitsMax + 1> count{};     // symbols of each length not yet placed
  std::array<std::uint16_t, kLiteralSymbolsMax> sorted{};  // symbols by length, then value
  std::size_t symbols = 0;
  unsigned bits_max = 0;
  bool complete = true;
};

bool ReadLengths(std::span<const std::uint8_t> lengths, Alphabet alphabet, Code& code) {
  for (const std::uint8_t length : lengths) {
    ++code.count[length];
  }
  code.count[0] = 0;
  std::array<std::uint16_t, kCodeBitsMax + 2> next{};
  std::int32_t left = 1;  // codes of this length that are still free
  for (unsigned bits = 1; bits <= kCodeBitsMax; ++bits) {
    left = 2 * left - code.count[bits];
    if (left < 0) {
      return false;
    }
    if (code.count[bits] != 0) {
      code.bits_max = bits;
    }
    next[bits + 1] = static_cast<std::uint16_t>(next[bits] + code.count[bits]);
  }
  code.complete = left == 0;
  const bool may_be_incomplete =
      code.bits_max == 0 || (code.bits_max == 1 && alphabet != Alphabet::kLengthCodes);
  if (!code.complete && !may_be_incomplete) {
    return false;
  }
  for (std::size_t symbol = 0; symbol < lengths.size(); ++symbol) {
    if (lengths[symbol] != 0) {
      code.sorted[next[lengths[symbol]]++] = static_cast<std::uint16_t>(symbol);
      ++code.symbols;
    }
  }
  return true;
}

// Index bits of the subtable that starts with a code of `bits` bits: enough to hold the codes
// behind this prefix, which are the next ones in canonical order.
unsigned SubtableBits(const Code& code, unsigned bits, unsigned primary_bits) {
  unsigned index_bits = bits - primary_bits;
  std::int32_t left = 1 << index_bits;
  while (index_bits + primary_bits < code.bits_max) {
    left -= code.count[index_bits + primary_bits];
    if (left <= 0) {
      break;
    }
    ++index_bits;
    left *= 2;
  }
  return index_bits;
}

void Fill(std::span<std::uint32_t> part, std::uint32_t first, std::uint32_t stride,
          std::uint32_t entry) {
  for (std::size_t i = first; i < part.size(); i += stride) {
    part[i] = entry;
  }
}

}  // namespace

bool BuildTable(std::span<const std::uint8_t> lengths, Alphabet alphabet, unsigned primary_bits,
                std::span<std::uint32_t> table) {
  Code code;
  if (!ReadLengths(lengths, alphabet, code)) {
    return false;
  }
  const std::uint32_t primary_size = 1u << primary_bits;
  if (!code.complete) {
    Fill(table.first(primary_size), 0, 1, kEntryInvalid | 1);
  }
  std::uint32_t next_code = 0;
  unsigned bits_before = 0;
  std::uint32_t prefix_before = ~0u;
  std::size_t position = primary_size;  // where the next subtable goes
  std::span<std::uint32_t> subtable;
  for (std::size_t i = 0; i < code.symbols; ++i) {
    const std::uint32_t symbol = code.sorted[i];
    const unsigned bits = lengths[symbol];
    next_code <<= bits - bits_before;
    bits_before = bits;
    const std::uint32_t reversed = ReverseBits(next_code++, bits);
    const std::uint32_t entry = SymbolEntry(alphabet, symbol);
    if (bits <= primary_bits) {
      Fill(table.first(primary_size), reversed, 1u << bits, entry | bits);
    } else {
      const std::uint32_t prefix = reversed & (primary_size - 1);
      if (prefix != prefix_before) {
        prefix_before = prefix;
        const unsigned index_bits = SubtableBits(code, bits, primary_bits);
        const std::size_t size = std::size_t{1} << index_bits;
        if (size > table.size() - position) {
          return false;
        }
        subtable = table.subspan(position, size);
        table[prefix] =
            MakeEntry(static_cast<std::uint32_t>(position), index_bits, kEntrySubtable) |
            primary_bits;
        position += size;
      }
      Fill(subtable, reversed >> primary_bits, 1u << (bits - primary_bits),
           entry | (bits - primary_bits));
    }
    --code.count[bits];
  }
  return true;
}

}  // namespace day::unpack::inflate
