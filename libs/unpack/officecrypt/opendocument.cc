#include "libs/unpack/officecrypt/opendocument.h"

#include <openssl/evp.h>

#include <algorithm>
#include <utility>

#include "libs/crypto/cipher.h"
#include "libs/unpack/cipher/passwords.h"
#include "libs/unpack/cipher/rar_cipher.h"
#include "libs/unpack/document/xml_tags.h"
#include "libs/unpack/officecrypt/encryption_header.h"
#include "libs/unpack/officecrypt/xml_values.h"

namespace day::unpack::officecrypt {
namespace {

using document::Attribute;
using document::NextTag;

constexpr std::size_t kCheckedBytes = 1024;
constexpr std::size_t kSha1Bytes = 20;
constexpr std::size_t kSaltBytesMax = 64;
constexpr std::size_t kNameBytesMax = 4096;
// Two HMACs of two hashes each round: 8,192 hashes are what Budget::TryPassword counts as one.
constexpr std::uint64_t kRoundsPerTry = 8'192 / 2;
constexpr std::uint64_t kStepsPerRound = 200;

std::optional<crypto::HashKind> HashOfUri(std::string_view uri) {
  // ".../xmldsig#sha256", ".../manifest:1.0#sha256-1k", "SHA1", "SHA1/1K"
  const std::string_view name = uri.substr(uri.rfind('#') + 1);
  if (name == "sha256" || name == "sha256-1k") {
    return crypto::HashKind::kSha256;
  }
  return name == "SHA1" || name == "sha1" || name == "SHA1/1K" || name == "sha1-1k"
             ? std::optional(crypto::HashKind::kSha1)
             : std::nullopt;
}

// The tags between the entry's own and its end.
ManifestEntry ReadEntry(std::string_view xml) {
  std::size_t at = 0;
  const auto data = NextTag(xml, "encryption-data", at);
  std::size_t algorithm_at = 0;
  std::size_t start_at = 0;
  std::size_t derivation_at = 0;
  const auto algorithm = NextTag(xml, "algorithm", algorithm_at);
  const auto start = NextTag(xml, "start-key-generation", start_at);
  const auto derivation = NextTag(xml, "key-derivation", derivation_at);
  ManifestEntry entry;
  if (!data || !algorithm || !derivation ||
      Attribute(*derivation, "key-derivation-name") != "PBKDF2") {
    return entry;
  }
  const auto check_hash = HashOfUri(Attribute(*data, "checksum-type"));
  const auto start_hash =
      start ? HashOfUri(Attribute(*start, "start-key-generation-name")) : crypto::HashKind::kSha1;
  const std::string_view uri = Attribute(*algorithm, "algorithm-name");
  const std::string_view cipher = uri.substr(uri.rfind('#') + 1);
  entry.key_bytes = cipher == "aes256-cbc"   ? 32
                    : cipher == "aes192-cbc" ? 24
                    : cipher == "aes128-cbc" ? 16
                                             : 0;
  if (!check_hash || !start_hash || entry.key_bytes == 0) {
    return entry;
  }
  entry.check_hash = *check_hash;
  entry.start_hash = *start_hash;
  entry.checksum = DecodedValue(Attribute(*data, "checksum"));
  entry.vector = DecodedValue(Attribute(*algorithm, "initialisation-vector"));
  entry.salt = DecodedValue(Attribute(*derivation, "salt"));
  entry.rounds = NumberValue(Attribute(*derivation, "iteration-count"));
  entry.is_known = entry.vector.size() >= crypto::kAesBlockBytes && !entry.salt.empty() &&
                   entry.salt.size() <= kSaltBytesMax && !entry.checksum.empty() &&
                   entry.rounds > 0;
  return entry;
}

std::string KeyOf(const ManifestEntry& entry, std::string_view password) {
  const std::string start = crypto::Digester(entry.start_hash).Of({password});
  std::string key(entry.key_bytes, '\0');
  const int worked = PKCS5_PBKDF2_HMAC_SHA1(
      start.data(), static_cast<int>(start.size()),
      reinterpret_cast<const unsigned char*>(entry.salt.data()),
      static_cast<int>(entry.salt.size()), static_cast<int>(entry.rounds),
      static_cast<int>(key.size()), reinterpret_cast<unsigned char*>(key.data()));
  return worked == 1 ? key : std::string();
}

// Overwrites `out` with what is encrypted, without the padding.
bool DecryptWith(const ManifestEntry& entry, std::string_view key, base::Bytes data,
                 inflate::OutputBuffer& out) {
  out.Clear();
  const std::size_t whole = data.size() / crypto::kAesBlockBytes * crypto::kAesBlockBytes;
  auto cipher = crypto::AesCipher::Create(crypto::AesMode::kCbc, crypto::CipherDirection::kDecrypt,
                                          base::AsBytes(key));
  if (whole == 0 || !cipher || !out.Reserve(whole)) {
    return false;
  }
  const std::span<std::byte> plain = out.free().first(whole);
  std::copy_n(data.begin(), whole, plain.begin());
  if (!cipher->Apply(base::AsBytes(entry.vector), plain)) {
    return false;
  }
  const auto padding = std::to_integer<std::size_t>(plain.back());
  out.Commit(whole == data.size() && padding >= 1 && padding <= crypto::kAesBlockBytes
                 ? whole - padding
                 : whole);
  return true;
}

bool Fits(const ManifestEntry& entry, base::Bytes plain) {
  const std::string_view start =
      base::AsText(plain).substr(0, std::min(plain.size(), kCheckedBytes));
  return crypto::Digester(entry.check_hash).Of({start}) == entry.checksum;
}

std::uint64_t Blocks(const ManifestEntry& entry) {
  return (entry.key_bytes + kSha1Bytes - 1) / kSha1Bytes;
}

}  // namespace

std::map<std::string, ManifestEntry, std::less<>> ReadManifest(std::string_view xml) {
  std::map<std::string, ManifestEntry, std::less<>> entries;
  std::size_t at = 0;
  auto tag = NextTag(xml, "file-entry", at);
  while (tag && entries.size() < kManifestEntriesMax) {
    // What stands up to the next entry is about this one.
    const std::string_view name = Attribute(*tag, "full-path");
    const bool is_empty = tag->ends_with('/');
    const std::size_t begin = at;
    tag = NextTag(xml, "file-entry", at);
    const std::string_view inside = xml.substr(begin, at - begin);
    if (!is_empty && !name.empty() && name.size() <= kNameBytesMax &&
        inside.find("encryption-data") != std::string_view::npos) {
      entries.try_emplace(UnescapedValue(name), ReadEntry(inside));
    }
  }
  return entries;
}

OpenDocumentKeys::OpenDocumentKeys(std::map<std::string, ManifestEntry, std::less<>> entries,
                                   std::span<const std::string> told)
    : entries_(std::move(entries)), candidates_(told.begin(), told.end()) {
  candidates_.emplace_back();
  candidates_.insert(candidates_.end(), cipher::kWellKnownPasswords.begin(),
                     cipher::kWellKnownPasswords.end());
}

// Sets password_, or returns the gap.
std::string OpenDocumentKeys::Search(const ManifestEntry& entry, base::Bytes data,
                                     base::Budget& budget) {
  // Enough for the checksum, and a block that has no padding to be taken off.
  const base::Bytes start =
      data.size() > kCheckedBytes + crypto::kAesBlockBytes ? data.first(kCheckedBytes + 1) : data;
  inflate::OutputBuffer plain;
  for (const std::string& password : candidates_) {
    if (!cipher::PayForKey(budget, Blocks(entry) * entry.rounds / kRoundsPerTry + 1)) {
      return std::string(kNotTried);
    }
    if (DecryptWith(entry, KeyOf(entry, password), start, plain) && Fits(entry, plain.bytes())) {
      password_ = password;
      return {};
    }
  }
  return std::string(kNoPasswordFits);
}

std::string OpenDocumentKeys::Decrypt(std::string_view name, base::Bytes data, base::Budget& budget,
                                      inflate::OutputBuffer& out) {
  out.Clear();
  const auto found = entries_.find(name);
  if (found == entries_.end() || !found->second.is_known) {
    return std::string(kUnknownMethod);
  }
  const ManifestEntry& entry = found->second;
  if (entry.rounds > kDerivationRoundsMax) {
    return std::string(kTooManySpins);
  }
  if (!password_) {
    if (searches_++ < kSearchesMax) {
      search_gap_ = Search(entry, data, budget);
    }
    if (!password_) {
      return search_gap_;
    }
  }
  if (!budget.SpendSteps(Blocks(entry) * entry.rounds * kStepsPerRound + data.size()).ok()) {
    return "limit " + std::string(base::LimitName(base::Limit::kSteps));
  }
  if (!DecryptWith(entry, KeyOf(entry, *password_), data, out)) {
    return "damaged: not in whole blocks";
  }
  if (!Fits(entry, out.bytes())) {
    out.Clear();
    return std::string(kNoPasswordFits);
  }
  return {};
}

}  // namespace day::unpack::officecrypt
