// LZMS: items (literals, matches, delta matches) chosen by bits of a range coder, which is read
// from the front, and coded by adaptive prefix codes, which are read from the back. What makes x86
// code compressible is undone at the end (lzms_calls.cc). Microsoft has not written the format
// down; this follows what is known of it from the Windows compression API.
#include <algorithm>
#include <array>
#include <bit>
#include <optional>
#include <utility>
#include <vector>

#include "libs/unpack/parts/prefix_code.h"
#include "libs/unpack/wim/chunk.h"

namespace day::unpack::wim {
namespace {

constexpr std::size_t kLiterals = 256;
constexpr std::size_t kPowers = 8;
// Symbols of a code after which it is made anew.
constexpr unsigned kManySymbols = 1024;
constexpr unsigned kFewSymbols = 512;

// Ranges of values: slot i covers [bases[i], bases[i + 1]) and has extra bits for it.
template <std::size_t kSlots>
struct Slots {
  std::array<std::uint32_t, kSlots + 1> bases{};

  unsigned extra_bits(std::size_t slot) const {
    return static_cast<unsigned>(std::bit_width(bases[slot + 1] - bases[slot])) - 1;
  }
};

// Slots double their width: runs[i] of them are 2^i wide. The last one ends at `end`.
template <std::size_t kSlots, std::size_t kRuns>
constexpr Slots<kSlots> MakeSlots(const std::array<std::uint8_t, kRuns>& runs, std::uint32_t end) {
  Slots<kSlots> slots;
  std::uint32_t base = 0;
  std::size_t slot = 0;
  for (std::size_t i = 0; i < kRuns; ++i) {
    for (unsigned left = runs[i]; left > 0; --left) {
      base += std::uint32_t{1} << i;
      slots.bases[slot++] = base;
    }
  }
  slots.bases[slot] = end;
  return slots;
}

constexpr auto kOffsets =
    MakeSlots<799>(std::to_array<std::uint8_t>({9,  0,  9,  7,  10, 15, 15, 20, 20,  30, 33,
                                                40, 42, 45, 60, 73, 80, 85, 95, 105, 6}),
                   0x465BE4A5);
constexpr auto kLengths = MakeSlots<54>(
    std::to_array<std::uint8_t>({27, 4, 6, 4, 5, 2, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 1}), 0x400108AB);

// How often a bit was 0 the last 64 times.
struct Odds {
  std::uint64_t last = 0x55555555;
  int zeros = 48;
};

class RangeDecoder {
 public:
  explicit RangeDecoder(base::Bytes bytes) : in_(bytes) {
    code_ = Word();
    code_ = code_ << 16 | Word();
  }

  unsigned Bit(Odds& odds) {
    if (range_ <= 0xFFFF) {
      range_ <<= 16;
      code_ = code_ << 16 | Word();
    }
    const auto chance = static_cast<std::uint32_t>(std::clamp(odds.zeros, 1, 63));
    const std::uint32_t bound = (range_ >> 6) * chance;
    const unsigned bit = code_ < bound ? 0 : 1;
    if (bit == 0) {
      range_ = bound;
    } else {
      range_ -= bound;
      code_ -= bound;
    }
    odds.zeros += static_cast<int>(odds.last >> 63) - static_cast<int>(bit);
    odds.last = odds.last << 1 | bit;
    return bit;
  }

  // Far behind the end.
  bool overrun() const { return missing_ > 4; }

 private:
  std::uint32_t Word() {
    const bool is_there = in_.remaining() >= 2;
    missing_ += is_there ? 0 : 1;
    return is_there ? in_.U16() : 0;
  }

  base::ByteReader in_;
  std::uint32_t range_ = 0xFFFFFFFF;
  std::uint32_t code_ = 0;
  unsigned missing_ = 0;
};

// A question, whose odds depend on the last answers to it.
template <unsigned kAnswerBits>
class Decision {
 public:
  unsigned Ask(RangeDecoder& in) {
    const unsigned bit = in.Bit(odds_[state_]);
    state_ = (state_ << 1 | bit) % odds_.size();
    return bit;
  }

 private:
  std::array<Odds, std::size_t{1} << kAnswerBits> odds_{};
  std::size_t state_ = 0;
};

// Words of 16 bits from the last one on, highest bit first.
class BackwardBits {
 public:
  explicit BackwardBits(base::Bytes bytes) : bytes_(bytes), words_(bytes.size() / 2) {}

