#include "libs/unpack/cipher/sevenzip_cipher.h"

#include <openssl/evp.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <vector>

#include "libs/unpack/cipher/wide.h"

namespace day::unpack::cipher {
namespace {

constexpr std::size_t kPasswordBytesMax = 256;

struct FreeDigest {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

}  // namespace

std::optional<SevenZipEncryption> ReadSevenZipEncryption(base::Bytes properties) {
  base::ByteReader reader(properties);
  const unsigned first = reader.U8();
  SevenZipEncryption encryption;
  encryption.rounds_log2 = first & 0x3F;
  if ((first & 0xC0) != 0) {
    const unsigned second = reader.U8();
    const std::size_t salt_size = (first >> 7 & 1) + (second >> 4);
    const std::size_t iv_size = (first >> 6 & 1) + (second & 0x0F);
    encryption.salt = reader.Take(salt_size);
    const base::Bytes iv = reader.Take(iv_size);
    if (reader.ok() && !iv.empty()) {
      std::memcpy(encryption.iv.data(), iv.data(), iv.size());
    }
  }
  const bool is_known = encryption.rounds_log2 <= kSevenZipRoundsLog2Max ||
                        encryption.rounds_log2 == kSevenZipNoRounds;
  return reader.ok() && is_known ? std::optional(encryption) : std::nullopt;
}

std::optional<SevenZipKey> DeriveSevenZip(std::string_view password,
                                          const SevenZipEncryption& encryption) {
  constexpr std::size_t kCounterBytes = 8;
  constexpr std::uint64_t kRoundsAtOnce = 4096;
  if (password.size() > kPasswordBytesMax) {
    return std::nullopt;
  }
  const auto* salt = reinterpret_cast<const unsigned char*>(encryption.salt.data());
  std::vector<unsigned char> seed(salt, salt + encryption.salt.size());
  const std::vector<unsigned char> wide = WideOf(password);
  seed.insert(seed.end(), wide.begin(), wide.end());
  SevenZipKey key{};
  if (encryption.rounds_log2 == kSevenZipNoRounds) {
    std::memcpy(key.data(), seed.data(), std::min(seed.size(), key.size()));
    return key;
  }
  const std::unique_ptr<EVP_MD_CTX, FreeDigest> context(EVP_MD_CTX_new());
  if (context == nullptr || EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr) != 1) {
    return std::nullopt;
  }
  const std::uint64_t rounds = std::uint64_t{1} << encryption.rounds_log2;
  const std::size_t round_bytes = seed.size() + kCounterBytes;
  std::vector<unsigned char> text;
  for (std::uint64_t first = 0; first < rounds; first += kRoundsAtOnce) {
    const std::uint64_t count = std::min(kRoundsAtOnce, rounds - first);
    text.resize(static_cast<std::size_t>(count) * round_bytes);
    for (std::uint64_t i = 0; i < count; ++i) {
      unsigned char* at = text.data() + i * round_bytes;
      std::copy(seed.begin(), seed.end(), at);
      for (std::size_t byte = 0; byte < kCounterBytes; ++byte) {
        at[seed.size() + byte] = static_cast<unsigned char>((first + i) >> (8 * byte));
      }
    }
    if (EVP_DigestUpdate(context.get(), text.data(), text.size()) != 1) {
      return std::nullopt;
    }
  }
  const bool is_done =
      EVP_DigestFinal_ex(context.get(), reinterpret_cast<unsigned char*>(key.data()), nullptr) == 1;
  return is_done ? std::optional(key) : std::nullopt;
}

}  // namespace day::unpack::cipher
