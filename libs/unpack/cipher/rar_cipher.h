// The encryption of RAR archives: keys made of passwords, slowly on purpose, and AES in CBC mode.
// Specification: the technical note in RAR 5's distribution; RAR 3's has none and was written from
// what is publicly known of it. Thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libs/base/budget.h"
#include "libs/base/bytes.h"

namespace day::unpack::cipher {

inline constexpr std::size_t kAesBlockBytes = 16;
using AesBlock = std::array<std::byte, kAesBlockBytes>;

// What deriving a key costs, in tries as Budget::TryPassword counts them: 8192 steps of the hash
// each, about one to two milliseconds.
inline constexpr std::uint64_t kRar3Cost = 14;
constexpr std::uint64_t Rar5Cost(unsigned rounds_log2) {
  return rounds_log2 <= 12 ? 1 : std::uint64_t{1} << (rounds_log2 - 12);
}

// Whether the budget has as many tries left; they are spent. No more than those are ever counted.
bool PayForKey(base::Budget& budget, std::uint64_t cost);

// RAR takes no longer ones.
inline constexpr std::size_t kRarPasswordBytesMax = 127;

// RAR 3 and 4: AES-128.
struct Rar3Key {
  AesBlock key{};
  AesBlock iv{};
};
// The password in UTF-8; `salt` has eight bytes or none. Nothing if it is too long.
std::optional<Rar3Key> DeriveRar3(std::string_view password, base::Bytes salt);

// RAR 5 and 7: AES-256.
inline constexpr unsigned kRar5RoundsLog2Max = 24;
struct Rar5Key {
  std::array<std::byte, 32> key{};
  std::array<std::byte, 32> hash_key{};  // of checksums that do not tell the content
};
// `check`: twelve bytes that tell whether the password is right. Nothing if it is not, or if nobody
// can tell because they are missing or damaged. REQUIRES: rounds_log2 <= kRar5RoundsLog2Max.
std::optional<Rar5Key> DeriveRar5(std::string_view password, base::Bytes salt, unsigned rounds_log2,
                                  base::Bytes check);
// What a checksum is stored as under this key.
std::uint32_t SealedCrc32(std::uint32_t crc32, const Rar5Key& key);

// Whole blocks of `data` in the clear, appended to `plain`. REQUIRES: a key of 16 or 32 bytes.
// False if libcrypto fails.
bool DecryptCbc(base::Bytes key, const AesBlock& iv, base::Bytes data,
                std::vector<std::byte>& plain);

}  // namespace day::unpack::cipher
