#include "libs/unpack/blocks/lzfse.h"

#include <algorithm>
#include <array>
#include <bit>
#include <optional>
#include <span>
#include <vector>

#include "libs/unpack/blocks/lzvn.h"

namespace day::unpack::blocks {
namespace {

constexpr std::uint32_t kEndMagic = 0x24787662;    // bvx$
constexpr std::uint32_t kRawMagic = 0x2D787662;    // bvx-
constexpr std::uint32_t kLzvnMagic = 0x6E787662;   // bvxn
constexpr std::uint32_t kFseMagic = 0x32787662;    // bvx2
constexpr std::uint32_t kPlainMagic = 0x31787662;  // bvx1

constexpr std::string_view kDamaged = "damaged: invalid LZFSE data";
constexpr std::size_t kLiteralsMax = 40'000;  // of one block
constexpr std::size_t kLengthSymbols = 20;
constexpr std::size_t kDistanceSymbols = 64;
constexpr std::size_t kLiteralSymbols = 256;
constexpr std::size_t kFrequencies = 2 * kLengthSymbols + kDistanceSymbols + kLiteralSymbols;
constexpr std::size_t kLengthStates = 64;
constexpr std::size_t kDistanceStates = 256;
constexpr std::size_t kLiteralStates = 1024;

// Extra bits of the symbols for values, whose ranges follow each other from 0 on.
using ExtraBits = std::span<const std::uint8_t>;
constexpr std::array<std::uint8_t, kLengthSymbols> kLiteralRunBits = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
                                                                      0, 0, 0, 0, 0, 0, 2, 3, 5, 8};
constexpr std::array<std::uint8_t, kLengthSymbols> kMatchBits = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
                                                                 0, 0, 0, 0, 0, 0, 3, 5, 8, 11};
constexpr std::array<std::uint8_t, kDistanceSymbols> DistanceBits() {
  std::array<std::uint8_t, kDistanceSymbols> bits{};
  for (std::size_t i = 0; i < bits.size(); ++i) {
    bits[i] = static_cast<std::uint8_t>(i / 4);
  }
  return bits;
}
constexpr std::array<std::uint8_t, kDistanceSymbols> kDistanceBits = DistanceBits();

// Bits from the end of the bytes to their start, highest first.
class BackwardBits {
 public:
  // `unused` is how many of the last byte's high bits do not count.
  BackwardBits(base::Bytes bytes, unsigned unused) : bytes_(bytes), left_(bytes.size()) {
    (void)Take(unused);
  }

  // REQUIRES: count <= 32.
  std::uint32_t Take(unsigned count) {
    while (held_ < count) {
      overrun_ = overrun_ || left_ == 0;
      window_ = window_ << 8 |
                (left_ > 0 ? std::to_integer<std::uint64_t>(bytes_[--left_]) : std::uint64_t{0});
      held_ += 8;
    }
    held_ -= count;
    return static_cast<std::uint32_t>((window_ >> held_) & ((std::uint64_t{1} << count) - 1));
  }
  bool overrun() const { return overrun_; }

 private:
  base::Bytes bytes_;
  std::size_t left_;
  std::uint64_t window_ = 0;
  unsigned held_ = 0;
  bool overrun_ = false;
};

// One tANS decoder. What a state means: a value, bits of the stream to add to it, and how to come
// to the next state.
class Decoder {
 public:
  // Each symbol has as many of the `states` as its frequency says. False if that is more than there
  // are. Without `extra`, symbols are values.
  bool Build(std::span<const std::uint16_t> frequencies, std::size_t states, ExtraBits extra) {
    entries_.assign(states, {});
    std::size_t next = 0;
    std::uint32_t base = 0;
    for (std::size_t symbol = 0; symbol < frequencies.size(); ++symbol) {
      const unsigned bits = extra.empty() ? 0 : extra[symbol];
      const std::size_t count = frequencies[symbol];
      if (count > states - next) {
        return false;
      }
      if (count > 0) {
        const auto shift = static_cast<unsigned>(std::bit_width(states) - std::bit_width(count));
        const std::size_t longer = ((2 * states) >> shift) - count;
        for (std::size_t i = 0; i < count; ++i) {
          const bool is_longer = i < longer;
          const unsigned state_bits = is_longer ? shift : shift - 1;
          const std::size_t start =
              is_longer ? ((count + i) << shift) - states : (i - longer) << (shift - 1);
          entries_[next++] = {base, static_cast<std::uint16_t>(start),
                              static_cast<std::uint8_t>(state_bits),
                              static_cast<std::uint8_t>(bits), true};
        }
      }
      base += std::uint32_t{1} << bits;
    }
    return true;
  }

