#include "libs/unpack/zip/old_methods.h"

#include <algorithm>
#include <array>
#include <bit>
#include <vector>

#include "libs/unpack/parts/bits.h"
#include "libs/unpack/parts/prefix_code.h"

namespace day::unpack::zip {
namespace {

using parts::LsbBits;
using parts::PrefixCode;
using parts::Sink;

constexpr std::uint32_t kCodesMax = 8192;
constexpr std::uint32_t kFirstCode = 257;
constexpr std::uint32_t kControl = 256;

// Shrink's table: LZW whose leaves can be cleared.
class ShrinkTable {
 public:
  ShrinkTable() { prefix_.fill(kFree); }

  bool Has(std::uint32_t code) const { return code < kControl || prefix_[code] != kFree; }

  // Writes the code's bytes; the first of them is kept.
  bool Write(std::uint32_t code, Sink& sink) {
    std::size_t at = text_.size();
    while (code >= kFirstCode && at > 1 && prefix_[code] != kFree) {
      text_[--at] = last_[code];
      code = prefix_[code];
    }
    text_[--at] = static_cast<std::uint8_t>(code);
    first_ = text_[at];
    return sink.Write(std::as_bytes(std::span(text_).subspan(at)));
  }
  std::uint8_t first() const { return first_; }

  // The next free code gets the meaning "prefix, then byte".
  void Add(std::uint32_t prefix, std::uint8_t byte) {
    while (next_ < kCodesMax && prefix_[next_] != kFree) {
      ++next_;
    }
    // A prefix that was cleared may be the very code that is free: then it stays taken and unused.
    if (next_ < kCodesMax) {
      prefix_[next_] = static_cast<std::uint16_t>(prefix);
      last_[next_] = byte;
      ++next_;
    }
  }

  // Frees the codes that are no prefix of another.
  void Clear() {
    std::array<bool, kCodesMax> is_prefix{};
    for (std::uint32_t code = kFirstCode; code < kCodesMax; ++code) {
      if (prefix_[code] != kFree) {
        is_prefix[prefix_[code]] = true;
      }
    }
    for (std::uint32_t code = kFirstCode; code < kCodesMax; ++code) {
      if (!is_prefix[code]) {
        prefix_[code] = kFree;
      }
    }
    next_ = kFirstCode;
  }

 private:
  static constexpr std::uint16_t kFree = 0xFFFF;

