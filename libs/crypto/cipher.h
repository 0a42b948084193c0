// Ciphers over bytes in place: RC4, and AES in whole blocks. Documents and archives are locked with
// them; nothing of ours is.
//
//   Rc4 rc4(key);
//   rc4.Skip(offset);
//   rc4.Apply(bytes);                                    // both ways
//   if (auto aes = AesCipher::Create(AesMode::kCbc, CipherDirection::kDecrypt, key)) {
//     aes->Apply(iv, bytes);
//   }
//
// RC4 is our own: libcrypto has it only in a module that is loaded from disk, which a sandboxed
// worker cannot do. Not thread-safe.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "libs/base/bytes.h"

struct evp_cipher_ctx_st;

namespace day::crypto {

class Rc4 {
 public:
  // REQUIRES: 1 to 256 bytes of key.
  explicit Rc4(base::Bytes key);

  void Apply(std::span<std::byte> data);
  // As if so many bytes had been applied.
  void Skip(std::uint64_t count);

 private:
  std::uint8_t NextByte();

  std::array<std::uint8_t, 256> state_;
  std::uint8_t i_ = 0;
  std::uint8_t j_ = 0;
};

inline constexpr std::size_t kAesBlockBytes = 16;

enum class AesMode : std::uint8_t { kEcb, kCbc };
enum class CipherDirection : std::uint8_t { kDecrypt, kEncrypt };

class AesCipher {
 public:
  // Nothing if the key has not 16, 24 or 32 bytes.
  static std::optional<AesCipher> Create(AesMode mode, CipherDirection direction, base::Bytes key);

  // One message, without padding: bytes behind the last whole block stay as they are. False if
  // kCbc has less than a block of `iv` (kEcb takes none), or libcrypto fails.
  bool Apply(base::Bytes iv, std::span<std::byte> data);

 private:
  struct Free {
    void operator()(evp_cipher_ctx_st* context) const;
  };
  AesCipher(AesMode mode, std::unique_ptr<evp_cipher_ctx_st, Free> context)
      : mode_(mode), context_(std::move(context)) {}

  AesMode mode_;
  std::unique_ptr<evp_cipher_ctx_st, Free> context_;
};

}  // namespace day::crypto