  // Nothing for a state that no symbol has.
  std::optional<std::uint32_t> Decode(std::size_t& state, BackwardBits& bits) const {
    if (state >= entries_.size() || !entries_[state].is_used) {
      return std::nullopt;
    }
    const Entry& entry = entries_[state];
    state = entry.start + bits.Take(entry.state_bits);
    return entry.value + bits.Take(entry.value_bits);
  }

 private:
  struct Entry {
    std::uint32_t value = 0;
    std::uint16_t start = 0;  // of the next states
    std::uint8_t state_bits = 0;
    std::uint8_t value_bits = 0;
    bool is_used = false;
  };
  std::vector<Entry> entries_;
};

// Frequencies, coded in 2 to 14 bits, lowest bit first. None at all are zeros.
std::optional<std::array<std::uint16_t, kFrequencies>> ReadFrequencies(base::Bytes packed) {
  std::array<std::uint16_t, kFrequencies> frequencies{};
  std::uint64_t window = 0;
  unsigned held = 0;
  const auto field = [&](unsigned first, unsigned count) {
    return static_cast<unsigned>(window >> first) & ((1u << count) - 1);
  };
  for (std::size_t at = 0, i = 0; !packed.empty() && i < frequencies.size(); ++i) {
    for (constexpr unsigned kLongest = 14; held < kLongest && at < packed.size(); held += 8) {
      window |= std::to_integer<std::uint64_t>(packed[at++]) << held;
    }
    unsigned bits = 2;
    unsigned frequency = field(1, 1);
    if (field(0, 2) == 1) {
      bits = 3;
      frequency = 2 + field(2, 1);
    } else if (field(0, 3) == 3) {
      bits = 5;
      frequency = 4 + field(3, 2);
    } else if (field(0, 4) == 7) {
      bits = 8;
      frequency = 8 + field(4, 4);
    } else if (field(0, 4) == 15) {
      bits = 14;
      frequency = 24 + field(4, 10);
    }
    if (bits > held) {
      return std::nullopt;
    }
    window >>= bits;
    held -= bits;
    frequencies[i] = static_cast<std::uint16_t>(frequency);
  }
  return frequencies;
}

// The header of a coded block.
struct FseHeader {
  std::size_t literals = 0;
  std::size_t literal_bytes = 0;  // packed
  std::size_t matches = 0;
  std::size_t match_bytes = 0;  // packed
  unsigned literal_unused = 0;  // bits of the last byte
  unsigned match_unused = 0;
  std::array<std::size_t, 4> literal_states{};
  std::size_t run_state = 0;
  std::size_t length_state = 0;
  std::size_t distance_state = 0;
  std::uint64_t size = 0;  // of the header, from its magic number on
};

FseHeader ReadHeader(base::ByteReader& in) {
  const auto field = [](std::uint64_t word, unsigned first, unsigned count) {
    return static_cast<std::size_t>(word >> first & ((std::uint64_t{1} << count) - 1));
  };
  FseHeader header;
  const std::uint64_t first = in.U64();
  const std::uint64_t second = in.U64();
  const std::uint64_t third = in.U64();
  header.literals = field(first, 0, 20);
  header.literal_bytes = field(first, 20, 20);
  header.matches = field(first, 40, 20);
  header.literal_unused = 7 - static_cast<unsigned>(field(first, 60, 3));
  for (unsigned i = 0; i < 4; ++i) {
    header.literal_states[i] = field(second, 10 * i, 10);
  }
  header.match_bytes = field(second, 40, 20);
  header.match_unused = 7 - static_cast<unsigned>(field(second, 60, 3));
  header.size = field(third, 0, 32);
  header.run_state = field(third, 32, 10);
  header.length_state = field(third, 42, 10);
  header.distance_state = field(third, 52, 10);
  return header;
}

class LzfseDecoder {
 public:
  LzfseDecoder(base::Bytes packed, parts::Sink& sink) : in_(packed), sink_(sink) {}

