#include "libs/unpack/rar/rar2_decoder.h"

#include <cstdlib>

#include "libs/unpack/rar/lengths.h"
#include "libs/unpack/rar/rar3_decoder.h"

namespace day::unpack::rar {
namespace {

constexpr std::uint64_t kFlushBytes = 64 * 1024;
constexpr std::string_view kBadCode = "damaged: invalid code";
constexpr std::uint32_t kNewBlock = 269;
constexpr std::uint32_t kNewSoundBlock = 256;

}  // namespace

bool Rar2Decoder::Fail(std::string_view gap) {
  failure_ = gap;
  return false;
}

void Rar2Decoder::Decode(base::Bytes packed, std::uint64_t size, bool goes_on, base::Budget& budget,
                         parts::Sink& sink) {
  if (!goes_on) {
    window_.Forget();
    widths_.fill(0);
    channels_.fill({});
    old_distances_.fill(0);
    is_sound_ = has_codes_ = false;
    channel_count_ = 1;
    channel_ = old_next_ = 0;
    other_delta_ = 0;
    last_distance_ = last_length_ = 0;
  }
  bits_.emplace(packed);
  failure_ = {};
  Output output(sink, size);
  const std::uint64_t end = window_.position() + size;
  const auto write = [&](base::Bytes bytes) { output.Write(bytes); };
  bool going = (goes_on && has_codes_) || size == 0 || StartBlock(budget);
  while (going && sink.ok() && window_.position() < end) {
    going = is_sound_ ? StepSound(budget) : Step(budget);
    if (bits_->overrun()) {
      break;
    }
    if (window_.waiting() >= kFlushBytes) {
      window_.PassOn(window_.position(), write);
    }
  }
  const bool is_whole = window_.position() >= end;
  if (is_whole && size != 0) {
    TakeEnd(budget);
  }
  window_.PassOn(window_.position(), write);
  if (!is_whole) {
    sink.End(failure_.empty() ? parts::kEndsTooEarly : failure_);
  }
}

// Behind the last byte a new block may start, whose codes the next file of a solid archive needs.
void Rar2Decoder::TakeEnd(base::Budget& budget) {
  const std::uint32_t symbol = is_sound_ ? sounds_[channel_].Decode(*bits_) : main_.Decode(*bits_);
  if (!bits_->overrun() && symbol == (is_sound_ ? kNewSoundBlock : kNewBlock)) {
    has_codes_ = StartBlock(budget);
  }
}

bool Rar2Decoder::StartBlock(base::Budget& budget) {
  if (!budget.SpendSteps(kStepsPerBlock).ok()) {
    return Fail("limit steps_max");
  }
  is_sound_ = bits_->Bit() != 0;
  if (bits_->Bit() == 0) {
    widths_.fill(0);
  }
  std::size_t count = kMainSymbols + kPlaceSymbols + kLengthSymbols;
  if (is_sound_) {
    channel_count_ = bits_->Take(2) + 1;
    channel_ = channel_ < channel_count_ ? channel_ : 0;
    count = kSoundSymbols * channel_count_;
  }
  if (!TakeWidths(count)) {
    return false;
  }
  const std::span<const std::uint8_t> all(widths_);
  has_codes_ = true;
  for (std::size_t i = 0; is_sound_ && i < channel_count_; ++i) {
    has_codes_ = has_codes_ && sounds_[i].Build(all.subspan(i * kSoundSymbols, kSoundSymbols));
  }
  if (!is_sound_) {
    has_codes_ = main_.Build(all.first(kMainSymbols)) &&
                 places_.Build(all.subspan(kMainSymbols, kPlaceSymbols)) &&
                 lengths_.Build(all.subspan(kMainSymbols + kPlaceSymbols, kLengthSymbols));
  }
  return has_codes_ ? true : Fail(kBadCodes);
}

bool Rar2Decoder::TakeWidths(std::size_t count) {
  constexpr std::size_t kPackingSymbols = 19;
  std::array<std::uint8_t, kPackingSymbols> packing_widths;
  for (std::uint8_t& width : packing_widths) {
    width = static_cast<std::uint8_t>(bits_->Take(4));
  }
  Codes packing;
  if (!packing.Build(packing_widths)) {
    return Fail(kBadCodes);
  }
  for (std::size_t i = 0; i < count;) {
    const std::uint32_t symbol = packing.Decode(*bits_);
    if (symbol == Codes::kNone || bits_->overrun()) {
      return Fail(bits_->overrun() ? parts::kEndsTooEarly : kBadCodes);
    }
    if (symbol < 16) {
      widths_[i] = static_cast<std::uint8_t>((widths_[i] + symbol) & 15);
      ++i;
      continue;
    }
    if (symbol == 16 && i == 0) {
      return Fail(kBadCodes);
    }
    const std::uint8_t width = symbol == 16 ? widths_[i - 1] : std::uint8_t{0};
    std::uint32_t repeats = 0;
    if (symbol == 16) {
      repeats = bits_->Take(2) + 3;
    } else {
      repeats = symbol == 17 ? bits_->Take(3) + 3 : bits_->Take(7) + 11;
    }
    for (; repeats > 0 && i < count; --repeats) {
      widths_[i++] = width;
    }
  }
  return true;
}

void Rar2Decoder::Copy(std::uint32_t distance, std::uint32_t length) {
  last_distance_ = distance;
  last_length_ = length;
  old_distances_[old_next_++ % old_distances_.size()] = distance;
  window_.CopyBack(distance, length);
}

bool Rar2Decoder::Step(base::Budget& budget) {
  constexpr std::uint32_t kLast = 256;
  constexpr std::uint32_t kOld = 257;
  constexpr std::uint32_t kShort = 261;
  constexpr std::uint32_t kMatch = 270;
  const std::uint32_t symbol = main_.Decode(*bits_);
  if (symbol < kLast) {
    window_.Put(static_cast<std::uint8_t>(symbol));
    return true;
  }
  if (symbol == Codes::kNone) {
    return Fail(kBadCode);
  }
  if (symbol >= kMatch) {
    return TakeMatch(symbol - kMatch);
  }
  if (symbol == kNewBlock) {
    return StartBlock(budget);
  }
  if (symbol == kLast) {
    Copy(last_distance_, last_length_);
    return true;
  }
  if (symbol < kShort) {
    return TakeOldMatch(symbol - kOld + 1);
  }
  const std::uint32_t index = symbol - kShort;
  Copy(kShortBase[index] + 1u + bits_->Take(kShortBits[index]), 2);
  return true;
}

bool Rar2Decoder::TakeMatch(std::uint32_t symbol) {
  std::uint32_t length = kLengthBase[symbol] + 3u + bits_->Take(kLengthBits[symbol]);
  const std::uint32_t slot = places_.Decode(*bits_);
  if (slot == Codes::kNone) {
    return Fail(kBadCode);
  }
  const Slot place = SlotOf(slot);
  const std::uint32_t distance = place.base + 1 + bits_->Take(place.bits);
  length += (distance >= 0x2000 ? 1u : 0u) + (distance >= 0x40000 ? 1u : 0u);
  Copy(distance, length);
  return true;
}

// A distance that was used one to four matches ago.
bool Rar2Decoder::TakeOldMatch(std::uint32_t back) {
  const std::uint32_t distance = old_distances_[(old_next_ - back) % old_distances_.size()];
  const std::uint32_t symbol = lengths_.Decode(*bits_);
  if (symbol == Codes::kNone) {
    return Fail(kBadCode);
  }
  std::uint32_t length = kLengthBase[symbol] + 2u + bits_->Take(kLengthBits[symbol]);
  length += (distance >= 0x101 ? 1u : 0u) + (distance >= 0x2000 ? 1u : 0u) +
            (distance >= 0x40000 ? 1u : 0u);
  Copy(distance, length);
  return true;
}

bool Rar2Decoder::StepSound(base::Budget& budget) {
  const std::uint32_t symbol = sounds_[channel_].Decode(*bits_);
  if (symbol == Codes::kNone) {
    return Fail(kBadCode);
  }
  if (symbol == kNewSoundBlock) {
    return StartBlock(budget);
  }
  window_.Put(NextSound(channels_[channel_], static_cast<std::uint8_t>(symbol)));
  channel_ = channel_ + 1 < channel_count_ ? channel_ + 1 : 0;
  return true;
}

std::uint8_t Rar2Decoder::NextSound(Channel& channel, std::uint8_t coded) {
  auto& differences = channel.differences;
  differences[3] = differences[2];
  differences[2] = differences[1];
  differences[1] = channel.last_delta - differences[0];
  differences[0] = channel.last_delta;
  int guess = 8 * channel.last + channel.weights[4] * other_delta_;
  for (std::size_t i = 0; i < differences.size(); ++i) {
    guess += channel.weights[i] * differences[i];
  }
  const auto value = static_cast<std::uint8_t>((guess >> 3) - coded);
  const int error = static_cast<std::int8_t>(coded) * 8;
  const auto size = [](int number) { return static_cast<std::uint32_t>(std::abs(number)); };
  channel.errors[0] += size(error);
  for (std::size_t i = 0; i < channel.weights.size(); ++i) {
    const int difference = i < differences.size() ? differences[i] : other_delta_;
    channel.errors[2 * i + 1] += size(error - difference);
    channel.errors[2 * i + 2] += size(error + difference);
  }
  other_delta_ = channel.last_delta = static_cast<std::int8_t>(value - channel.last);
  channel.last = value;
  if (++channel.count % 32 == 0) {
    Adapt(channel);
  }
  return value;
}

// Moves the weight that would have made the errors smallest.
void Rar2Decoder::Adapt(Channel& channel) {
  std::size_t least = 0;
  for (std::size_t i = 1; i < channel.errors.size(); ++i) {
    least = channel.errors[i] < channel.errors[least] ? i : least;
  }
  channel.errors.fill(0);
  if (least != 0) {
    int& weight = channel.weights[(least - 1) / 2];
    if (least % 2 == 1) {
      weight -= weight >= -16 ? 1 : 0;
    } else {
      weight += weight < 16 ? 1 : 0;
    }
  }
}

}  // namespace day::unpack::rar