  unsigned Bit() { return Take(1); }
  // REQUIRES: count <= 32.
  std::uint32_t Take(unsigned count) {
    while (held_ < count) {
      const bool is_there = words_ > 0;
      words_ -= is_there ? 1 : 0;
      missing_ += is_there ? 0 : 16;
      window_ = window_ << 16 |
                std::uint64_t{is_there ? *base::ReadAt<std::uint16_t>(bytes_, words_ * 2) : 0u};
      held_ += 16;
    }
    held_ -= count;
    return static_cast<std::uint32_t>((window_ >> held_) & ((std::uint64_t{1} << count) - 1));
  }
  bool overrun() const { return missing_ > held_; }

 private:
  base::Bytes bytes_;
  std::uint64_t words_;
  std::uint64_t window_ = 0;
  unsigned held_ = 0;
  std::uint64_t missing_ = 0;  // bits that were made up
};

// The lengths of a Huffman code for these frequencies; of equal ones leaves come first, then lower
// symbols.
std::vector<std::uint8_t> HuffmanLengths(const std::vector<std::uint32_t>& frequencies) {
  const std::size_t leaves = frequencies.size();
  if (leaves < 2) {
    return std::vector<std::uint8_t>(leaves, 1);
  }
  std::vector<std::size_t> order(leaves);
  for (std::size_t i = 0; i < leaves; ++i) {
    order[i] = i;
  }
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return frequencies[a] < frequencies[b]; });
  // Nodes: the leaves in their order, then the inner ones as they are made, which is by weight.
  const std::size_t nodes = 2 * leaves - 1;
  std::vector<std::uint32_t> weights(nodes);
  for (std::size_t i = 0; i < leaves; ++i) {
    weights[i] = frequencies[order[i]];
  }
  std::vector<std::size_t> parents(nodes);
  std::size_t leaf = 0;
  std::size_t inner = leaves;
  for (std::size_t made = leaves; made < nodes; ++made) {
    for (int child = 0; child < 2; ++child) {
      const bool takes_leaf = leaf < leaves && (inner == made || weights[leaf] <= weights[inner]);
      const std::size_t taken = takes_leaf ? leaf++ : inner++;
      weights[made] += weights[taken];
      parents[taken] = made;
    }
  }
  std::vector<std::uint8_t> depths(nodes);
  std::vector<std::uint8_t> lengths(leaves);
  for (std::size_t node = nodes - 1; node-- > 0;) {
    depths[node] = static_cast<std::uint8_t>(depths[parents[node]] + 1);
    if (node < leaves) {
      lengths[order[node]] = depths[node];
    }
  }
  return lengths;
}

class AdaptiveCode {
 public:
  AdaptiveCode(std::size_t symbols, unsigned period) : period_(period), frequencies_(symbols, 1) {
    Build();
  }

  std::optional<std::uint32_t> Decode(BackwardBits& bits) {
    const auto symbol = code_.Decode(bits);
    if (symbol) {
      ++frequencies_[*symbol];
      if (--left_ == 0) {
        Build();
        for (std::uint32_t& frequency : frequencies_) {
          frequency = frequency / 2 + 1;
        }
      }
    }
    return symbol;
  }

 private:
  void Build() {
    (void)code_.Build(HuffmanLengths(frequencies_));
    left_ = period_;
  }

  unsigned period_;
  unsigned left_ = 0;
  std::vector<std::uint32_t> frequencies_;
  parts::PrefixCode code_;
};

// The last distances. One that is used leaves its place, and comes to the front one item later.
template <typename Value>
class RecentValues {
 public:
  explicit RecentValues(const std::array<Value, 4>& values) : values_(values) {}

  // Before an item at output position `at`.
  void Settle(std::size_t at) {
    if (pending_ && at != pending_at_) {
      Push();
    }
  }
  // REQUIRES: index < 3.
  Value Take(std::size_t index) {
    const Value value = values_[index];
    std::copy(values_.begin() + static_cast<std::ptrdiff_t>(index) + 1, values_.end(),
              values_.begin() + static_cast<std::ptrdiff_t>(index));
    return value;
  }
  // After it was chosen; the item ends at `end`.
  void Use(Value value, std::size_t end) {
    if (pending_) {
      Push();
    }
    pending_ = value;
    pending_at_ = end;
  }

 private:
  void Push() {
    std::copy_backward(values_.begin(), values_.end() - 1, values_.end());
    values_[0] = *std::exchange(pending_, std::nullopt);
  }

  std::array<Value, 4> values_;
  std::optional<Value> pending_;
  std::size_t pending_at_ = 0;
};

struct DeltaPair {
  unsigned power = 0;
  std::uint32_t distance = 0;  // in steps of 2^power
};

