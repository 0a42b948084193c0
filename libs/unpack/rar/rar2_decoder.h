// The compression of RAR 2 (versions 20 and 26 in headers): blocks of LZ77 with prefix codes, or of
// sound, where each channel's bytes are predicted from those before.
//
// Keeps its state from file to file, for solid archives. Budget: kStepsPerBlock for each block's
// codes. Not thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "libs/base/budget.h"
#include "libs/unpack/parts/bits.h"
#include "libs/unpack/rar/codes.h"
#include "libs/unpack/rar/window.h"

namespace day::unpack::rar {

class Rar2Decoder {
 public:
  // Decodes one file of `size` bytes into the sink. `goes_on`: with what was learned from the file
  // before. What is wrong is the sink's gap.
  void Decode(base::Bytes packed, std::uint64_t size, bool goes_on, base::Budget& budget,
              parts::Sink& sink);

 private:
  static constexpr std::size_t kMainSymbols = 298;
  static constexpr std::size_t kPlaceSymbols = 48;
  static constexpr std::size_t kLengthSymbols = 28;
  static constexpr std::size_t kSoundSymbols = 257;
  static constexpr std::size_t kChannelsMax = 4;

  struct Channel {
    std::array<int, 4> differences{};
    std::array<int, 5> weights{};
    std::array<std::uint32_t, 11> errors{};
    int last_delta = 0;
    int last = 0;
    std::uint32_t count = 0;
  };

  bool StartBlock(base::Budget& budget);
  bool TakeWidths(std::size_t count);
  bool Step(base::Budget& budget);
  bool StepSound(base::Budget& budget);
  bool TakeMatch(std::uint32_t symbol);
  bool TakeOldMatch(std::uint32_t back);
  std::uint8_t NextSound(Channel& channel, std::uint8_t coded);
  static void Adapt(Channel& channel);
  void Copy(std::uint32_t distance, std::uint32_t length);
  void TakeEnd(base::Budget& budget);
  bool Fail(std::string_view gap);

  std::optional<parts::MsbBits> bits_;
  Window window_;
  Codes main_;
  Codes places_;
  Codes lengths_;
  std::array<Codes, kChannelsMax> sounds_;
  std::array<std::uint8_t, kSoundSymbols * kChannelsMax> widths_{};  // of the block before
  bool is_sound_ = false;
  bool has_codes_ = false;
  std::array<Channel, kChannelsMax> channels_{};
  std::size_t channel_count_ = 1;
  std::size_t channel_ = 0;
  int other_delta_ = 0;  // of the channel before
  std::array<std::uint32_t, 4> old_distances_{};
  std::size_t old_next_ = 0;
  std::uint32_t last_distance_ = 0;
  std::uint32_t last_length_ = 0;
  std::string_view failure_;
};

}  // namespace day::unpack::rar