  void Run() {
    while (sink_.ok()) {
      const std::uint32_t magic = in_.U32();
      const std::uint32_t size = magic == kEndMagic ? 0 : in_.U32();
      if (!in_.ok()) {
        return sink_.End(parts::kEndsTooEarly);
      }
      switch (magic) {
        case kEndMagic:
          return;
        case kRawMagic:
          Raw(size);
          break;
        case kLzvnMagic:
          DecodeLzvn(TakeBytes(in_.U32()), sink_);
          break;
        case kFseMagic:
          Coded();
          break;
        case kPlainMagic:
          return sink_.End("unsupported: LZFSE block bvx1");
        default:
          return sink_.End(kDamaged);
      }
    }
  }

 private:
  // What there is of so many bytes; the sink ends if that is less.
  base::Bytes TakeBytes(std::uint64_t count) {
    const std::uint64_t left = in_.remaining();
    const base::Bytes taken = in_.Take(std::min(count, left));
    if (count > left) {
      sink_.End(parts::kEndsTooEarly);
    }
    return taken;
  }

  void Raw(std::uint64_t size) {
    sink_.Write(in_.Take(std::min(size, in_.remaining())));
    if (in_.remaining() == 0) {
      sink_.End(parts::kEndsTooEarly);  // at least the end mark follows
    }
  }

  void Coded() {
    constexpr std::uint64_t kFixedBytes = 32;
    const FseHeader header = ReadHeader(in_);
    if (!in_.ok() || header.size < kFixedBytes || header.literals > kLiteralsMax ||
        header.literals % 4 != 0) {
      return sink_.End(kDamaged);
    }
    const auto frequencies = ReadFrequencies(TakeBytes(header.size - kFixedBytes));
    const base::Bytes literals = TakeBytes(header.literal_bytes);
    const base::Bytes matches = TakeBytes(header.match_bytes);
    if (!sink_.ok()) {
      return;
    }
    const std::span all = frequencies ? std::span(*frequencies) : std::span<const std::uint16_t>();
    const bool is_built =
        frequencies && runs_.Build(all.first(kLengthSymbols), kLengthStates, kLiteralRunBits) &&
        lengths_.Build(all.subspan(kLengthSymbols, kLengthSymbols), kLengthStates, kMatchBits) &&
        distances_.Build(all.subspan(2 * kLengthSymbols, kDistanceSymbols), kDistanceStates,
                         kDistanceBits) &&
        literal_codes_.Build(all.last(kLiteralSymbols), kLiteralStates, {});
    if (!is_built || !DecodeLiterals(header, literals) || !DecodeMatches(header, matches)) {
      sink_.End(kDamaged);
    }
  }

  // Four decoders take turns.
  bool DecodeLiterals(const FseHeader& header, base::Bytes packed) {
    BackwardBits bits(packed, header.literal_unused);
    auto states = header.literal_states;
    literals_.clear();
    for (std::size_t i = 0; i < header.literals; ++i) {
      const auto literal = literal_codes_.Decode(states[i % states.size()], bits);
      if (!literal || bits.overrun()) {
        return false;
      }
      literals_.push_back(static_cast<std::byte>(*literal));
    }
    return true;
  }

  bool DecodeMatches(const FseHeader& header, base::Bytes packed) {
    BackwardBits bits(packed, header.match_unused);
    std::size_t run_state = header.run_state;
    std::size_t length_state = header.length_state;
    std::size_t distance_state = header.distance_state;
    base::Bytes literals = literals_;
    std::uint32_t last_distance = 0;
    for (std::size_t i = 0; i < header.matches && sink_.ok(); ++i) {
      const auto run = runs_.Decode(run_state, bits);
      const auto length = run ? lengths_.Decode(length_state, bits) : std::nullopt;
      const auto distance = length ? distances_.Decode(distance_state, bits) : std::nullopt;
      if (!distance || bits.overrun() || *run > literals.size()) {
        return false;
      }
      last_distance = *distance != 0 ? *distance : last_distance;
      sink_.Write(literals.first(*run));
      literals = literals.subspan(*run);
      if (*length > 0) {
        sink_.CopyBack(last_distance, *length);
      }
    }
    return true;
  }

  base::ByteReader in_;
  parts::Sink& sink_;
  Decoder runs_;
  Decoder lengths_;
  Decoder distances_;
  Decoder literal_codes_;
  std::vector<std::byte> literals_;
};

}  // namespace

void DecodeLzfse(base::Bytes packed, parts::Sink& sink) { LzfseDecoder(packed, sink).Run(); }

}  // namespace day::unpack::blocks
