#include "libs/unpack/inflate/crc32.h"

#include <array>
#include <cstddef>

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

}  // namespace

std::uint32_t Crc32(base::Bytes data, std::uint32_t crc) {
  crc = ~crc;
  std::size_t position = 0;
  while (data.size() - position >= 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, data.data() + position, sizeof(word));
    if constexpr (std::endian::native == std::endian::big) {
      word = base::SwapBytes(word);
    }
    word ^= crc;
    crc = kTables[7][word & 0xFF] ^ kTables[6][(word >> 8) & 0xFF] ^
          kTables[5][(word >> 16) & 0xFF] ^ kTables[4][(word >> 24) & 0xFF] ^
          kTables[3][(word >> 32) & 0xFF] ^ kTables[2][(word >> 40) & 0xFF] ^
          kTables[1][(word >> 48) & 0xFF] ^ kTables[0][word >> 56];
    position += 8;
  }
  for (; position < data.size(); ++position) {
    crc = (crc >> 8) ^ kTables[0][(crc ^ std::to_integer<std::uint32_t>(data[position])) & 0xFF];
  }
  return ~crc;
}

}  // namespace day::unpack::inflate