  std::array<std::uint16_t, kCodesMax> prefix_;
  std::array<std::uint8_t, kCodesMax> last_{};
  std::array<std::uint8_t, kCodesMax> text_{};
  std::uint32_t next_ = kFirstCode;
  std::uint8_t first_ = 0;
};

// Implode's trees: a count of bytes, then runs of equal lengths.
bool TakeTree(LsbBits& bits, std::size_t symbols, PrefixCode& code) {
  std::vector<std::uint8_t> lengths;
  for (unsigned runs = bits.Take(8) + 1; runs > 0; --runs) {
    const std::uint32_t run = bits.Take(8);
    lengths.insert(lengths.end(), (run >> 4) + 1, static_cast<std::uint8_t>((run & 15) + 1));
    if (lengths.size() > symbols) {
      return false;
    }
  }
  return lengths.size() == symbols && code.Build(lengths);
}

// Whether the decoder has to go on; tells why if it has not.
bool GoesOn(const LsbBits& bits, std::uint64_t size, Sink& sink) {
  if (bits.overrun() && sink.ok()) {
    sink.End(parts::kEndsTooEarly);
  }
  return sink.ok() && sink.produced() < size;
}

std::uint64_t Wanted(std::uint64_t length, std::uint64_t size, const Sink& sink) {
  return std::min(length, size - sink.produced());
}

constexpr std::size_t kLengthCodes = 29;
constexpr std::array<std::uint16_t, kLengthCodes> kLengthBases = {
    3,  4,  5,  6,  7,  8,  9,  10, 11,  13,  15,  17,  19,  23, 27,
    31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 3};
constexpr std::array<std::uint8_t, kLengthCodes> kLengthExtra = {
    0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 16};

// The codes of one deflate64 block.
struct Block {
  PrefixCode literals;
  PrefixCode distances;
};

void FixedCodes(Block& block) {
  std::array<std::uint8_t, 288> lengths{};
  for (std::size_t i = 0; i < lengths.size(); ++i) {
    lengths[i] = i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8;
  }
  block.literals.Build(lengths);
  std::array<std::uint8_t, 32> distances{};
  distances.fill(5);
  block.distances.Build(distances);
}

bool TakeCodes(LsbBits& bits, Block& block) {
  constexpr std::array<std::uint8_t, 19> kOrder = {16, 17, 18, 0, 8,  7, 9,  6, 10, 5,
                                                   11, 4,  12, 3, 13, 2, 14, 1, 15};
  const std::size_t literals = bits.Take(5) + 257;
  const std::size_t distances = bits.Take(5) + 1;
  const std::size_t used = bits.Take(4) + 4;
  std::array<std::uint8_t, 19> code_lengths{};
  for (std::size_t i = 0; i < used; ++i) {
    code_lengths[kOrder[i]] = static_cast<std::uint8_t>(bits.Take(3));
  }
  PrefixCode code;
  if (!code.Build(code_lengths)) {
    return false;
  }
  std::vector<std::uint8_t> lengths;
  while (lengths.size() < literals + distances && !bits.overrun()) {
    const auto symbol = code.Decode(bits);
    if (!symbol || (*symbol == 16 && lengths.empty())) {
      return false;
    }
    if (*symbol < 16) {
      lengths.push_back(static_cast<std::uint8_t>(*symbol));
    } else if (*symbol == 16) {
      lengths.insert(lengths.end(), bits.Take(2) + 3, std::uint8_t{lengths.back()});
    } else {
      lengths.insert(lengths.end(), *symbol == 17 ? bits.Take(3) + 3 : bits.Take(7) + 11, 0);
    }
  }
  if (lengths.size() != literals + distances) {
    return false;
  }
  return block.literals.Build(std::span(lengths).first(literals)) &&
         block.distances.Build(std::span(lengths).subspan(literals));
}

// Symbols up to the end of the block.
void DecodeBlock(LsbBits& bits, const Block& block, Sink& sink) {
  constexpr std::uint32_t kEndOfBlock = 256;
  while (sink.ok()) {
    const auto symbol = block.literals.Decode(bits);
    if (bits.overrun()) {
      sink.End(parts::kEndsTooEarly);
      return;
    }
    if (symbol == kEndOfBlock) {
      return;
    }
    if (!symbol || *symbol > kEndOfBlock + kLengthCodes) {
      sink.End("damaged: invalid literal or length code");
      return;
    }
    if (*symbol < kEndOfBlock) {
      sink.Put(static_cast<std::uint8_t>(*symbol));
      continue;
    }
    const std::size_t index = *symbol - kEndOfBlock - 1;
    const std::uint64_t length = kLengthBases[index] + bits.Take(kLengthExtra[index]);
    const auto place = block.distances.Decode(bits);
    if (!place) {
      sink.End("damaged: invalid distance code");
      return;
    }
    const unsigned extra = *place < 4 ? 0 : *place / 2 - 1;
    const std::uint64_t base = *place < 4 ? *place : (2 + *place % 2) << extra;
    sink.CopyBack(base + bits.Take(extra) + 1, length);
  }
}

void DecodeStored(LsbBits& bits, Sink& sink) {
  bits.ToByte();
  std::uint32_t size = bits.Take(16);
  if ((bits.Take(16) ^ size) != 0xFFFF) {
    sink.End("damaged: invalid stored block lengths");
  }
  for (; size > 0 && sink.ok(); --size) {
    sink.Put(static_cast<std::uint8_t>(bits.Take(8)));
    if (bits.overrun()) {
      sink.End(parts::kEndsTooEarly);
    }
  }
}

}  // namespace

void DecodeShrink(base::Bytes packed, std::uint64_t size, Sink& sink) {
  constexpr unsigned kWidthMin = 9;
  constexpr unsigned kWidthMax = 13;
  LsbBits bits(packed);
  ShrinkTable table;
  unsigned width = kWidthMin;
  std::uint32_t previous = kControl;
  while (GoesOn(bits, size, sink)) {
    const std::uint32_t code = bits.Take(width);
    if (bits.overrun()) {
      continue;
    }
    if (code == kControl) {
      const std::uint32_t control = bits.Take(width);
      if (control == 1 && width < kWidthMax) {
        ++width;
      } else if (control == 2) {
        table.Clear();
      } else {
        sink.End("damaged: invalid code");
      }
      continue;
    }
    if (previous == kControl) {
      if (code > kControl) {
        sink.End("damaged: invalid code");
        continue;
      }
      table.Write(code, sink);
    } else if (table.Has(code)) {
      table.Write(code, sink);
      table.Add(previous, table.first());
    } else {
      // The code that is about to be defined: the previous bytes and the first of them again.
      table.Write(previous, sink);
      table.Add(previous, table.first());
      sink.Put(table.first());
    }
    previous = code;
  }
}

void DecodeReduce(base::Bytes packed, unsigned factor, std::uint64_t size, Sink& sink) {
  constexpr std::uint8_t kEscape = 144;
  LsbBits bits(packed);
  std::array<std::vector<std::uint8_t>, 256> followers;
  for (std::size_t i = followers.size(); i-- > 0;) {
    followers[i].resize(bits.Take(6));
    for (std::uint8_t& follower : followers[i]) {
      follower = static_cast<std::uint8_t>(bits.Take(8));
    }
  }
  const unsigned length_bits = 8 - factor;
  const unsigned length_mask = (1u << length_bits) - 1;
  std::uint8_t last = 0;
  unsigned state = 0;
  unsigned value = 0;
  std::uint64_t length = 0;
  while (GoesOn(bits, size, sink)) {
    const std::vector<std::uint8_t>& set = followers[last];
    if (set.empty() || bits.Bit() != 0) {
      last = static_cast<std::uint8_t>(bits.Take(8));
    } else {
      const unsigned width = std::max(1u, static_cast<unsigned>(std::bit_width(set.size() - 1)));
      const std::size_t index = bits.Take(width);
      last = index < set.size() ? set[index] : std::uint8_t{0};
    }
    if (bits.overrun()) {
      continue;
    }
    if (state == 0) {
      if (last == kEscape) {
        state = 1;
      } else {
        sink.Put(last);
      }
    } else if (state == 1) {
      if (last == 0) {
        sink.Put(kEscape);
        state = 0;
      } else {
        value = last;
        length = value & length_mask;
        state = length == length_mask ? 2 : 3;
      }
    } else if (state == 2) {
      length += last;
      state = 3;
    } else {
      const std::uint64_t distance = (std::uint64_t{value >> length_bits} << 8) + last + 1;
      sink.CopyBack(distance, Wanted(length + 3, size, sink), Sink::Before::kZeros);
      state = 0;
    }
  }
}

void DecodeImplode(base::Bytes packed, unsigned flags, std::uint64_t size, Sink& sink) {
  constexpr unsigned kFlagWindow = 1 << 1;
  constexpr unsigned kFlagLiterals = 1 << 2;
  LsbBits bits(packed);
  const bool has_literals = (flags & kFlagLiterals) != 0;
  const unsigned low_bits = (flags & kFlagWindow) != 0 ? 7 : 6;
  PrefixCode literals;
  PrefixCode lengths;
  PrefixCode distances;
  if ((has_literals && !TakeTree(bits, 256, literals)) || !TakeTree(bits, 64, lengths) ||
      !TakeTree(bits, 64, distances)) {
    sink.End("damaged: invalid trees");
    return;
  }
  constexpr unsigned kInverted = 1;
  while (GoesOn(bits, size, sink)) {
    if (bits.Bit() != 0) {
      const std::optional<std::uint32_t> literal =
          has_literals ? literals.Decode(bits, kInverted) : bits.Take(8);
      if (!literal) {
        sink.End("damaged: invalid code");
      } else if (!bits.overrun()) {
        sink.Put(static_cast<std::uint8_t>(*literal));
      }
      continue;
    }
    const std::uint32_t low = bits.Take(low_bits);
    const auto high = distances.Decode(bits, kInverted);
    const auto length = high ? lengths.Decode(bits, kInverted) : std::nullopt;
    if (!length) {
      sink.End("damaged: invalid code");
      continue;
    }
    constexpr std::uint32_t kLengthMore = 63;
    const std::uint64_t total =
        *length + (*length == kLengthMore ? bits.Take(8) : 0) + (has_literals ? 3 : 2);
    if (!bits.overrun()) {
      sink.CopyBack(((*high << low_bits) | low) + 1, Wanted(total, size, sink),
                    Sink::Before::kZeros);
    }
  }
}

std::uint64_t DecodeDeflate64(base::Bytes packed, Sink& sink) {
  LsbBits bits(packed);
  Block block;
  bool is_final = false;
  while (!is_final && sink.ok()) {
    is_final = bits.Bit() != 0;
    const std::uint32_t type = bits.Take(2);
    if (bits.overrun()) {
      sink.End(parts::kEndsTooEarly);
    } else if (type == 0) {
      DecodeStored(bits, sink);
    } else if (type == 3) {
      sink.End("damaged: invalid block type");
    } else {
      if (type == 1) {
        FixedCodes(block);
      } else if (!TakeCodes(bits, block)) {
        sink.End(bits.overrun() ? parts::kEndsTooEarly : "damaged: invalid code lengths");
      }
      DecodeBlock(bits, block, sink);
    }
  }
  return bits.position();
}

}  // namespace day::unpack::zip
