#include "libs/crypto/hash.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace day::crypto {
namespace {

using internal::Algorithm;

// Nothing here depends on input: either the machine has no memory or its libcrypto is crippled.
[[noreturn]] void Die(const char* what) {
  std::fprintf(stderr, "daylight: libcrypto: %s failed\n", what);
  std::abort();
}

const char* AlgorithmName(Algorithm algorithm) {
  switch (algorithm) {
    case Algorithm::kMd5:
      return "MD5";
    case Algorithm::kSha1:
      return "SHA1";
    case Algorithm::kSha256:
      return "SHA256";
    case Algorithm::kSha512:
      return "SHA512";
  }
  return "";
}

// Tables for eight bytes a step: kCrcTables[0] is the classic one-byte table, kCrcTables[k] the
// effect of a byte that has k more bytes behind it.
using CrcTable = std::array<std::uint32_t, 256>;

constexpr std::array<CrcTable, 8> MakeCrcTables() {
  std::array<CrcTable, 8> tables{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t value = i;
    for (int bit = 0; bit < 8; ++bit) {
      value = (value & 1) != 0 ? (value >> 1) ^ 0xEDB88320u : value >> 1;
    }
    tables[0][i] = value;
  }
  for (std::size_t table = 1; table < tables.size(); ++table) {
    for (std::size_t i = 0; i < 256; ++i) {
      const std::uint32_t previous = tables[table - 1][i];
      tables[table][i] = (previous >> 8) ^ tables[0][previous & 0xFF];
    }
  }
  return tables;
}

constexpr std::array<CrcTable, 8> kCrcTables = MakeCrcTables();

}  // namespace

namespace internal {

EvpHasher::EvpHasher(Algorithm algorithm)
    : method_(EVP_MD_fetch(nullptr, AlgorithmName(algorithm), nullptr)),
      context_(EVP_MD_CTX_new()) {
  if (method_ == nullptr || context_ == nullptr) {
    Die("EVP_MD_fetch");
  }
}

EvpHasher::~EvpHasher() {
  EVP_MD_CTX_free(context_);
  EVP_MD_free(method_);
}

EvpHasher::EvpHasher(EvpHasher&& other) noexcept
    : method_(std::exchange(other.method_, nullptr)),
      context_(std::exchange(other.context_, nullptr)),
      started_(std::exchange(other.started_, false)) {}

EvpHasher& EvpHasher::operator=(EvpHasher&& other) noexcept {
  std::swap(method_, other.method_);
  std::swap(context_, other.context_);
  std::swap(started_, other.started_);
  return *this;
}

void EvpHasher::Reset() { started_ = false; }

void EvpHasher::Update(base::Bytes data) {
  if (!started_) {
    if (EVP_DigestInit_ex2(context_, method_, nullptr) != 1) {
      Die("EVP_DigestInit_ex2");
    }
    started_ = true;
  }
  if (!data.empty() && EVP_DigestUpdate(context_, data.data(), data.size()) != 1) {
    Die("EVP_DigestUpdate");
  }
}

void EvpHasher::Finish(std::byte* digest) {
  Update({});
  if (EVP_DigestFinal_ex(context_, reinterpret_cast<unsigned char*>(digest), nullptr) != 1) {
    Die("EVP_DigestFinal_ex");
  }
  started_ = false;
}

}  // namespace internal

Md5Digest Md5(base::Bytes data) {
  thread_local Md5Hasher hasher;
  return hasher.Hash(data);
}

Sha1Digest Sha1(base::Bytes data) {
  thread_local Sha1Hasher hasher;
  return hasher.Hash(data);
}

Sha256Digest Sha256(base::Bytes data) {
  thread_local Sha256Hasher hasher;
  return hasher.Hash(data);
}

Sha512Digest Sha512(base::Bytes data) {
  thread_local Sha512Hasher hasher;
  return hasher.Hash(data);
}

std::uint32_t Crc32(base::Bytes data, std::uint32_t crc) {
  crc = ~crc;
  std::size_t i = 0;
  for (; data.size() - i >= 8; i += 8) {
    const std::uint64_t word = *base::ReadAt<std::uint64_t>(data, i) ^ crc;
    crc = 0;
    for (std::size_t k = 0; k < 8; ++k) {
      crc ^= kCrcTables[7 - k][(word >> (8 * k)) & 0xFF];
    }
  }
  for (; i < data.size(); ++i) {
    crc = (crc >> 8) ^ kCrcTables[0][(crc ^ std::to_integer<std::uint32_t>(data[i])) & 0xFF];
  }
  return ~crc;
}

HmacSha256::HmacSha256(base::Bytes key) {
  std::array<std::byte, kBlockSizeBytes> block{};
  if (key.size() > block.size()) {
    const Sha256Digest digest = hasher_.Hash(key);
    std::memcpy(block.data(), digest.data(), digest.size());
  } else if (!key.empty()) {
    std::memcpy(block.data(), key.data(), key.size());
  }
  for (std::size_t i = 0; i < block.size(); ++i) {
    inner_pad_[i] = block[i] ^ std::byte{0x36};
    outer_pad_[i] = block[i] ^ std::byte{0x5C};
  }
  WipeMemory(block);
}

HmacSha256::~HmacSha256() {
  WipeMemory(inner_pad_);
  WipeMemory(outer_pad_);
}

void HmacSha256::Update(base::Bytes data) {
  if (!started_) {
    hasher_.Reset();
    hasher_.Update(inner_pad_);
    started_ = true;
  }
  hasher_.Update(data);
}

Sha256Digest HmacSha256::Finish() {
  Update({});
  const Sha256Digest inner = hasher_.Finish();
  hasher_.Update(outer_pad_);
  hasher_.Update(inner);
  started_ = false;
  return hasher_.Finish();
}

Sha256Digest HmacSha256::Authenticate(base::Bytes data) {
  Update(data);
  return Finish();
}

bool EqualConstantTime(base::Bytes a, base::Bytes b) {
  return a.size() == b.size() && (a.empty() || CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0);
}

void WipeMemory(std::span<std::byte> memory) { OPENSSL_cleanse(memory.data(), memory.size()); }

}  // namespace day::crypto
