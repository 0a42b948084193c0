#include "libs/unpack/cipher/zip_cipher.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>

#include "libs/unpack/inflate/crc32.h"

namespace day::unpack::cipher {
namespace {

constexpr std::size_t kOldHeaderBytes = 12;
constexpr std::size_t kCheckBytes = 2;
constexpr std::size_t kCodeBytes = 10;
constexpr std::size_t kBlockBytes = 16;
constexpr std::size_t kSha1Bytes = 20;
constexpr int kRounds = 1000;

class OldCipher {
 public:
  explicit OldCipher(std::string_view password) {
    for (const char c : password) {
      Update(static_cast<std::uint8_t>(c));
    }
  }

  std::uint8_t Decrypt(std::byte in) {
    const std::uint32_t mixed = (keys_[2] | 2) & 0xFFFF;
    const auto plain = static_cast<std::uint8_t>(std::to_integer<std::uint32_t>(in) ^
                                                 ((mixed * (mixed ^ 1) >> 8) & 0xFF));
    Update(plain);
    return plain;
  }

 private:
  // One step of the checksum without its complements at both ends.
  static std::uint32_t Crc(std::uint32_t crc, std::uint8_t byte) {
    const std::byte one{byte};
    return ~inflate::Crc32(base::Bytes(&one, 1), ~crc);
  }

  void Update(std::uint8_t byte) {
    keys_[0] = Crc(keys_[0], byte);
    keys_[1] = (keys_[1] + (keys_[0] & 0xFF)) * 134775813 + 1;
    keys_[2] = Crc(keys_[2], static_cast<std::uint8_t>(keys_[1] >> 24));
  }

  std::array<std::uint32_t, 3> keys_ = {0x12345678, 0x23456789, 0x34567890};
};

const unsigned char* Data(base::Bytes bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

// XORs the key stream: AES of a little-endian counter that starts at one.
bool ApplyCounterMode(std::span<const unsigned char> key, std::span<std::byte> data) {
  const EVP_CIPHER* cipher = key.size() == 16   ? EVP_aes_128_ecb()
                             : key.size() == 24 ? EVP_aes_192_ecb()
                                                : EVP_aes_256_ecb();
  const std::unique_ptr<EVP_CIPHER_CTX, void (*)(EVP_CIPHER_CTX*)> context(EVP_CIPHER_CTX_new(),
                                                                           &EVP_CIPHER_CTX_free);
  if (context == nullptr ||
      EVP_EncryptInit_ex(context.get(), cipher, nullptr, key.data(), nullptr) != 1) {
    return false;
  }
  constexpr std::size_t kChunkBytes = 256 * kBlockBytes;
  std::array<unsigned char, kChunkBytes> counters{};
  std::array<unsigned char, kChunkBytes> stream{};
  std::uint64_t counter = 1;
  for (std::size_t at = 0; at < data.size(); at += kChunkBytes) {
    for (std::size_t block = 0; block < kChunkBytes; block += kBlockBytes, ++counter) {
      std::memcpy(counters.data() + block, &counter, sizeof(counter));
    }
    int size = 0;
    if (EVP_EncryptUpdate(context.get(), stream.data(), &size, counters.data(),
                          static_cast<int>(kChunkBytes)) != 1) {
      return false;
    }
    const std::size_t count = std::min(kChunkBytes, data.size() - at);
    for (std::size_t i = 0; i < count; ++i) {
      data[at + i] ^= std::byte{stream[i]};
    }
  }
  return true;
}

}  // namespace

bool OldPasswordFits(base::Bytes data, std::string_view password, std::uint8_t check) {
  if (data.size() < kOldHeaderBytes) {
    return false;
  }
  OldCipher cipher(password);
  std::uint8_t last = 0;
  for (std::size_t i = 0; i < kOldHeaderBytes; ++i) {
    last = cipher.Decrypt(data[i]);
  }
  return last == check;
}

std::vector<std::byte> DecryptOld(base::Bytes data, std::string_view password) {
  OldCipher cipher(password);
  std::vector<std::byte> plain(data.size());
  for (std::size_t i = 0; i < data.size(); ++i) {
    plain[i] = std::byte{cipher.Decrypt(data[i])};
  }
  plain.erase(plain.begin(), plain.begin() + kOldHeaderBytes);
  return plain;
}

std::optional<std::vector<std::byte>> DecryptAes(base::Bytes data, unsigned strength,
                                                 std::string_view password, AesProof proof) {
  if (strength < 1 || strength > 3) {
    return std::nullopt;
  }
  const std::size_t key_bytes = 8 + std::size_t{8} * strength;
  const std::size_t salt_bytes = key_bytes / 2;
  if (data.size() < salt_bytes + kCheckBytes + kCodeBytes) {
    return std::nullopt;
  }
  // The key, the key of the authentication, the check.
  std::array<unsigned char, 2 * 32 + kCheckBytes> derived{};
  const std::size_t derived_bytes = 2 * key_bytes + kCheckBytes;
  if (PKCS5_PBKDF2_HMAC_SHA1(password.data(), static_cast<int>(password.size()), Data(data),
                             static_cast<int>(salt_bytes), kRounds, static_cast<int>(derived_bytes),
                             derived.data()) != 1 ||
      std::memcmp(derived.data() + 2 * key_bytes, data.data() + salt_bytes, kCheckBytes) != 0) {
    return std::nullopt;
  }
  const base::Bytes body =
      data.subspan(salt_bytes + kCheckBytes, data.size() - salt_bytes - kCheckBytes - kCodeBytes);
  std::array<unsigned char, kSha1Bytes> code{};
  unsigned code_size = 0;
  if (proof == AesProof::kWholeData &&
      (HMAC(EVP_sha1(), derived.data() + key_bytes, static_cast<int>(key_bytes), Data(body),
            body.size(), code.data(), &code_size) == nullptr ||
       std::memcmp(code.data(), data.last(kCodeBytes).data(), kCodeBytes) != 0)) {
    return std::nullopt;
  }
  std::vector<std::byte> plain(body.begin(), body.end());
  if (!ApplyCounterMode(std::span(derived).first(key_bytes), plain)) {
    return std::nullopt;
  }
  return plain;
}

}  // namespace day::unpack::cipher
