#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <optional>

#include "libs/unpack/parts/prefix_code.h"
#include "libs/unpack/wim/chunk.h"
#include "libs/unpack/wim/word_bits.h"

namespace day::unpack::wim {
namespace {

constexpr std::size_t kLiterals = 256;
constexpr std::size_t kSlotsMax = 50;
constexpr std::size_t kMainMax = kLiterals + kSlotsMax * 8;
constexpr std::size_t kLengthSymbols = 249;
constexpr std::size_t kAlignedSymbols = 8;
constexpr std::size_t kPretreeSymbols = 20;
constexpr std::uint32_t kDefaultBlock = 32'768;
constexpr std::size_t kMatchMin = 2;
constexpr std::size_t kRecent = 3;

unsigned ExtraBits(std::size_t slot) {
  return slot < 4 ? 0 : static_cast<unsigned>(std::min<std::size_t>(slot / 2 - 1, 17));
}

// How many slots of offsets a window has: by its order, from 15 to 21.
std::size_t SlotsOf(unsigned order) {
  constexpr std::array<std::size_t, 7> kSlots = {30, 32, 34, 36, 38, 42, 50};
  return kSlots[std::clamp(order, 15u, 21u) - 15];
}

class Decoder {
 public:
  Decoder(base::Bytes packed, std::size_t window, std::span<std::byte> out)
      : bits_(packed), order_(static_cast<unsigned>(std::bit_width(window)) - 1), out_(out) {
    main_symbols_ = kLiterals + SlotsOf(order_) * 8;
    std::uint32_t base = 0;
    for (std::size_t slot = 0; slot < kSlotsMax; ++slot) {
      bases_[slot] = base;
      base += 1u << ExtraBits(slot);
    }
  }

  std::size_t Run() {
    while (at_ < out_.size() && Block()) {
    }
    return at_;
  }

 private:
  bool Block();
  bool Stored(std::size_t size);
  bool ReadCodes(bool is_aligned);
  bool ReadLengths(std::span<std::uint8_t> lengths);
  bool Packed(std::size_t end, bool is_aligned);
  std::optional<std::size_t> Distance(std::size_t slot, bool is_aligned);

