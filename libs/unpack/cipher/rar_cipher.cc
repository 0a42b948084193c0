#include "libs/unpack/cipher/rar_cipher.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <cstring>
#include <memory>

#include "libs/unpack/cipher/wide.h"

namespace day::unpack::cipher {
namespace {

constexpr std::size_t kSha1Bytes = 20;
constexpr std::size_t kSha256Bytes = 32;
constexpr std::size_t kCheckBytes = 8;
using Sha256Bytes = std::array<unsigned char, kSha256Bytes>;

struct FreeDigest {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using DigestContext = std::unique_ptr<EVP_MD_CTX, FreeDigest>;
struct FreeCipher {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};

const unsigned char* Data(base::Bytes bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

// PBKDF2's first block. Each round goes on where a shorter run ends: RAR takes three values of it.
bool Stretch(std::string_view password, base::Bytes salt, std::uint64_t rounds,
             Sha256Bytes& value) {
  return PKCS5_PBKDF2_HMAC(password.data(), static_cast<int>(password.size()), Data(salt),
                           static_cast<int>(salt.size()), static_cast<int>(rounds), EVP_sha256(),
                           static_cast<int>(value.size()), value.data()) == 1;
}

// Eight bytes of the check, and the start of their hash.
bool IsSound(base::Bytes check) {
  constexpr std::size_t kSumBytes = 4;
  Sha256Bytes sum;
  return check.size() == kCheckBytes + kSumBytes &&
         EVP_Digest(check.data(), kCheckBytes, sum.data(), nullptr, EVP_sha256(), nullptr) == 1 &&
         std::memcmp(sum.data(), check.data() + kCheckBytes, kSumBytes) == 0;
}

bool CheckFits(const Sha256Bytes& value, base::Bytes check) {
  std::array<unsigned char, kCheckBytes> folded{};
  for (std::size_t i = 0; i < value.size(); ++i) {
    folded[i % kCheckBytes] ^= value[i];
  }
  return std::memcmp(folded.data(), check.data(), kCheckBytes) == 0;
}

}  // namespace

bool PayForKey(base::Budget& budget, std::uint64_t cost) {
  for (; cost > 0; --cost) {
    if (!budget.TryPassword()) {
      return false;
    }
  }
  return true;
}

std::optional<Rar3Key> DeriveRar3(std::string_view password, base::Bytes salt) {
  constexpr std::size_t kParts = 16;
  constexpr std::size_t kRoundsPerPart = 0x4000;
  constexpr std::size_t kCounterBytes = 3;
  if (password.size() > kRarPasswordBytesMax) {
    return std::nullopt;
  }
  std::vector<unsigned char> seed = WideOf(password);
  seed.insert(seed.end(), Data(salt), Data(salt) + salt.size());
  const std::size_t round_bytes = seed.size() + kCounterBytes;
  std::vector<unsigned char> text(kRoundsPerPart * round_bytes);
  const DigestContext context(EVP_MD_CTX_new());
  const DigestContext copy(EVP_MD_CTX_new());
  if (context == nullptr || copy == nullptr ||
      EVP_DigestInit_ex(context.get(), EVP_sha1(), nullptr) != 1) {
    return std::nullopt;
  }
  Rar3Key key;
  std::array<unsigned char, kSha1Bytes> digest{};
  for (std::size_t part = 0; part < kParts; ++part) {
    for (std::size_t round = 0; round < kRoundsPerPart; ++round) {
      unsigned char* at = text.data() + round * round_bytes;
      std::copy(seed.begin(), seed.end(), at);
      const std::size_t number = part * kRoundsPerPart + round;
      at[seed.size()] = static_cast<unsigned char>(number);
      at[seed.size() + 1] = static_cast<unsigned char>(number >> 8);
      at[seed.size() + 2] = static_cast<unsigned char>(number >> 16);
    }
    // The first round of each part gives a byte of the initial vector.
    if (EVP_DigestUpdate(context.get(), text.data(), round_bytes) != 1 ||
        EVP_MD_CTX_copy_ex(copy.get(), context.get()) != 1 ||
        EVP_DigestFinal_ex(copy.get(), digest.data(), nullptr) != 1 ||
        EVP_DigestUpdate(context.get(), text.data() + round_bytes, text.size() - round_bytes) !=
            1) {
      return std::nullopt;
    }
    key.iv[part] = std::byte{digest.back()};
  }
  if (EVP_DigestFinal_ex(context.get(), digest.data(), nullptr) != 1) {
    return std::nullopt;
  }
  for (std::size_t i = 0; i < key.key.size(); ++i) {
    key.key[i] = std::byte{digest[i / 4 * 4 + 3 - i % 4]};  // words, low byte first
  }
  return key;
}

std::optional<Rar5Key> DeriveRar5(std::string_view password, base::Bytes salt, unsigned rounds_log2,
                                  base::Bytes check) {
  constexpr std::uint64_t kRoundsMore = 16;
  const std::uint64_t rounds = std::uint64_t{1} << rounds_log2;
  Sha256Bytes value;
  if (password.size() > kRarPasswordBytesMax || !IsSound(check) ||
      !Stretch(password, salt, rounds + 2 * kRoundsMore, value) || !CheckFits(value, check)) {
    return std::nullopt;
  }
  Rar5Key key;
  if (!Stretch(password, salt, rounds, value)) {
    return std::nullopt;
  }
  std::memcpy(key.key.data(), value.data(), value.size());
  if (!Stretch(password, salt, rounds + kRoundsMore, value)) {
    return std::nullopt;
  }
  std::memcpy(key.hash_key.data(), value.data(), value.size());
  return key;
}

std::uint32_t SealedCrc32(std::uint32_t crc32, const Rar5Key& key) {
  std::array<unsigned char, 4> bytes{};
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] = static_cast<unsigned char>(crc32 >> (8 * i));
  }
  Sha256Bytes digest{};
  (void)HMAC(EVP_sha256(), key.hash_key.data(), static_cast<int>(key.hash_key.size()), bytes.data(),
             bytes.size(), digest.data(), nullptr);
  std::uint32_t sealed = 0;
  for (std::size_t i = 0; i < digest.size(); ++i) {
    sealed ^= std::uint32_t{digest[i]} << (i % 4 * 8);
  }
  return sealed;
}

bool DecryptCbc(base::Bytes key, const AesBlock& iv, base::Bytes data,
                std::vector<std::byte>& plain) {
  constexpr std::size_t kChunkBytes = 1u << 20;
  const std::unique_ptr<EVP_CIPHER_CTX, FreeCipher> context(EVP_CIPHER_CTX_new());
  const EVP_CIPHER* cipher = key.size() == kAesBlockBytes ? EVP_aes_128_cbc() : EVP_aes_256_cbc();
  if (context == nullptr ||
      EVP_DecryptInit_ex(context.get(), cipher, nullptr, Data(key),
                         reinterpret_cast<const unsigned char*>(iv.data())) != 1) {
    return false;
  }
  EVP_CIPHER_CTX_set_padding(context.get(), 0);
  data = data.first(data.size() / kAesBlockBytes * kAesBlockBytes);
  std::size_t at = plain.size();
  plain.resize(at + data.size());
  while (!data.empty()) {
    const std::size_t count = std::min(kChunkBytes, data.size());
    int written = 0;
    if (EVP_DecryptUpdate(context.get(), reinterpret_cast<unsigned char*>(plain.data()) + at,
                          &written, Data(data), static_cast<int>(count)) != 1) {
      return false;
    }
    at += static_cast<std::size_t>(written);
    data = data.subspan(count);
  }
  return true;
}

}  // namespace day::unpack::cipher