std::size_t OffsetSlots(std::size_t size) {
  if (size < 2) {
    return 0;
  }
  const auto last =
      std::upper_bound(kOffsets.bases.begin(), kOffsets.bases.end(), size - 1);  // of a distance
  return static_cast<std::size_t>(last - kOffsets.bases.begin());
}

class LzmsDecoder {
 public:
  LzmsDecoder(base::Bytes packed, std::span<std::byte> out)
      : choices_(packed),
        bits_(packed),
        out_(out),
        literals_(kLiterals, kManySymbols),
        offsets_(OffsetSlots(out.size()), kManySymbols),
        lengths_(kLengths.bases.size() - 1, kFewSymbols),
        delta_offsets_(OffsetSlots(out.size()), kManySymbols),
        powers_(kPowers, kFewSymbols) {}

  std::size_t Run() {
    while (at_ < out_.size() && Step() && !choices_.overrun() && !bits_.overrun()) {
    }
    return at_;
  }

 private:
  // One item; false for damage.
  bool Step() {
    if (is_match_.Ask(choices_) == 0) {
      const auto literal = literals_.Decode(bits_);
      if (literal) {
        out_[at_++] = static_cast<std::byte>(*literal);
      }
      return literal.has_value();
    }
    return is_delta_.Ask(choices_) == 0 ? Match() : DeltaMatch();
  }

  bool Match() {
    recent_.Settle(at_);
    std::optional<std::uint32_t> distance;
    if (is_known_.Ask(choices_) == 0) {
      distance = Value(offsets_, kOffsets);
    } else {
      distance = recent_.Take(Known(which_));
    }
    const auto length = distance ? Value(lengths_, kLengths) : std::nullopt;
    if (!length) {
      return false;
    }
    recent_.Use(*distance, at_ + *length);
    return CopyMatch(out_, at_, *distance, *length);
  }

  bool DeltaMatch() {
    recent_pairs_.Settle(at_);
    std::optional<DeltaPair> pair;
    if (is_known_pair_.Ask(choices_) == 0) {
      const auto power = powers_.Decode(bits_);
      const auto distance = power ? Value(delta_offsets_, kOffsets) : std::nullopt;
      if (distance) {
        pair = {*power, *distance};
      }
    } else {
      pair = recent_pairs_.Take(Known(which_pair_));
    }
    const auto length = pair ? Value(lengths_, kLengths) : std::nullopt;
    if (!length) {
      return false;
    }
    recent_pairs_.Use(*pair, at_ + *length);
    const std::size_t span = std::size_t{1} << pair->power;
    const std::size_t distance = std::size_t{pair->distance} << pair->power;
    if (distance + span > at_ || *length > out_.size() - at_) {
      return false;
    }
    for (std::size_t end = at_ + *length; at_ < end; ++at_) {
      const auto byte = [&](std::size_t back) {
        return std::to_integer<unsigned>(out_[at_ - back]);
      };
      out_[at_] = static_cast<std::byte>(byte(distance) + byte(span) - byte(distance + span));
    }
    return true;
  }

  // Which of the recent ones.
  std::size_t Known(std::array<Decision<6>, 2>& which) {
    for (std::size_t i = 0; i < which.size(); ++i) {
      if (which[i].Ask(choices_) == 0) {
        return i;
      }
    }
    return which.size();
  }

  template <std::size_t kSlots>
  std::optional<std::uint32_t> Value(AdaptiveCode& code, const Slots<kSlots>& slots) {
    const auto slot = code.Decode(bits_);
    if (!slot) {
      return std::nullopt;
    }
    return slots.bases[*slot] + bits_.Take(slots.extra_bits(*slot));
  }

  RangeDecoder choices_;
  BackwardBits bits_;
  std::span<std::byte> out_;
  std::size_t at_ = 0;
  Decision<4> is_match_;
  Decision<5> is_delta_;
  Decision<6> is_known_;
  Decision<6> is_known_pair_;
  std::array<Decision<6>, 2> which_;
  std::array<Decision<6>, 2> which_pair_;
  AdaptiveCode literals_;
  AdaptiveCode offsets_;
  AdaptiveCode lengths_;
  AdaptiveCode delta_offsets_;
  AdaptiveCode powers_;
  RecentValues<std::uint32_t> recent_{{1, 2, 3, 4}};
  RecentValues<DeltaPair> recent_pairs_{{{{0, 1}, {0, 2}, {0, 3}, {0, 4}}}};
};

}  // namespace

std::size_t DecodeLzms(base::Bytes packed, std::span<std::byte> out) {
  const std::size_t good = LzmsDecoder(packed, out).Run();
  UndoLzmsCalls(out.first(good));
  return good;
}

}  // namespace day::unpack::wim
