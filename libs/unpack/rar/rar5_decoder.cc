#include "libs/unpack/rar/rar5_decoder.h"

#include <algorithm>
#include <bit>

#include "libs/unpack/rar/filter_queue.h"
#include "libs/unpack/rar/rar3_decoder.h"

namespace day::unpack::rar {
namespace {

constexpr std::uint64_t kFlushBytes = 64 * 1024;
constexpr std::size_t kUsesMax = 8192;
constexpr std::string_view kBadCode = "damaged: invalid code";
constexpr std::string_view kBadFilter = "damaged: invalid filter";

std::uint64_t WindowBytes(std::uint64_t dictionary_bytes) {
  return std::bit_ceil(
      std::clamp(dictionary_bytes, 2 * Rar5Decoder::kFilterBytesMax, Rar5Decoder::kWindowBytesMax));
}

}  // namespace

Rar5Decoder::Rar5Decoder(std::uint64_t dictionary_bytes, bool is_wide)
    : dictionary_bytes_(dictionary_bytes),
      place_symbols_(is_wide ? kPlaceSymbolsMax : 64),
      window_(WindowBytes(dictionary_bytes)) {}

bool Rar5Decoder::Fail(std::string_view gap) {
  failure_ = gap;
  return false;
}

void Rar5Decoder::Reset() {
  window_.Forget();
  old_distances_.fill(0);
  last_length_ = 0;
  has_codes_ = false;
}

void Rar5Decoder::Decode(base::Bytes packed, std::uint64_t size, bool goes_on, base::Budget& budget,
                         parts::Sink& sink) {
  if (!goes_on) {
    Reset();
  }
  bits_.reset();
  block_bits_ = next_block_ = 0;
  is_last_block_ = false;
  uses_.clear();
  failure_ = {};
  gap_.clear();
  Output output(sink, size);
  const std::uint64_t start = window_.position();
  bool going = true;
  while (going && sink.ok() && window_.position() - start < size) {
    if (!bits_ || bits_->taken() >= block_bits_) {
      going = StartBlock(packed, budget);
    } else {
      going = Step();
    }
    if (window_.waiting() >= kFlushBytes) {
      Flush(output, false);
    }
  }
  const std::uint64_t decoded = window_.position() - start;
  Flush(output, true);
  if (!failure_.empty() || (size != kUnknownSize && decoded < size)) {
    sink.End(failure_.empty() ? parts::kEndsTooEarly : failure_);
  }
}

// Flags, a checksum of the header, and the block's size in bytes; its last byte may be used in
// part.
bool Rar5Decoder::StartBlock(base::Bytes packed, base::Budget& budget) {
  constexpr unsigned kHasCodes = 0x80;
  constexpr unsigned kIsLast = 0x40;
  constexpr unsigned kChecksumStart = 0x5A;
  if (is_last_block_) {
    return false;
  }
  if (!budget.SpendSteps(kStepsPerBlock).ok()) {
    return Fail("limit steps_max");
  }
  base::ByteReader reader(base::ClippedSlice(packed, next_block_, packed.size()));
  const unsigned flags = reader.U8();
  unsigned checksum = reader.U8() ^ flags ^ kChecksumStart;
  const unsigned size_bytes = (flags >> 3 & 3) + 1;
  std::uint64_t size = 0;
  for (unsigned i = 0; i < size_bytes; ++i) {
    const unsigned byte = reader.U8();
    checksum ^= byte;
    size |= std::uint64_t{byte} << (8 * i);
  }
  if (!reader.ok()) {
    return Fail(parts::kEndsTooEarly);
  }
  if (size_bytes > 3 || checksum != 0) {
    return Fail("damaged: invalid block header");
  }
  const base::Bytes block = base::ClippedSlice(packed, next_block_ + reader.offset(), size);
  next_block_ += reader.offset() + size;
  is_last_block_ = (flags & kIsLast) != 0;
  block_bits_ = size == 0 ? 0 : (size - 1) * 8 + (flags & 7) + 1;
  bits_.emplace(block);
  if ((flags & kHasCodes) != 0) {
    return TakeCodes();
  }
  return has_codes_ ? true : Fail("damaged: a block without codes");
}

bool Rar5Decoder::TakeCodes() {
  const std::size_t symbols = kMainSymbols + place_symbols_ + kLowSymbols + kLengthSymbols;
  std::array<std::uint8_t, kSymbolsMax> widths{};
  if (const std::string_view gap = ReadWidths(*bits_, std::span(widths).first(symbols));
      !gap.empty()) {
    return Fail(gap);
  }
  const std::span<const std::uint8_t> all(widths);
  has_codes_ =
      main_.Build(all.first(kMainSymbols)) &&
      places_.Build(all.subspan(kMainSymbols, place_symbols_)) &&
      lows_.Build(all.subspan(kMainSymbols + place_symbols_, kLowSymbols)) &&
      lengths_.Build(all.subspan(kMainSymbols + place_symbols_ + kLowSymbols, kLengthSymbols));
  return has_codes_ ? true : Fail(kBadCodes);
}

bool Rar5Decoder::Step() {
  constexpr std::uint32_t kFilter = 256;
  constexpr std::uint32_t kLast = 257;
  constexpr std::uint32_t kOld = 258;
  constexpr std::uint32_t kMatch = 262;
  const std::uint32_t symbol = main_.Decode(*bits_);
  if (bits_->overrun()) {
    return Fail(parts::kEndsTooEarly);
  }
  if (symbol < kFilter) {
    window_.Put(static_cast<std::uint8_t>(symbol));
    return true;
  }
  if (symbol == Codes::kNone) {
    return Fail(kBadCode);
  }
  if (symbol >= kMatch) {
    return TakeMatch(symbol - kMatch);
  }
  if (symbol >= kOld) {
    return TakeOldMatch(symbol - kOld);
  }
  if (symbol == kLast) {
    if (last_length_ != 0) {
      Copy(old_distances_[0], last_length_);
    }
    return failure_.empty();
  }
  return TakeFilter();
}

void Rar5Decoder::Copy(std::uint64_t distance, std::uint64_t length) {
  if (distance > window_.bytes() && window_.bytes() < dictionary_bytes_ &&
      distance <= window_.position()) {
    failure_ = "limit window_bytes_max";
    return;
  }
  window_.CopyBack(distance, length);
}

std::uint64_t Rar5Decoder::TakeLength(std::uint32_t code) {
  if (code < 8) {
    return code + 2;
  }
  const unsigned bits = code / 4 - 1;
  return 2 + (std::uint64_t{4 | (code & 3)} << bits) + bits_->Take(bits);
}

// From 1. The lowest four bits of far ones have a code of their own.
bool Rar5Decoder::TakeDistance(std::uint64_t& distance) {
  constexpr unsigned kLowBits = 4;
  constexpr unsigned kBitsAtOnce = 32;
  const std::uint32_t slot = places_.Decode(*bits_);
  if (slot == Codes::kNone) {
    return Fail(kBadCode);
  }
  distance = slot + 1;
  if (slot < 4) {
    return true;
  }
  const unsigned bits = slot / 2 - 1;
  distance = (std::uint64_t{2 | (slot & 1)} << bits) + 1;
  if (bits < kLowBits) {
    distance += bits_->Take(bits);
    return true;
  }
  const unsigned high_bits = bits - kLowBits;
  std::uint64_t high = 0;
  if (high_bits > kBitsAtOnce) {
    high = std::uint64_t{bits_->Take(high_bits - kBitsAtOnce)} << kBitsAtOnce;
  }
  high |= bits_->Take(std::min(high_bits, kBitsAtOnce));
  const std::uint32_t low = lows_.Decode(*bits_);
  if (low == Codes::kNone) {
    return Fail(kBadCode);
  }
  distance += (high << kLowBits) + low;
  return true;
}

bool Rar5Decoder::TakeMatch(std::uint32_t symbol) {
  std::uint64_t length = TakeLength(symbol);
  std::uint64_t distance = 0;
  if (!TakeDistance(distance)) {
    return false;
  }
  length +=
      (distance > 0x100 ? 1u : 0u) + (distance > 0x2000 ? 1u : 0u) + (distance > 0x40000 ? 1u : 0u);
  if (bits_->overrun()) {
    return Fail(parts::kEndsTooEarly);
  }
  old_distances_ = {distance, old_distances_[0], old_distances_[1], old_distances_[2]};
  last_length_ = length;
  Copy(distance, length);
  return failure_.empty();
}

bool Rar5Decoder::TakeOldMatch(std::size_t index) {
  const std::uint64_t distance = old_distances_[index];
  for (; index > 0; --index) {
    old_distances_[index] = old_distances_[index - 1];
  }
  old_distances_[0] = distance;
  const std::uint32_t code = lengths_.Decode(*bits_);
  if (code == Codes::kNone) {
    return Fail(kBadCode);
  }
  last_length_ = TakeLength(code);
  if (bits_->overrun()) {
    return Fail(parts::kEndsTooEarly);
  }
  Copy(distance, last_length_);
  return failure_.empty();
}

std::uint32_t Rar5Decoder::TakeNumber() {
  const unsigned bytes = bits_->Take(2) + 1;
  std::uint32_t value = 0;
  for (unsigned i = 0; i < bytes; ++i) {
    value |= bits_->Take(8) << (8 * i);
  }
  return value;
}

bool Rar5Decoder::TakeFilter() {
  constexpr std::array<Filter, 4> kFilters = {Filter::kDelta, Filter::kE8, Filter::kE8E9,
                                              Filter::kArm};
  Use use;
  use.start = window_.position() + TakeNumber();
  use.size = TakeNumber();
  const std::uint32_t kind = bits_->Take(3);
  if (kind < kFilters.size()) {
    use.filter = kFilters[kind];
  }
  if (kind == 0) {
    use.channels = bits_->Take(5) + 1;
  }
  if (bits_->overrun()) {
    return Fail(parts::kEndsTooEarly);
  }
  if (use.size > kFilterBytesMax || use.start - window_.position() >= window_.bytes() ||
      uses_.size() >= kUsesMax) {
    return Fail(kBadFilter);
  }
  uses_.push_back(use);
  return true;
}

// Undoes the filter in front. REQUIRES: its bytes are next, and all there.
void Rar5Decoder::FlushUse(Output& output) {
  const Use use = uses_.front();
  uses_.pop_front();
  std::vector<std::uint8_t> block = TakeBlock(window_, use.start + use.size);
  if (!use.filter) {
    gap_ = "unsupported: a filter that nobody knows";
  } else {
    FilterSettings settings;
    settings.kind = *use.filter;
    settings.registers[0] = use.channels;
    settings.file_offset = static_cast<std::uint32_t>(output.written());
    settings.offsets_wrap = true;
    if (!ApplyFilter(settings, block)) {
      gap_ = kBadFilter;
    }
  }
  output.Write(std::as_bytes(std::span(block)));
}

void Rar5Decoder::Flush(Output& output, bool is_last) {
  if (!PassOnFiltered(uses_, kFilterBytesMax, is_last, window_, output,
                      [&] { FlushUse(output); })) {
    gap_ = kBadFilter;
  }
}

}  // namespace day::unpack::rar
