#include "libs/unpack/rar/rar3_decoder.h"

#include <utility>

#include "libs/unpack/rar/filter_queue.h"
#include "libs/unpack/rar/lengths.h"

namespace day::unpack::rar {
namespace {

using parts::MsbBits;

constexpr std::uint64_t kFlushBytes = 64 * 1024;
constexpr std::size_t kProgramsMax = 1024;
constexpr std::size_t kUsesMax = 8192;
constexpr std::string_view kBadCode = "damaged: invalid code";
constexpr std::string_view kBadFilter = "damaged: invalid filter";

// A number of two to 34 bits, as filters' code holds them.
std::uint32_t TakeNumber(MsbBits& bits) {
  switch (bits.Take(2)) {
    case 0:
      return bits.Take(4);
    case 1: {
      const std::uint32_t high = bits.Take(4);
      if (high == 0) {
        return 0xFFFFFF00 | bits.Take(8);
      }
      return high << 4 | bits.Take(4);
    }
    case 2:
      return bits.Take(16);
    default:
      return bits.Take(32);
  }
}

}  // namespace

bool Rar3Decoder::Fail(std::string_view gap) {
  failure_ = gap;
  return false;
}

void Rar3Decoder::Reset() {
  window_.Forget();
  widths_.fill(0);
  old_distances_.fill(0);
  last_length_ = 0;
  has_codes_ = false;
  is_ppmd_ = has_model_ = false;
  escape_ = 2;
  programs_.clear();
  last_program_ = 0;
}

void Rar3Decoder::Decode(base::Bytes packed, std::uint64_t size, bool goes_on, base::Budget& budget,
                         parts::Sink& sink) {
  if (!goes_on) {
    Reset();
  }
  bits_.emplace(packed);
  range_.reset();
  uses_.clear();
  failure_ = {};
  gap_.clear();
  Output output(sink, size);
  const std::uint64_t end = window_.position() + size;
  bool going = goes_on && has_codes_ ? true : StartBlock(budget);
  // The end mark stands behind the last byte: in solid archives it tells how the next file starts.
  while (going && sink.ok() && window_.position() <= end) {
    going = Step(budget);
    if (bits_->overrun()) {
      break;
    }
    if (window_.waiting() >= kFlushBytes) {
      Flush(output, false);
    }
  }
  const std::uint64_t decoded = window_.position();
  Flush(output, true);
  if (decoded < end) {
    sink.End(failure_.empty() ? parts::kEndsTooEarly : failure_);
  }
}

bool Rar3Decoder::StartBlock(base::Budget& budget) {
  if (!budget.SpendSteps(kStepsPerBlock).ok()) {
    return Fail("limit steps_max");
  }
  bits_->ToByte();
  if (bits_->Bit() != 0) {
    return StartPpmd(budget);
  }
  return TakeCodes();
}

bool Rar3Decoder::StartPpmd(base::Budget& budget) {
  constexpr std::uint32_t kNewModel = 0x20;
  constexpr std::uint32_t kNewEscape = 0x40;
  const std::uint32_t flags = bits_->Take(7);
  const std::uint32_t mebibytes = (flags & kNewModel) != 0 ? bits_->Take(8) + 1 : 0;
  if ((flags & kNewEscape) != 0) {
    escape_ = static_cast<std::uint8_t>(bits_->Take(8));
  }
  is_ppmd_ = true;
  range_.emplace(*bits_);
  if (bits_->overrun()) {
    return Fail(parts::kEndsTooEarly);
  }
  if ((flags & kNewModel) == 0) {
    return has_model_ ? true : Fail("damaged: a PPMd block without a model");
  }
  unsigned order = (flags & 0x1F) + 1;
  if (order > 16) {
    order = 16 + (order - 16) * 3;
  }
  if (order == 1) {
    return Fail("damaged: a PPMd model of order 1");
  }
  if (!budget.SpendSteps(kStepsPerModel).ok()) {
    return Fail("limit steps_max");
  }
  has_model_ = ppmd_.Start(mebibytes << 20, order);
  return has_model_ ? true : Fail("limit memory_bytes_max");
}

bool Rar3Decoder::TakeCodes() {
  if (bits_->Bit() == 0) {
    widths_.fill(0);
  }
  is_ppmd_ = false;
  last_low_ = low_repeats_ = 0;
  if (const std::string_view gap = ReadWidths(*bits_, widths_); !gap.empty()) {
    return Fail(gap);
  }
  const std::span<const std::uint8_t> all(widths_);
  has_codes_ = main_.Build(all.first(kMainSymbols)) &&
               places_.Build(all.subspan(kMainSymbols, kPlaceSymbols)) &&
               lows_.Build(all.subspan(kMainSymbols + kPlaceSymbols, kLowSymbols)) &&
               lengths_.Build(all.last(kLengthSymbols));
  return has_codes_ ? true : Fail(kBadCodes);
}

bool Rar3Decoder::Step(base::Budget& budget) {
  return is_ppmd_ ? StepPpmd(budget) : StepLz(budget);
}

void Rar3Decoder::Copy(std::uint32_t distance, std::uint32_t length) {
  window_.CopyBack(distance, length);
}

void Rar3Decoder::Remember(std::uint32_t distance) {
  old_distances_ = {distance, old_distances_[0], old_distances_[1], old_distances_[2]};
}

bool Rar3Decoder::StepPpmd(base::Budget& budget) {
  const auto next = [this]() -> int {
    const auto symbol = range_ ? ppmd_.Next(*range_) : std::nullopt;
    if (symbol && !bits_->overrun()) {
      return *symbol;
    }
    range_.reset();  // there is nothing behind damage
    return -1;
  };
  const int symbol = next();
  if (symbol < 0) {
    return Fail(bits_->overrun() ? parts::kEndsTooEarly : kBadCode);
  }
  if (!budget.SpendSteps(ppmd_.TakeWork()).ok()) {
    return Fail("limit steps_max");
  }
  if (symbol != escape_) {
    window_.Put(static_cast<std::uint8_t>(symbol));
    return true;
  }
  std::uint32_t distance = 1;
  switch (next()) {
    case -1:
      return Fail(bits_->overrun() ? parts::kEndsTooEarly : kBadCode);
    case 0:
      return StartBlock(budget);
    case 2:
      return false;
    case 3:
      return TakeProgram(next);
    case 4: {
      distance = 0;
      for (int i = 0; i < 3; ++i) {
        distance = distance << 8 | static_cast<std::uint8_t>(next());
      }
      const int length = next();
      if (length < 0) {
        return Fail(parts::kEndsTooEarly);
      }
      Copy(distance + 2, static_cast<std::uint32_t>(length) + 32);
      return true;
    }
    case 5: {
      const int length = next();
      if (length < 0) {
        return Fail(parts::kEndsTooEarly);
      }
      Copy(1, static_cast<std::uint32_t>(length) + 4);
      return true;
    }
    default:
      window_.Put(escape_);
      return true;
  }
}

bool Rar3Decoder::StepLz(base::Budget& budget) {
  constexpr std::uint32_t kEndOfBlock = 256;
  constexpr std::uint32_t kFilter = 257;
  constexpr std::uint32_t kLast = 258;
  constexpr std::uint32_t kOld = 259;
  constexpr std::uint32_t kShort = 263;
  constexpr std::uint32_t kMatch = 271;
  const std::uint32_t symbol = main_.Decode(*bits_);
  if (symbol < kEndOfBlock) {
    window_.Put(static_cast<std::uint8_t>(symbol));
    return true;
  }
  if (symbol == Codes::kNone) {
    return Fail(kBadCode);
  }
  if (symbol >= kMatch) {
    return TakeMatch(symbol - kMatch);
  }
  if (symbol == kEndOfBlock) {
    return EndBlock(budget);
  }
  if (symbol == kFilter) {
    return TakeProgram([this] { return bits_->overrun() ? -1 : static_cast<int>(bits_->Take(8)); });
  }
  if (symbol == kLast) {
    if (last_length_ != 0) {
      Copy(old_distances_[0], last_length_);
    }
    return true;
  }
  if (symbol < kShort) {
    return TakeOldMatch(symbol - kOld);
  }
  const std::uint32_t index = symbol - kShort;
  const std::uint32_t distance = kShortBase[index] + 1u + bits_->Take(kShortBits[index]);
  Remember(distance);
  last_length_ = 2;
  Copy(distance, 2);
  return true;
}

// Behind the mark: 1: a block follows; 01: none does, and the next file starts with its own;
// 00: the next file goes on with these codes.
bool Rar3Decoder::EndBlock(base::Budget& budget) {
  if (bits_->Bit() != 0) {
    has_codes_ = false;
    return StartBlock(budget);
  }
  has_codes_ = bits_->Bit() == 0;
  return false;
}

bool Rar3Decoder::TakeLength(std::uint32_t index, std::uint32_t least, std::uint32_t& length) {
  if (index >= kLengthBase.size()) {
    return Fail(kBadCode);
  }
  length = kLengthBase[index] + least + bits_->Take(kLengthBits[index]);
  return true;
}

bool Rar3Decoder::TakeOldMatch(std::uint32_t index) {
  const std::uint32_t distance = old_distances_[index];
  for (; index > 0; --index) {
    old_distances_[index] = old_distances_[index - 1];
  }
  old_distances_[0] = distance;
  std::uint32_t length = 0;
  if (!TakeLength(lengths_.Decode(*bits_), 2, length)) {
    return false;
  }
  last_length_ = length;
  Copy(distance, length);
  return true;
}

// The lowest four bits of a far distance, with a code of their own.
bool Rar3Decoder::TakeLowPlace(std::uint32_t& distance) {
  constexpr std::uint32_t kRepeat = 16;
  if (low_repeats_ > 0) {
    --low_repeats_;
  } else {
    const std::uint32_t low = lows_.Decode(*bits_);
    if (low == Codes::kNone) {
      return Fail(kBadCode);
    }
    if (low == kRepeat) {
      low_repeats_ = 15;
    } else {
      last_low_ = low;
    }
  }
  distance += last_low_;
  return true;
}

bool Rar3Decoder::TakeMatch(std::uint32_t symbol) {
  constexpr unsigned kLowBits = 4;
  constexpr std::uint32_t kSlotsWithLow = 10;
  std::uint32_t length = 0;
  if (!TakeLength(symbol, 3, length)) {
    return false;
  }
  const std::uint32_t slot = places_.Decode(*bits_);
  if (slot == Codes::kNone) {
    return Fail(kBadCode);
  }
  const Slot place = SlotOf(slot);
  std::uint32_t distance = place.base + 1;
  if (slot < kSlotsWithLow) {
    distance += bits_->Take(place.bits);
  } else {
    if (place.bits > kLowBits) {
      distance += bits_->Take(place.bits - kLowBits) << kLowBits;
    }
    if (!TakeLowPlace(distance)) {
      return false;
    }
  }
  length += (distance >= 0x2000 ? 1u : 0u) + (distance >= 0x40000 ? 1u : 0u);
  Remember(distance);
  last_length_ = length;
  Copy(distance, length);
  return true;
}

template <typename TakeByte>
bool Rar3Decoder::TakeProgram(TakeByte&& take) {
  const int flags = take();
  int size = (flags & 7) + 1;
  if (size == 7) {
    size = take() + 7;
  } else if (size == 8) {
    size = take() << 8;
    size |= take();
  }
  if (flags < 0 || size <= 0) {
    return Fail(kBadFilter);
  }
  std::vector<std::byte> code(static_cast<std::size_t>(size));
  for (std::byte& byte : code) {
    const int value = take();
    if (value < 0) {
      return Fail(parts::kEndsTooEarly);
    }
    byte = static_cast<std::byte>(value);
  }
  return AddUse(static_cast<std::uint8_t>(flags), code) ? true : Fail(kBadFilter);
}

bool Rar3Decoder::AddUse(std::uint8_t flags, base::Bytes code) {
  constexpr std::uint32_t kFarther = 258;
  MsbBits bits(code);
  std::uint32_t index = static_cast<std::uint32_t>(last_program_);
  if ((flags & 0x80) != 0) {
    index = TakeNumber(bits);
    if (index == 0) {
      programs_.clear();
      uses_.clear();
    } else {
      --index;
    }
  }
  if (index > programs_.size() || index >= kProgramsMax || uses_.size() >= kUsesMax) {
    return false;
  }
  last_program_ = index;
  const bool is_new = index == programs_.size();
  if (is_new) {
    programs_.emplace_back();
  }
  Use use;
  use.start = window_.position() + TakeNumber(bits) + ((flags & 0x40) != 0 ? kFarther : 0);
  if ((flags & 0x20) != 0) {
    programs_[index].block_size = TakeNumber(bits);
  }
  use.size = programs_[index].block_size;
  if ((flags & 0x10) != 0) {
    const std::uint32_t which = bits.Take(7);
    for (unsigned i = 0; i < use.registers.size(); ++i) {
      if ((which >> i & 1) != 0) {
        use.registers[i] = TakeNumber(bits);
      }
    }
  }
  if (is_new) {
    const std::uint32_t size = TakeNumber(bits);
    if (size == 0 || size > code.size()) {
      return false;
    }
    std::vector<std::byte> program(size);
    for (std::byte& byte : program) {
      byte = static_cast<std::byte>(bits.Take(8));
    }
    programs_[index].filter = RecogniseFilter(program);
  }
  use.filter = programs_[index].filter;
  if (bits.overrun() || use.start - window_.position() >= Window::kBytes) {
    return false;
  }
  uses_.push_back(use);
  return true;
}

// Undoes the filter in front, and those that work on the same bytes after it.
// REQUIRES: its bytes are next, and all there.
void Rar3Decoder::FlushUse(Output& output) {
  const Use first = uses_.front();
  std::vector<std::uint8_t> block = TakeBlock(window_, first.start + first.size);
  while (!uses_.empty() && uses_.front().start == first.start && uses_.front().size == first.size) {
    const Use& use = uses_.front();
    if (!use.filter) {
      gap_ = "unsupported: a filter that is a program of its own";
    } else {
      FilterSettings settings;
      settings.kind = *use.filter;
      settings.registers = use.registers;
      settings.file_offset = static_cast<std::uint32_t>(output.written());
      if (!ApplyFilter(settings, block)) {
        gap_ = kBadFilter;
      }
    }
    uses_.pop_front();
  }
  output.Write(std::as_bytes(std::span(block)));
}

void Rar3Decoder::Flush(Output& output, bool is_last) {
  if (!PassOnFiltered(uses_, kFilterBytesMax, is_last, window_, output,
                      [&] { FlushUse(output); })) {
    gap_ = kBadFilter;
  }
}

}  // namespace day::unpack::rar