  WordBits bits_;
  unsigned order_;
  std::span<std::byte> out_;
  std::size_t at_ = 0;
  std::size_t main_symbols_ = 0;
  std::array<std::uint32_t, kSlotsMax> bases_{};
  std::array<std::uint32_t, kRecent> recent_{1, 1, 1};
  std::array<std::uint8_t, kMainMax> main_lengths_{};
  std::array<std::uint8_t, kLengthSymbols> length_lengths_{};
  parts::PrefixCode main_;
  parts::PrefixCode length_;
  parts::PrefixCode aligned_;
};

bool Decoder::Block() {
  const unsigned kind = bits_.Take(3);
  std::size_t size = kDefaultBlock;
  if (bits_.Bit() == 0) {
    size = bits_.Take(16);
    if (order_ >= 16) {
      size = size << 8 | bits_.Take(8);
    }
  }
  if (bits_.overrun() || size == 0) {
    return false;
  }
  size = std::min(size, out_.size() - at_);
  if (kind == 3) {
    return Stored(size);
  }
  const bool is_aligned = kind == 2;
  return (kind == 1 || is_aligned) && ReadCodes(is_aligned) && Packed(at_ + size, is_aligned);
}

bool Decoder::Stored(std::size_t size) {
  bits_.ToNextWord();
  for (std::uint32_t& recent : recent_) {
    recent = base::ReadAt<std::uint32_t>(bits_.TakeBytes(4), 0).value_or(0);
  }
  const base::Bytes bytes = bits_.TakeBytes(size);
  std::copy(bytes.begin(), bytes.end(), out_.begin() + static_cast<std::ptrdiff_t>(at_));
  at_ += bytes.size();
  if (size % 2 != 0 && !bits_.at_end()) {
    bits_.TakeBytes(1);
  }
  return bytes.size() == size;
}

// Lengths are differences to those of the block before, packed by a code of their own.
bool Decoder::ReadLengths(std::span<std::uint8_t> lengths) {
  std::array<std::uint8_t, kPretreeSymbols> pre{};
  for (std::uint8_t& length : pre) {
    length = static_cast<std::uint8_t>(bits_.Take(4));
  }
  parts::PrefixCode code;
  if (!code.Build(pre)) {
    return false;
  }
  const auto changed = [](std::uint8_t old, std::uint32_t by) {
    return static_cast<std::uint8_t>((old + 17 - by) % 17);
  };
  for (std::size_t i = 0; i < lengths.size();) {
    const auto symbol = code.Decode(bits_);
    if (!symbol || bits_.overrun()) {
      return false;
    }
    std::size_t run = 1;
    std::uint8_t value = 0;
    if (*symbol < 17) {
      value = changed(lengths[i], *symbol);
    } else if (*symbol == 17) {
      run = 4 + bits_.Take(4);
    } else if (*symbol == 18) {
      run = 20 + bits_.Take(5);
    } else {
      run = 4 + bits_.Take(1);
      const auto by = code.Decode(bits_);
      if (!by || *by > 16) {
        return false;
      }
      value = changed(lengths[i], *by);
    }
    for (run = std::min(run, lengths.size() - i); run > 0; --run) {
      lengths[i++] = value;
    }
  }
  return true;
}

bool Decoder::ReadCodes(bool is_aligned) {
  if (is_aligned) {
    std::array<std::uint8_t, kAlignedSymbols> lengths{};
    for (std::uint8_t& length : lengths) {
      length = static_cast<std::uint8_t>(bits_.Take(3));
    }
    if (!aligned_.Build(lengths)) {
      return false;
    }
  }
  const std::span<std::uint8_t> all(main_lengths_.data(), main_symbols_);
  return ReadLengths(all.first(kLiterals)) && ReadLengths(all.subspan(kLiterals)) &&
         main_.Build(all) && ReadLengths(length_lengths_) && length_.Build(length_lengths_);
}

std::optional<std::size_t> Decoder::Distance(std::size_t slot, bool is_aligned) {
  if (slot < kRecent) {
    std::swap(recent_[0], recent_[slot]);
    return recent_[0];
  }
  const unsigned extra = ExtraBits(slot);
  std::uint32_t offset = bases_[slot];
  if (is_aligned && extra >= 3) {
    offset += bits_.Take(extra - 3) << 3;
    const auto low = aligned_.Decode(bits_);
    if (!low) {
      return std::nullopt;
    }
    offset += *low;
  } else {
    offset += bits_.Take(extra);
  }
  offset -= static_cast<std::uint32_t>(kRecent - 1);
  recent_ = {offset, recent_[0], recent_[1]};
  return offset;
}

bool Decoder::Packed(std::size_t end, bool is_aligned) {
  while (at_ < end) {
    const auto symbol = main_.Decode(bits_);
    if (!symbol || bits_.overrun()) {
      return false;
    }
    if (*symbol < kLiterals) {
      out_[at_++] = static_cast<std::byte>(*symbol);
      continue;
    }
    std::size_t length = (*symbol - kLiterals) & 7;
    if (length == 7) {
      const auto more = length_.Decode(bits_);
      if (!more) {
        return false;
      }
      length += *more;
    }
    const auto distance = Distance((*symbol - kLiterals) >> 3, is_aligned);
    if (!distance || !CopyMatch(out_, at_, *distance, length + kMatchMin)) {
      return false;
    }
  }
  return true;
}

// Targets of calls (E8) were made absolute before packing.
void UndoCalls(std::span<std::byte> data) {
  constexpr std::int32_t kFileBytes = 12'000'000;
  constexpr std::size_t kTailBytes = 10;
  for (std::size_t i = 0; i + kTailBytes < data.size(); ++i) {
    if (data[i] != std::byte{0xE8}) {
      continue;
    }
    const auto position = static_cast<std::int32_t>(i);
    std::int32_t target = *base::ReadAt<std::int32_t>(data, i + 1);
    if (target >= 0 && target < kFileBytes) {
      target -= position;
    } else if (target < 0 && target >= -position) {
      target += kFileBytes;
    }
    std::memcpy(&data[i + 1], &target, sizeof(target));
    i += sizeof(target);
  }
}

}  // namespace

std::size_t DecodeLzx(base::Bytes packed, std::size_t window, std::span<std::byte> out) {
  if (window < 32'768 || window > kLzxBytesMax) {
    return 0;
  }
  const std::size_t good = Decoder(packed, window, out).Run();
  UndoCalls(out.first(good));
  return good;
}

}  // namespace day::unpack::wim
