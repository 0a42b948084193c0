#include "libs/unpack/inflate/inflate.h"

#include <algorithm>
#include <cstring>

namespace day::unpack::inflate {
namespace {

using End = Outcome::End;

// Output is grown and limits are looked at in pieces of this size.
constexpr std::size_t kChunkBytes = 512 * 1024;
// The fast loop reads 8 bytes at a time and copies matches 16 bytes at a time past their end.
constexpr std::size_t kMatchMax = 258;
constexpr std::size_t kFastInputBytes = 16;
constexpr std::size_t kFastOutputBytes = kMatchMax + 2 + 16;
constexpr std::uint64_t kDistanceMax = 32768;

std::uint64_t LoadWord(const std::byte* from) {
  std::uint64_t word = 0;
  std::memcpy(&word, from, sizeof(word));
  if constexpr (std::endian::native == std::endian::big) {
    word = base::SwapBytes(word);
  }
  return word;
}

// Copies a match. `to` has kFastOutputBytes of room; bytes past the match may be overwritten.
inline void CopyMatchFast(std::byte* to, std::size_t distance, std::size_t length) {
  const std::byte* from = to - distance;
  const std::byte* const end = to + length;
  if (distance >= 16) {
    do {
      std::memcpy(to, from, 16);
      to += 16;
      from += 16;
    } while (to < end);
  } else if (distance == 1) {
    std::memset(to, std::to_integer<int>(*from), length);
  } else if (distance >= 8) {
    do {
      std::memcpy(to, from, 8);
      to += 8;
      from += 8;
    } while (to < end);
  } else {
    do {
      *to++ = *from++;
    } while (to < end);
  }
}

}  // namespace

// One run over one input. Positions are indices that never pass the sizes of their spans: the fast
// loop runs only while kFastInputBytes and kFastOutputBytes are left, the careful one checks each
// step.
class Inflater::Stream {
 public:
  Stream(Inflater& tables, base::Bytes input, base::Budget& budget, OutputBuffer& out,
         std::uint64_t history)
      : tables_(tables),
        input_(input),
        budget_(budget),
        out_(out),
        start_(out.size()),
        history_(history) {
    const base::BudgetLimits& limits = budget.limits();
    const std::uint64_t total_left =
        limits.bytes_out_max - std::min(limits.bytes_out_max, budget.bytes_out());
    produced_max_ = std::min(limits.file_bytes_max, total_left);
    cap_limit_ =
        limits.file_bytes_max <= total_left ? base::Limit::kFileBytes : base::Limit::kBytesOut;
  }

  Outcome Run() {
    Outcome outcome;
    bool last = false;
    while (!last && end_ == End::kComplete) {
      last = RunBlock();
    }
    outcome.end = end_;
    outcome.limit = limit_;
    outcome.problem = problem_;
    outcome.consumed = position_ - bit_count_ / 8;
    outcome.produced = produced();
    // Cannot fail: produced_max_ is what the budget holds.
    (void)budget_.SpendBytesOut(outcome.produced);
    if (end_ == End::kLimit) {
      (void)budget_.Exceed(limit_);
    }
    return outcome;
  }

 private:
  std::uint64_t produced() const { return out_.size() - start_; }

  // Each returns false, so that `return Damaged("...")` reads as the end of a step.
  bool Damaged(std::string_view problem) {
    end_ = End::kDamaged;
    problem_ = problem;
    return false;
  }
  bool Truncated() {
    end_ = End::kTruncated;
    problem_ = "the stream ends too early";
    return false;
  }
  bool Limited(base::Limit limit) {
    end_ = End::kLimit;
    limit_ = limit;
    problem_ = base::LimitName(limit);
    return false;
  }

