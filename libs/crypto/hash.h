// Hashes over libcrypto: MD5, SHA-1, SHA-256, SHA-512, CRC-32 and HMAC-SHA-256.
//
//   Sha256Hasher hasher;                       // keep it: making one is what costs
//   const Sha256Digest digest = hasher.Hash(file);
//   hasher.Update(head); hasher.Update(tail);  // or in pieces
//   const Sha256Digest same = hasher.Finish();
//
// A Hasher fetches its algorithm and makes its context once; hashing allocates nothing after that.
// The free functions Md5(), Sha1(), Sha256() and Sha512() use one hasher a thread: for code that
// hashes a few things now and then and does not want to own a hasher.
// MD5 and SHA-1 are here because rules and signatures are written in them. They protect nothing.
// Failure: none that a caller could handle. If libcrypto has no such algorithm, or no memory, the
// program ends.
// Thread safety: a Hasher or a Hmac belongs to one thread at a time; free functions are safe.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "libs/base/bytes.h"

struct evp_md_st;
struct evp_md_ctx_st;

namespace day::crypto {

template <std::size_t kSize>
using Digest = std::array<std::byte, kSize>;
using Md5Digest = Digest<16>;
using Sha1Digest = Digest<20>;
using Sha256Digest = Digest<32>;
using Sha512Digest = Digest<64>;

namespace internal {

enum class Algorithm : std::uint8_t { kMd5, kSha1, kSha256, kSha512 };

// One libcrypto context. After Finish() it is ready for the next message.
class EvpHasher {
 public:
  explicit EvpHasher(Algorithm algorithm);
  ~EvpHasher();
  EvpHasher(EvpHasher&& other) noexcept;
  EvpHasher& operator=(EvpHasher&& other) noexcept;
  EvpHasher(const EvpHasher&) = delete;
  EvpHasher& operator=(const EvpHasher&) = delete;

  void Reset();
  void Update(base::Bytes data);
  // REQUIRES: `digest` has room for the algorithm's digest.
  void Finish(std::byte* digest);

 private:
  evp_md_st* method_ = nullptr;
  evp_md_ctx_st* context_ = nullptr;
  bool started_ = false;
};

}  // namespace internal

template <internal::Algorithm kAlgorithm, std::size_t kSize>
class Hasher {
 public:
  using DigestType = Digest<kSize>;

  Hasher() : evp_(kAlgorithm) {}

  // Adds `data` to the message.
  void Update(base::Bytes data) { evp_.Update(data); }
  // The digest of everything added since the last Finish() or Reset(); the next message starts
  // empty.
  DigestType Finish() {
    DigestType digest;
    evp_.Finish(digest.data());
    return digest;
  }
  // Forgets what was added.
  void Reset() { evp_.Reset(); }
  // The digest of `data` alone; forgets what was added before.
  DigestType Hash(base::Bytes data) {
    evp_.Reset();
    evp_.Update(data);
    return Finish();
  }

 private:
  internal::EvpHasher evp_;
};

using Md5Hasher = Hasher<internal::Algorithm::kMd5, 16>;
using Sha1Hasher = Hasher<internal::Algorithm::kSha1, 20>;
using Sha256Hasher = Hasher<internal::Algorithm::kSha256, 32>;
using Sha512Hasher = Hasher<internal::Algorithm::kSha512, 64>;

Md5Digest Md5(base::Bytes data);
Sha1Digest Sha1(base::Bytes data);
Sha256Digest Sha256(base::Bytes data);
Sha512Digest Sha512(base::Bytes data);

// CRC-32 of IEEE 802.3 (reflected polynomial 0xEDB88320, as zip and YARA's hash.crc32 have it).
// To go on with more data hand back the earlier result as `crc`.
std::uint32_t Crc32(base::Bytes data, std::uint32_t crc = 0);

// HMAC-SHA-256 (RFC 2104) under a key that is set once. The key is wiped from memory with the
// object.
class HmacSha256 {
 public:
  explicit HmacSha256(base::Bytes key);
  ~HmacSha256();
  HmacSha256(const HmacSha256&) = delete;
  HmacSha256& operator=(const HmacSha256&) = delete;

  void Update(base::Bytes data);
  // The code of everything added since the last Finish(); the next message starts empty.
  Sha256Digest Finish();
  // The code of `data` alone. REQUIRES: nothing was added since the last Finish().
  Sha256Digest Authenticate(base::Bytes data);

 private:
  static constexpr std::size_t kBlockSizeBytes = 64;

  std::array<std::byte, kBlockSizeBytes> inner_pad_;
  std::array<std::byte, kBlockSizeBytes> outer_pad_;
  Sha256Hasher hasher_;
  bool started_ = false;
};

// True if both are the same bytes. The time taken depends on the sizes only, never on the contents.
bool EqualConstantTime(base::Bytes a, base::Bytes b);

// Overwrites memory in a way that the compiler does not remove.
void WipeMemory(std::span<std::byte> memory);

// The digest in lower-case hexadecimal, without a heap allocation; HexDigest::view() is the text.
template <std::size_t kSize>
class HexDigest {
 public:
  explicit HexDigest(const Digest<kSize>& digest) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    for (std::size_t i = 0; i < kSize; ++i) {
      const auto value = std::to_integer<unsigned>(digest[i]);
      text_[2 * i] = kDigits[value >> 4];
      text_[2 * i + 1] = kDigits[value & 0xF];
    }
  }
  std::string_view view() const { return {text_.data(), text_.size()}; }
  std::string str() const { return std::string(view()); }

 private:
  std::array<char, 2 * kSize> text_;
};

// The digest in lower-case hexadecimal.
template <std::size_t kSize>
std::string ToHexDigest(const Digest<kSize>& digest) {
  return HexDigest<kSize>(digest).str();
}

// The SHA-256 of `data` in lower-case hexadecimal.
inline std::string Sha256Hex(base::Bytes data) { return ToHexDigest(Sha256(data)); }

}  // namespace day::crypto
