#include "libs/unpack/inflate/crc32.h"

#include <array>
#include <bit>
#include <cstddef>
#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace day::unpack::inflate {
namespace {

constexpr std::uint32_t kPolynomial = 0xEDB88320;
constexpr std::size_t kSlices = 8;

using Tables = std::array<std::array<std::uint32_t, 256>, kSlices>;

// Table 0 advances one byte; table n advances a byte that has n more bytes behind it.
constexpr Tables MakeTables() {
  Tables tables{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t crc = byte;
    for (int bit = 0; bit < 8; ++bit) {
      crc = (crc >> 1) ^ ((crc & 1) != 0 ? kPolynomial : 0);
    }
    tables[0][byte] = crc;
  }
  for (std::size_t slice = 1; slice < kSlices; ++slice) {
    for (std::size_t byte = 0; byte < 256; ++byte) {
      const std::uint32_t crc = tables[slice - 1][byte];
      tables[slice][byte] = (crc >> 8) ^ tables[0][crc & 0xFF];
    }
  }
  return tables;
}

constexpr Tables kTables = MakeTables();

// The state (the sum, inverted) after more bytes.
std::uint32_t Advance(std::uint32_t state, const std::byte* data, std::size_t size) {
  std::size_t position = 0;
  for (; size - position >= 8; position += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, data + position, sizeof(word));
    if constexpr (std::endian::native == std::endian::big) {
      word = base::SwapBytes(word);
    }
    word ^= state;
    state = kTables[7][word & 0xFF] ^ kTables[6][(word >> 8) & 0xFF] ^
            kTables[5][(word >> 16) & 0xFF] ^ kTables[4][(word >> 24) & 0xFF] ^
            kTables[3][(word >> 32) & 0xFF] ^ kTables[2][(word >> 40) & 0xFF] ^
            kTables[1][(word >> 48) & 0xFF] ^ kTables[0][word >> 56];
  }
  for (; position < size; ++position) {
    state =
        (state >> 8) ^ kTables[0][(state ^ std::to_integer<std::uint32_t>(data[position])) & 0xFF];
  }
  return state;
}

#if defined(__x86_64__)
constexpr std::size_t kLane = 16;
constexpr std::size_t kStride = 4 * kLane;

// x to that power, modulo the polynomial, as a factor of a carry-less product of mirrored numbers,
// which comes out one bit too low.
constexpr std::uint64_t PowerOfX(int exponent) {
  std::uint32_t power = 0x80000000;  // 1, mirrored
  for (int i = 0; i < exponent; ++i) {
    power = (power >> 1) ^ ((power & 1) != 0 ? kPolynomial : 0);
  }
  return std::uint64_t{power} << 1;
}

// Moves 128 bits so many bits ahead: each half of `lane` by its own factor.
__attribute__((target("pclmul"))) inline __m128i Fold(__m128i lane, __m128i factors) {
  return _mm_xor_si128(_mm_clmulepi64_si128(lane, factors, 0x00),
                       _mm_clmulepi64_si128(lane, factors, 0x11));
}

// The same by carry-less products (V. Gopal et al., "Fast CRC Computation for Generic Polynomials
// Using PCLMULQDQ", Intel 2009): four lanes are folded over the data, then into each other; the
// tables reduce what is left. REQUIRES: size >= kStride.
__attribute__((target("pclmul"))) std::uint32_t AdvanceFolding(std::uint32_t state,
                                                               const std::byte* data,
                                                               std::size_t size) {
  constexpr int kBits = 8 * static_cast<int>(kLane);
  const __m128i by_stride = _mm_set_epi64x(static_cast<long long>(PowerOfX(4 * kBits - 32)),
                                           static_cast<long long>(PowerOfX(4 * kBits + 32)));
  const __m128i by_lane = _mm_set_epi64x(static_cast<long long>(PowerOfX(kBits - 32)),
                                         static_cast<long long>(PowerOfX(kBits + 32)));
  const auto load = [&](std::size_t at) {
    return _mm_loadu_si128(reinterpret_cast<const __m128i*>(data + at));
  };
  __m128i lanes[4] = {load(0), load(kLane), load(2 * kLane), load(3 * kLane)};
  lanes[0] = _mm_xor_si128(lanes[0], _mm_cvtsi32_si128(static_cast<int>(state)));
  std::size_t position = kStride;
  for (; size - position >= kStride; position += kStride) {
    for (std::size_t i = 0; i < 4; ++i) {
      lanes[i] = _mm_xor_si128(Fold(lanes[i], by_stride), load(position + i * kLane));
    }
  }
  __m128i rest = lanes[0];
  for (std::size_t i = 1; i < 4; ++i) {
    rest = _mm_xor_si128(Fold(rest, by_lane), lanes[i]);
  }
  for (; size - position >= kLane; position += kLane) {
    rest = _mm_xor_si128(Fold(rest, by_lane), load(position));
  }
  std::array<std::byte, kLane> last;
  std::memcpy(last.data(), &rest, kLane);
  return Advance(Advance(0, last.data(), kLane), data + position, size - position);
}

bool CanFold() {
  static const bool can = __builtin_cpu_supports("pclmul");
  return can;
}
#endif

}  // namespace

std::uint32_t Crc32(base::Bytes data, std::uint32_t crc) {
#if defined(__x86_64__)
  if (data.size() >= kStride && CanFold()) {
    return ~AdvanceFolding(~crc, data.data(), data.size());
  }
#endif
  return ~Advance(~crc, data.data(), data.size());
}

std::uint32_t Crc32Portable(base::Bytes data, std::uint32_t crc) {
  return ~Advance(~crc, data.data(), data.size());
}

}  // namespace day::unpack::inflate
