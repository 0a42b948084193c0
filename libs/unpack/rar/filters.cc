#include "libs/unpack/rar/filters.h"

#include <cstdlib>
#include <vector>

#include "libs/unpack/inflate/crc32.h"

namespace day::unpack::rar {
namespace {

using Block = std::span<std::uint8_t>;

constexpr std::uint32_t kChannelsMax = 128;

std::uint32_t Load(const std::uint8_t* at) {
  return at[0] | std::uint32_t{at[1]} << 8 | std::uint32_t{at[2]} << 16 |
         std::uint32_t{at[3]} << 24;
}

void Store(std::uint8_t* at, std::uint32_t value) {
  for (int i = 0; i < 4; ++i) {
    at[i] = static_cast<std::uint8_t>(value >> (8 * i));
  }
}

// Targets of x86 calls (and jumps): absolute addresses become relative again.
void UndoCalls(Block block, const FilterSettings& settings) {
  constexpr std::uint32_t kSpan = 0x1000000;
  constexpr std::uint32_t kSign = 0x80000000;
  const bool with_jumps = settings.kind == Filter::kE8E9;
  const std::uint32_t mask = settings.offsets_wrap ? kSpan - 1 : ~std::uint32_t{0};
  for (std::size_t i = 0; i + 4 < block.size();) {
    const std::uint8_t opcode = block[i++];
    if (opcode != 0xE8 && !(with_jumps && opcode == 0xE9)) {
      continue;
    }
    const std::uint32_t place = (static_cast<std::uint32_t>(i) + settings.file_offset) & mask;
    const std::uint32_t address = Load(&block[i]);
    if ((address & kSign) != 0) {
      if (((address + place) & kSign) == 0) {
        Store(&block[i], address + kSpan);
      }
    } else if (((address - kSpan) & kSign) != 0) {
      Store(&block[i], address - place);
    }
    i += 4;
  }
}

// `count` bits, lowest first, that start at a bit of the bundle.
std::uint32_t BundleBits(const std::uint8_t* bundle, unsigned bit, unsigned count) {
  return static_cast<std::uint32_t>((Load(bundle + bit / 8) >> (bit % 8)) & ((1u << count) - 1));
}

// Branches of Itanium: bundles of 16 bytes, a template and three slots of 41 bits.
void UndoItanium(Block block, std::uint32_t file_offset) {
  constexpr std::size_t kBundleBytes = 16;
  constexpr std::size_t kBytesKept = 21;
  constexpr std::array<std::uint8_t, 16> kBranchSlots = {4, 4, 6, 6, 0, 0, 7, 7,
                                                         4, 4, 0, 0, 4, 4, 0, 0};
  constexpr std::uint32_t kAddressMask = 0xFFFFF;
  auto number = static_cast<std::uint32_t>(file_offset / kBundleBytes);
  for (std::size_t i = 0; i + kBytesKept < block.size(); i += kBundleBytes, ++number) {
    std::uint8_t* bundle = &block[i];
    const unsigned kind = bundle[0] & 0x1F;
    const unsigned slots = kind >= 0x10 ? kBranchSlots[kind - 0x10] : 0;
    for (unsigned slot = 0; slot < 3; ++slot) {
      const unsigned start = slot * 41 + 5;
      if ((slots >> slot & 1) == 0 || BundleBits(bundle, start + 37, 4) != 5) {
        continue;
      }
      const unsigned at = start + 13;
      const std::uint32_t address = (BundleBits(bundle, at, 20) - number) & kAddressMask;
      std::uint8_t* word = bundle + at / 8;
      const std::uint32_t others = Load(word) & ~(kAddressMask << (at % 8));
      Store(word, others | address << (at % 8));
    }
  }
}

// Calls of ARM code (BL, always): 24 bits that count instructions.
void UndoArm(Block block, std::uint32_t file_offset) {
  constexpr std::uint8_t kBranchAlways = 0xEB;
  constexpr std::uint32_t kMask = 0xFFFFFF;
  for (std::size_t i = 0; i + 3 < block.size(); i += 4) {
    if (block[i + 3] == kBranchAlways) {
      const std::uint32_t word = Load(&block[i]);
      const std::uint32_t place = (static_cast<std::uint32_t>(i) + file_offset) / 4;
      Store(&block[i], (word & ~kMask) | ((word - place) & kMask));
    }
  }
}

// Differences of tables: one run of bytes for each column.
void UndoDelta(Block block, std::uint32_t channels, std::span<const std::uint8_t> source) {
  std::size_t next = 0;
  for (std::uint32_t channel = 0; channel < channels; ++channel) {
    std::uint8_t value = 0;
    for (std::size_t i = channel; i < block.size(); i += channels) {
      value = static_cast<std::uint8_t>(value - source[next++]);
      block[i] = value;
    }
  }
}

std::uint8_t Paeth(int left, int upper, int upper_left) {
  const int guess = left + upper - upper_left;
  const int by_left = std::abs(guess - left);
  const int by_upper = std::abs(guess - upper);
  const int by_both = std::abs(guess - upper_left);
  if (by_left <= by_upper && by_left <= by_both) {
    return static_cast<std::uint8_t>(left);
  }
  return static_cast<std::uint8_t>(by_upper <= by_both ? upper : upper_left);
}

// Pictures of three bytes a point; `width` in bytes, red and blue stored as differences to green.
void UndoRgb(Block block, std::uint32_t width, std::uint32_t first,
             std::span<const std::uint8_t> source) {
  constexpr std::size_t kChannels = 3;
  std::size_t next = 0;
  for (std::size_t channel = 0; channel < kChannels; ++channel) {
    std::uint8_t value = 0;
    for (std::size_t i = channel; i < block.size(); i += kChannels) {
      std::uint8_t guess = value;
      if (i >= width + kChannels) {
        guess = Paeth(value, block[i - width], block[i - width - kChannels]);
      }
      value = static_cast<std::uint8_t>(guess - source[next++]);
      block[i] = value;
    }
  }
  for (std::size_t i = first; i + 2 < block.size(); i += kChannels) {
    block[i] = static_cast<std::uint8_t>(block[i] + block[i + 1]);
    block[i + 2] = static_cast<std::uint8_t>(block[i + 2] + block[i + 1]);
  }
}

// Sound: each byte is predicted from three differences, whose weights follow the errors.
class SoundChannel {
 public:
  std::uint8_t Next(std::uint8_t coded) {
    differences_[2] = differences_[1];
    differences_[1] = last_delta_ - differences_[0];
    differences_[0] = last_delta_;
    int guess = 8 * last_;
    for (std::size_t i = 0; i < weights_.size(); ++i) {
      guess += weights_[i] * differences_[i];
    }
    const auto value = static_cast<std::uint8_t>((guess >> 3) - coded);
    const int error = static_cast<std::int8_t>(coded) * 8;
    errors_[0] += static_cast<std::uint32_t>(std::abs(error));
    for (std::size_t i = 0; i < differences_.size(); ++i) {
      errors_[2 * i + 1] += static_cast<std::uint32_t>(std::abs(error - differences_[i]));
      errors_[2 * i + 2] += static_cast<std::uint32_t>(std::abs(error + differences_[i]));
    }
    last_delta_ = static_cast<std::int8_t>(value - last_);
    last_ = value;
    if (count_++ % 32 == 0) {
      Adapt();
    }
    return value;
  }

