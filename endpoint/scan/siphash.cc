#include "endpoint/scan/siphash.h"

#include <bit>
#include <cstring>

namespace day::endpoint::scan {
namespace {

struct State {
  std::uint64_t v0, v1, v2, v3;

  void Round() {
    v0 += v1;
    v1 = std::rotl(v1, 13);
    v1 ^= v0;
    v0 = std::rotl(v0, 32);
    v2 += v3;
    v3 = std::rotl(v3, 16);
    v3 ^= v2;
    v0 += v3;
    v3 = std::rotl(v3, 21);
    v3 ^= v0;
    v2 += v1;
    v1 = std::rotl(v1, 17);
    v1 ^= v2;
    v2 = std::rotl(v2, 32);
  }
  void Absorb(std::uint64_t word) {
    v3 ^= word;
    Round();
    Round();
    v0 ^= word;
  }
  std::uint64_t Squeeze() {
    for (int i = 0; i < 4; ++i) {
      Round();
    }
    return v0 ^ v1 ^ v2 ^ v3;
  }
};

void Store(std::uint64_t value, std::byte* to) {
  if constexpr (std::endian::native != std::endian::little) {
    value = base::SwapBytes(value);
  }
  std::memcpy(to, &value, sizeof(value));
}

}  // namespace

std::array<std::byte, 16> SipHash128(const SipKey& key, base::Bytes message) {
  State state{key.k0 ^ 0x736f6d6570736575u, key.k1 ^ 0x646f72616e646f6du ^ 0xee,
              key.k0 ^ 0x6c7967656e657261u, key.k1 ^ 0x7465646279746573u};
  std::uint64_t last = static_cast<std::uint64_t>(message.size()) << 56;
  std::size_t offset = 0;
  for (; message.size() - offset >= 8; offset += 8) {
    state.Absorb(*base::ReadAt<std::uint64_t>(message, offset));
  }
  for (unsigned shift = 0; offset < message.size(); ++offset, shift += 8) {
    last |= std::to_integer<std::uint64_t>(message[offset]) << shift;
  }
  state.Absorb(last);
  std::array<std::byte, 16> out;
  state.v2 ^= 0xee;
  Store(state.Squeeze(), out.data());
  state.v1 ^= 0xdd;
  Store(state.Squeeze(), out.data() + 8);
  return out;
}

}  // namespace day::endpoint::scan
