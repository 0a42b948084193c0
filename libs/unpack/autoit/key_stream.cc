#include "libs/unpack/autoit/key_stream.h"

#include <bit>

namespace day::unpack::autoit {

Ea06Stream::Ea06Stream(std::uint32_t key) {
  constexpr std::uint32_t kMultiplier = 0x53A9B4FB;
  constexpr int kWarmUp = 9;
  for (std::uint32_t& number : state_) {
    key = 1 - key * kMultiplier;
    number = key;
  }
  for (int i = 0; i < kWarmUp; ++i) {
    Step();
  }
}

std::uint32_t Ea06Stream::Step() {
  const std::uint32_t sum = std::rotl(state_[first_], 9) + std::rotl(state_[second_], 13);
  state_[first_] = sum;
  first_ = first_ == 0 ? state_.size() - 1 : first_ - 1;
  second_ = second_ == 0 ? state_.size() - 1 : second_ - 1;
  return sum;
}

// Every other number is thrown away; of the one kept, as a fraction of one times 256.
std::uint8_t Ea06Stream::Next() {
  Step();
  return static_cast<std::uint8_t>(Step() >> 24);
}

}  // namespace day::unpack::autoit