 private:
  void Adapt() {
    std::size_t least = 0;
    for (std::size_t i = 1; i < errors_.size(); ++i) {
      least = errors_[i] < errors_[least] ? i : least;
    }
    errors_.fill(0);
    if (least != 0) {
      int& weight = weights_[(least - 1) / 2];
      if (least % 2 == 1) {
        weight -= weight >= -16 ? 1 : 0;
      } else {
        weight += weight < 16 ? 1 : 0;
      }
    }
  }

  std::array<int, 3> differences_{};
  std::array<int, 3> weights_{};
  std::array<std::uint32_t, 7> errors_{};
  int last_delta_ = 0;
  std::uint8_t last_ = 0;
  std::uint32_t count_ = 0;
};

void UndoAudio(Block block, std::uint32_t channels, std::span<const std::uint8_t> source) {
  std::size_t next = 0;
  for (std::uint32_t channel = 0; channel < channels; ++channel) {
    SoundChannel sound;
    for (std::size_t i = channel; i < block.size(); i += channels) {
      block[i] = sound.Next(source[next++]);
    }
  }
}

}  // namespace

std::optional<Filter> RecogniseFilter(base::Bytes program) {
  struct Known {
    std::size_t size;
    std::uint32_t crc32;
    Filter filter;
  };
  constexpr Known kKnown[] = {
      {53, 0xAD576887, Filter::kE8},       {57, 0x3CD7E57E, Filter::kE8E9},
      {120, 0x3769893F, Filter::kItanium}, {29, 0x0E06077D, Filter::kDelta},
      {149, 0x1C2C5DC8, Filter::kRgb},     {216, 0xBC85E701, Filter::kAudio},
  };
  for (const Known& known : kKnown) {
    if (program.size() == known.size && inflate::Crc32(program) == known.crc32) {
      return known.filter;
    }
  }
  return std::nullopt;
}

bool ApplyFilter(const FilterSettings& settings, std::span<std::uint8_t> block) {
  const std::uint32_t channels = settings.registers[0];
  switch (settings.kind) {
    case Filter::kE8:
    case Filter::kE8E9:
      UndoCalls(block, settings);
      return true;
    case Filter::kArm:
      UndoArm(block, settings.file_offset);
      return true;
    case Filter::kItanium:
      UndoItanium(block, settings.file_offset);
      return true;
    case Filter::kDelta:
    case Filter::kAudio: {
      if (channels == 0 || channels > kChannelsMax) {
        return false;
      }
      const std::vector<std::uint8_t> source(block.begin(), block.end());
      (settings.kind == Filter::kDelta ? UndoDelta : UndoAudio)(block, channels, source);
      return true;
    }
    case Filter::kRgb: {
      const std::uint32_t width = settings.registers[0] - 3;
      if (settings.registers[0] < 3 || width > block.size() || settings.registers[1] > 2) {
        return false;
      }
      const std::vector<std::uint8_t> source(block.begin(), block.end());
      UndoRgb(block, width, settings.registers[1], source);
      return true;
    }
  }
  return false;
}

}  // namespace day::unpack::rar
