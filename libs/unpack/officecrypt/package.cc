#include "libs/unpack/officecrypt/package.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <utility>

#include "libs/base/base64.h"
#include "libs/crypto/cipher.h"
#include "libs/unpack/cipher/rar_cipher.h"
#include "libs/unpack/officecrypt/agile_info.h"
#include "libs/unpack/officecrypt/passwords.h"

namespace day::unpack::officecrypt {
namespace {

using crypto::AesCipher;
using crypto::AesMode;
using crypto::CipherDirection;

constexpr std::uint32_t kStandardSpins = 50'000;
// Rounds for what Budget::TryPassword counts as one try, as RAR's keys have it.
constexpr std::uint32_t kSpinsPerTry = 8'192;
constexpr std::size_t kSizeBytes = 8;
constexpr std::size_t kSegmentBytes = 4096;
constexpr char kAgileFill = 0x36;
constexpr std::size_t kSha1Bytes = 20;

constexpr std::string_view kVerifierBlock("\xFE\xA7\xD2\x76\x3B\x4B\x9E\x79", 8);
constexpr std::string_view kVerifierHashBlock("\xD7\xAA\x0F\x6D\x30\x61\x34\x4E", 8);
constexpr std::string_view kKeyBlock("\x14\x6E\x0B\xE7\xAB\xAC\xD0\xD6", 8);

std::span<std::byte> Writable(std::string& text) {
  return std::as_writable_bytes(std::span(text.data(), text.size()));
}

// Decrypts whole blocks; empty if the key has no size that AES knows.
std::string Decrypted(AesMode mode, std::string_view key, std::string_view iv,
                      std::string_view data) {
  std::string plain(data);
  auto cipher = AesCipher::Create(mode, CipherDirection::kDecrypt, base::AsBytes(key));
  if (!cipher || !cipher->Apply(base::AsBytes(iv), Writable(plain))) {
    return {};
  }
  return plain;
}

std::string Sized(std::string digest, std::size_t size, char fill) {
  digest.resize(size, fill);
  return digest;
}

// [MS-OFFCRYPTO] 2.3.4.7: how CryptoAPI makes keys that are longer than the hash.
std::string LongKey(crypto::Digester& sha1, const std::string& digest, std::size_t key_bytes) {
  std::string key;
  for (const char fill : {'\x36', '\x5C'}) {
    std::string pad(64, fill);
    for (std::size_t i = 0; i < digest.size(); ++i) {
      pad[i] = static_cast<char>(pad[i] ^ digest[i]);
    }
    key += sha1.Of({pad});
  }
  return key.substr(0, key_bytes);
}

std::optional<std::string> StandardKey(const EncryptionHeader& header, std::string_view password) {
  crypto::Digester sha1(crypto::HashKind::kSha1);
  const std::string start = sha1.Of({base::AsText(header.salt), ToUtf16(password)});
  const std::string digest =
      sha1.Of({sha1.Spin(start, kStandardSpins), LittleEndian32(/*block=*/0)});
  std::string key = LongKey(sha1, digest, header.key_bytes);
  const std::string verifier = Decrypted(AesMode::kEcb, key, {}, base::AsText(header.verifier));
  const std::string hash = Decrypted(AesMode::kEcb, key, {}, base::AsText(header.verifier_hash));
  if (hash.substr(0, kSha1Bytes) != sha1.Of({verifier})) {
    return std::nullopt;
  }
  return key;
}

std::optional<std::string> AgileKey(const AgileInfo& info, std::string_view password) {
  const AgileInfo::Cipher& cipher = info.password;
  crypto::Digester digester(cipher.hash);
  const std::string spun = digester.Spin(digester.Of({cipher.salt, ToUtf16(password)}), info.spins);
  const std::string iv = Sized(cipher.salt, crypto::kAesBlockBytes, kAgileFill);
  const auto open = [&](std::string_view block, std::string_view data) {
    const std::string key = Sized(digester.Of({spun, block}), cipher.key_bytes, kAgileFill);
    return Decrypted(AesMode::kCbc, key, iv, data);
  };
  const std::string verifier = open(kVerifierBlock, info.verifier).substr(0, cipher.salt.size());
  const std::string hash = open(kVerifierHashBlock, info.verifier_hash);
  if (verifier.empty() || hash.substr(0, digester.size_bytes()) != digester.Of({verifier})) {
    return std::nullopt;
  }
  return open(kKeyBlock, info.key).substr(0, info.data.key_bytes);
}

std::uint64_t CostOf(std::uint32_t spins) { return spins / kSpinsPerTry + 1; }

template <typename Derive>
base::Result<std::string> FirstThatFits(std::span<const std::string> passwords, std::uint64_t cost,
                                        base::Budget& budget, const Derive& derive) {
  for (const std::string& password : passwords) {
    if (!cipher::PayForKey(budget, cost)) {
      return GapError(base::ErrorKind::kLimit, kNotTried);
    }
    if (std::optional<std::string> key = derive(password)) {
      return *std::move(key);
    }
  }
  return GapError(base::ErrorKind::kPermission, kNoPasswordFits);
}

}  // namespace

base::Result<PackageKey> PackageKey::Find(base::Bytes info_stream,
                                          std::span<const std::string> passwords,
                                          base::Budget& budget) {
  DAY_TRY_ASSIGN(const EncryptionHeader header, ReadEncryptionHeader(info_stream));
  PackageKey key;
  if (header.method == EncryptionHeader::Method::kAes) {
    DAY_TRY_ASSIGN(key.key_,
                   FirstThatFits(passwords, CostOf(kStandardSpins), budget,
                                 [&](std::string_view p) { return StandardKey(header, p); }));
    return key;
  }
  if (header.method != EncryptionHeader::Method::kAgile) {
    return GapError(base::ErrorKind::kUnsupported, kUnknownMethod);
  }
  DAY_TRY_ASSIGN(const AgileInfo info, ReadAgileInfo(base::AsText(header.rest)));
  if (info.spins > kSpinsMax) {
    return GapError(base::ErrorKind::kLimit, kTooManySpins);
  }
  DAY_TRY_ASSIGN(key.key_, FirstThatFits(passwords, CostOf(info.spins), budget,
                                         [&](std::string_view p) { return AgileKey(info, p); }));
  key.is_agile_ = true;
  key.salt_ = info.data.salt;
  key.hash_ = info.data.hash;
  return key;
}

std::string PackageKey::Decrypt(base::Bytes package, inflate::OutputBuffer& out) const {
  out.Clear();
  const auto declared = base::ReadAt<std::uint64_t>(package, 0);
  const AesMode mode = is_agile_ ? AesMode::kCbc : AesMode::kEcb;
  auto cipher = AesCipher::Create(mode, CipherDirection::kDecrypt, base::AsBytes(key_));
  if (!declared || !cipher) {
    return std::string(kDamagedHeader);
  }
  const base::Bytes data = package.subspan(kSizeBytes);
  const std::size_t whole = data.size() / crypto::kAesBlockBytes * crypto::kAesBlockBytes;
  const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(*declared, whole));
  if (size == 0) {
    return *declared == 0 ? "" : "damaged: the package is cut";
  }
  if (!out.Reserve(whole)) {
    return "limit memory";
  }
  const std::span<std::byte> plain = out.free().first(whole);
  std::memcpy(plain.data(), data.data(), whole);
  if (!is_agile_) {
    (void)cipher->Apply({}, plain);
  }
  crypto::Digester digester(hash_);
  for (std::size_t at = 0; is_agile_ && at < size; at += kSegmentBytes) {
    const auto segment = static_cast<std::uint32_t>(at / kSegmentBytes);
    const std::string iv =
        Sized(digester.Of({salt_, LittleEndian32(segment)}), crypto::kAesBlockBytes, kAgileFill);
    (void)cipher->Apply(base::AsBytes(iv), plain.subspan(at, std::min(kSegmentBytes, whole - at)));
  }
  out.Commit(size);
  return size < *declared ? "damaged: the package is cut" : "";
}

}  // namespace day::unpack::officecrypt
