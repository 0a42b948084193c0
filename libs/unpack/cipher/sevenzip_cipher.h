// The keys of encrypted 7z archives (AES-256, SHA-256 over the password many times).
// Specification: the description of the format in 7-Zip's distribution, and what is publicly known
// of the method 06F10701. Thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "libs/base/bytes.h"
#include "libs/unpack/cipher/rar_cipher.h"

namespace day::unpack::cipher {

// 7-Zip refuses more rounds; it writes 19.
inline constexpr unsigned kSevenZipRoundsLog2Max = 24;
// The password and the salt are the key, without rounds.
inline constexpr unsigned kSevenZipNoRounds = 0x3F;

struct SevenZipEncryption {
  unsigned rounds_log2 = 0;
  base::Bytes salt;
  AesBlock iv{};
};
// The properties of the method. Nothing if they are damaged, or ask for too many rounds.
std::optional<SevenZipEncryption> ReadSevenZipEncryption(base::Bytes properties);

// What a key costs, for PayForKey().
constexpr std::uint64_t SevenZipCost(unsigned rounds_log2) {
  return rounds_log2 <= 15 || rounds_log2 > kSevenZipRoundsLog2Max
             ? 1
             : std::uint64_t{3} << (rounds_log2 - 16) >> 1;
}

using SevenZipKey = std::array<std::byte, 32>;
// Nothing if the password is too long.
std::optional<SevenZipKey> DeriveSevenZip(std::string_view password,
                                          const SevenZipEncryption& encryption);

}  // namespace day::unpack::cipher