  void Refill() {
    if (input_.size() - position_ >= 8) {
      bits_ |= LoadWord(input_.data() + position_) << bit_count_;
      position_ += (63 - bit_count_) >> 3;
      bit_count_ |= 56;
      return;
    }
    while (bit_count_ <= 55 && position_ < input_.size()) {
      bits_ |= std::to_integer<std::uint64_t>(input_[position_++]) << bit_count_;
      bit_count_ += 8;
    }
  }
  void Drop(unsigned count) {
    bits_ >>= count;
    bit_count_ -= count;
  }
  // The next `count` (at most 32) bits; false if the input has fewer.
  bool Take(unsigned count, std::uint32_t& value) {
    if (bit_count_ < count) {
      Refill();
      if (bit_count_ < count) {
        return Truncated();
      }
    }
    value = static_cast<std::uint32_t>(bits_ & ((std::uint64_t{1} << count) - 1));
    Drop(count);
    return true;
  }

  // Makes room for the next piece of output; false at a limit.
  bool Grow() {
    if (produced() >= produced_max_) {
      return Limited(cap_limit_);
    }
    const std::uint64_t used = std::max<std::uint64_t>(position_, 1);
    if (produced() > kRatioFreeBytes && produced() / used > budget_.limits().ratio_max) {
      return Limited(base::Limit::kRatio);
    }
    if (!out_.Reserve(kChunkBytes)) {
      return Limited(base::Limit::kBytesOut);
    }
    return true;
  }
  // Bytes that may be written now without asking Grow().
  std::size_t Room() {
    const std::uint64_t allowed = produced_max_ - produced();
    return static_cast<std::size_t>(
        std::min<std::uint64_t>({out_.free().size(), allowed, kChunkBytes}));
  }

  // True if it was the last block.
  bool RunBlock();
  bool RunStored();
  bool ReadDynamicTables();
  bool ReadCodeLengths(std::size_t total, std::span<std::uint8_t> lengths);
  bool BuildFixedTables();
  bool RunSymbols();
  enum class FastEnd : std::uint8_t { kNeedCare, kEndOfBlock, kFailed };
  FastEnd RunFast();
  bool RunCareful(bool& block_ended);
  bool Symbol(std::span<const std::uint32_t> table, unsigned primary_bits, std::uint32_t& entry);
  bool CopyMatch(std::uint64_t distance, std::size_t length);

  Inflater& tables_;
  const base::Bytes input_;
  base::Budget& budget_;
  OutputBuffer& out_;
  const std::size_t start_;
  const std::uint64_t history_;
  std::uint64_t produced_max_ = 0;
  base::Limit cap_limit_ = base::Limit::kNone;

  std::uint64_t bits_ = 0;
  unsigned bit_count_ = 0;  // valid bits in bits_; those above repeat input not yet counted
  std::size_t position_ = 0;

  End end_ = End::kComplete;
  base::Limit limit_ = base::Limit::kNone;
  std::string_view problem_;
};

bool Inflater::Stream::RunBlock() {
  if (!budget_.SpendSteps(kStepsPerBlock).ok()) {
    Limited(base::Limit::kSteps);
    return true;
  }
  std::uint32_t header = 0;
  if (!Take(3, header)) {
    return true;
  }
  const bool last = (header & 1) != 0;
  bool ok = false;
  switch (header >> 1) {
    case 0:
      ok = RunStored();
      break;
    case 1:
      ok = BuildFixedTables() && RunSymbols();
      break;
    case 2:
      ok = ReadDynamicTables() && RunSymbols();
      break;
    default:
      ok = Damaged("invalid block type");
      break;
  }
  return last || !ok;
}

bool Inflater::Stream::RunStored() {
  Drop(bit_count_ % 8);
  std::uint32_t sizes = 0;
  if (!Take(32, sizes)) {
    return false;
  }
  if ((sizes & 0xFFFF) != ((sizes >> 16) ^ 0xFFFF)) {
    return Damaged("invalid stored block lengths");
  }
  // Whole bytes from here on: hand back what the bit buffer read ahead.
  position_ -= bit_count_ / 8;
  bits_ = 0;
  bit_count_ = 0;
  std::size_t left = sizes & 0xFFFF;
  while (left > 0) {
    if (position_ == input_.size()) {
      return Truncated();
    }
    if (Room() == 0 && !Grow()) {
      return false;
    }
    const std::size_t size = std::min({left, input_.size() - position_, Room()});
    std::memcpy(out_.free().data(), input_.data() + position_, size);
    out_.Commit(size);
    position_ += size;
    left -= size;
  }
  return true;
}

bool Inflater::Stream::BuildFixedTables() {
  std::array<std::uint8_t, kLiteralSymbolsMax> literals;
  std::fill(literals.begin(), literals.begin() + 144, std::uint8_t{8});
  std::fill(literals.begin() + 144, literals.begin() + 256, std::uint8_t{9});
  std::fill(literals.begin() + 256, literals.begin() + 280, std::uint8_t{7});
  std::fill(literals.begin() + 280, literals.end(), std::uint8_t{8});
  std::array<std::uint8_t, kDistanceSymbolsMax> distances;
  distances.fill(5);
  return BuildTable(literals, Alphabet::kLiterals, kLiteralTableBits, tables_.literals_) &&
         BuildTable(distances, Alphabet::kDistances, kDistanceTableBits, tables_.distances_);
}

bool Inflater::Stream::ReadDynamicTables() {
  static constexpr std::array<std::uint8_t, kLengthCodeSymbols> kOrder = {
      16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15};
  std::uint32_t header = 0;
  if (!Take(14, header)) {
    return false;
  }
  const std::size_t literal_count = (header & 31) + 257;
  const std::size_t distance_count = ((header >> 5) & 31) + 1;
  const std::size_t code_count = (header >> 10) + 4;
  if (literal_count > 286 || distance_count > 30) {
    return Damaged("too many length or distance symbols");
  }
  std::array<std::uint8_t, kLengthCodeSymbols> code_lengths{};
  for (std::size_t i = 0; i < code_count; ++i) {
    std::uint32_t length = 0;
    if (!Take(3, length)) {
      return false;
    }
    code_lengths[kOrder[i]] = static_cast<std::uint8_t>(length);
  }
  if (!BuildTable(code_lengths, Alphabet::kLengthCodes, kLengthCodeTableBits,
                  tables_.length_codes_)) {
    return Damaged("invalid code lengths set");
  }
  std::array<std::uint8_t, kLiteralSymbolsMax + kDistanceSymbolsMax> lengths{};
  if (!ReadCodeLengths(literal_count + distance_count, lengths)) {
    return false;
  }
  const std::span<const std::uint8_t> all(lengths);
  if (all[256] == 0) {
    return Damaged("missing end-of-block code");
  }
  if (!BuildTable(all.first(literal_count), Alphabet::kLiterals, kLiteralTableBits,
                  tables_.literals_)) {
    return Damaged("invalid literal/lengths set");
  }
  if (!BuildTable(all.subspan(literal_count, distance_count), Alphabet::kDistances,
                  kDistanceTableBits, tables_.distances_)) {
    return Damaged("invalid distances set");
  }
  return true;
}

bool Inflater::Stream::ReadCodeLengths(std::size_t total, std::span<std::uint8_t> lengths) {
  std::size_t filled = 0;
  while (filled < total) {
    std::uint32_t entry = 0;
    if (!Symbol(tables_.length_codes_, kLengthCodeTableBits, entry)) {
      return false;
    }
    if ((entry & kEntryInvalid) != 0) {
      return Damaged("invalid bit length code");
    }
    const std::uint32_t symbol = EntryValue(entry);
    if (symbol < 16) {
      lengths[filled++] = static_cast<std::uint8_t>(symbol);
      continue;
    }
    if (symbol == 16 && filled == 0) {
      return Damaged("invalid bit length repeat");
    }
    const std::uint8_t value = symbol == 16 ? lengths[filled - 1] : std::uint8_t{0};
    std::uint32_t repeat = 0;
    if (!Take(symbol == 16 ? 2 : (symbol == 17 ? 3 : 7), repeat)) {
      return false;
    }
    repeat += symbol == 18 ? 11 : 3;
    if (repeat > total - filled) {
      return Damaged("invalid bit length repeat");
    }
    std::fill_n(lengths.begin() + static_cast<std::ptrdiff_t>(filled), repeat, value);
    filled += repeat;
  }
  return true;
}

// One symbol of any table, with its code bits dropped. False if the input ends inside it.
bool Inflater::Stream::Symbol(std::span<const std::uint32_t> table, unsigned primary_bits,
                              std::uint32_t& entry) {
  Refill();
  entry = table[bits_ & ((1u << primary_bits) - 1)];
  std::uint32_t used = EntryBits(entry);
  if ((entry & kEntrySubtable) != 0) {
    const std::uint64_t index = (bits_ >> used) & ((1u << EntryExtra(entry)) - 1);
    entry = table[EntryValue(entry) + index];
    used += EntryBits(entry);
  }
  if (used > bit_count_) {
    return Truncated();
  }
  Drop(used);
  return true;
}

bool Inflater::Stream::RunSymbols() {
  while (true) {
    const FastEnd fast = RunFast();
    if (fast == FastEnd::kEndOfBlock) {
      return true;
    }
    if (fast == FastEnd::kFailed) {
      return false;
    }
    bool block_ended = false;
    if (!RunCareful(block_ended)) {
      return false;
    }
    if (block_ended) {
      return true;
    }
  }
}

// Literals and matches while both spans have room to spare. Over 70 lines would be split; this is
// the loop that the speed of every archive hangs on, so its state lives in locals.
Inflater::Stream::FastEnd Inflater::Stream::RunFast() {
  constexpr std::uint64_t kLiteralMask = (1u << kLiteralTableBits) - 1;
  constexpr std::uint64_t kDistanceMask = (1u << kDistanceTableBits) - 1;
  const std::size_t room = Room();
  if (room < kFastOutputBytes || input_.size() - position_ < kFastInputBytes) {
    return FastEnd::kNeedCare;
  }
  std::byte* const out_begin = out_.free().data();
  std::byte* out = out_begin;
  std::byte* const out_end = out + (room - kFastOutputBytes);
  const std::size_t input_end = input_.size() - kFastInputBytes;
  const std::uint64_t reach_before = history_ + produced();
  FastEnd result = FastEnd::kNeedCare;
  while (out <= out_end && position_ <= input_end) {
    Refill();
    std::uint32_t entry = tables_.literals_[bits_ & kLiteralMask];
    // Two literals fit into one refill beside a length: 2 * 15 + 15 + 5 <= 56 bits.
    for (int i = 0; i < 2 && (entry & kEntryLiteral) != 0; ++i) {
      Drop(EntryBits(entry));
      *out++ = static_cast<std::byte>(EntryValue(entry));
      entry = tables_.literals_[bits_ & kLiteralMask];
    }
    if ((entry & kEntrySubtable) != 0) {
      Drop(EntryBits(entry));
      entry = tables_.literals_[EntryValue(entry) + (bits_ & ((1u << EntryExtra(entry)) - 1))];
    }
    Drop(EntryBits(entry));
    if ((entry & kEntryLiteral) != 0) {
      *out++ = static_cast<std::byte>(EntryValue(entry));
      continue;
    }
    if ((entry & kEntryExceptional) != 0) {
      result = (entry & kEntryEndOfBlock) != 0 ? FastEnd::kEndOfBlock : FastEnd::kFailed;
      problem_ = "invalid literal/length code";
      break;
    }
    const std::size_t length = EntryValue(entry) + (bits_ & ((1u << EntryExtra(entry)) - 1));
    Drop(EntryExtra(entry));
    Refill();
    entry = tables_.distances_[bits_ & kDistanceMask];
    if ((entry & kEntrySubtable) != 0) {
      Drop(EntryBits(entry));
      entry = tables_.distances_[EntryValue(entry) + (bits_ & ((1u << EntryExtra(entry)) - 1))];
    }
    Drop(EntryBits(entry));
    const std::uint64_t distance = EntryValue(entry) + (bits_ & ((1u << EntryExtra(entry)) - 1));
    Drop(EntryExtra(entry));
    const std::uint64_t behind = reach_before + static_cast<std::uint64_t>(out - out_begin);
    if ((entry & kEntryInvalid) != 0 || distance > behind) {
      result = FastEnd::kFailed;
      problem_ =
          (entry & kEntryInvalid) != 0 ? "invalid distance code" : "invalid distance too far back";
      break;
    }
    CopyMatchFast(out, static_cast<std::size_t>(distance), length);
    out += length;
  }
  out_.Commit(static_cast<std::size_t>(out - out_begin));
  if (result == FastEnd::kFailed) {
    end_ = End::kDamaged;
  }
  return result;
}

// One symbol, and its match if it is one, with every bound checked.
bool Inflater::Stream::RunCareful(bool& block_ended) {
  std::uint32_t entry = 0;
  if (!Symbol(tables_.literals_, kLiteralTableBits, entry)) {
    return false;
  }
  if ((entry & kEntryLiteral) != 0) {
    if (Room() == 0 && !Grow()) {
      return false;
    }
    out_.free()[0] = static_cast<std::byte>(EntryValue(entry));
    out_.Commit(1);
    return true;
  }
  if ((entry & kEntryInvalid) != 0) {
    return Damaged("invalid literal/length code");
  }
  if ((entry & kEntryEndOfBlock) != 0) {
    block_ended = true;
    return true;
  }
  std::uint32_t extra = 0;
  if (!Take(EntryExtra(entry), extra)) {
    return false;
  }
  const std::size_t length = EntryValue(entry) + extra;
  if (!Symbol(tables_.distances_, kDistanceTableBits, entry)) {
    return false;
  }
  if ((entry & kEntryInvalid) != 0) {
    return Damaged("invalid distance code");
  }
  if (!Take(EntryExtra(entry), extra)) {
    return false;
  }
  const std::uint64_t distance = EntryValue(entry) + std::uint64_t{extra};
  if (distance > history_ + produced() || distance > kDistanceMax) {
    return Damaged("invalid distance too far back");
  }
  return CopyMatch(distance, length);
}

bool Inflater::Stream::CopyMatch(std::uint64_t distance, std::size_t length) {
  while (length > 0) {
    if (Room() == 0 && !Grow()) {
      return false;
    }
    const std::size_t size = std::min(length, Room());
    const std::span<std::byte> to = out_.free();
    const base::Bytes written = out_.bytes();
    const std::size_t from = written.size() - static_cast<std::size_t>(distance);
    // Byte by byte: the match may overlap what it writes, and `to` continues `written`.
    for (std::size_t i = 0; i < size; ++i) {
      to[i] = i < distance ? written[from + i] : to[i - static_cast<std::size_t>(distance)];
    }
    out_.Commit(size);
    length -= size;
  }
  return true;
}

std::string GapReason(const Outcome& outcome) {
  switch (outcome.end) {
    case End::kComplete:
      return {};
    case End::kLimit:
      return "limit " + std::string(base::LimitName(outcome.limit));
    case End::kTruncated:
    case End::kDamaged:
      break;
  }
  return "damaged: " + std::string(outcome.problem);
}

Outcome Inflater::Inflate(base::Bytes input, base::Budget& budget, OutputBuffer& out,
                          std::uint64_t history) {
  return Stream(*this, input, budget, out, history).Run();
}

}  // namespace day::unpack::inflate
