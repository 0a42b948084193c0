#include "libs/unpack/officecrypt/agile_info.h"

#include <optional>

#include "libs/unpack/document/xml_tags.h"
#include "libs/unpack/officecrypt/encryption_header.h"
#include "libs/unpack/officecrypt/xml_values.h"

namespace day::unpack::officecrypt {
namespace {

using document::Attribute;
using document::NextTag;

// Real ones have 16; a longer one would only make hashes slower.
constexpr std::size_t kSaltBytesMax = 64;

base::Result<AgileInfo::Cipher> ReadCipher(std::string_view tag) {
  const std::optional<crypto::HashKind> hash = crypto::HashByName(Attribute(tag, "hashAlgorithm"));
  if (Attribute(tag, "cipherAlgorithm") != "AES" ||
      Attribute(tag, "cipherChaining") != "ChainingModeCBC" || !hash) {
    return GapError(base::ErrorKind::kUnsupported, kUnknownMethod);
  }
  AgileInfo::Cipher cipher;
  cipher.hash = *hash;
  cipher.key_bytes = NumberValue(Attribute(tag, "keyBits")) / 8;
  cipher.salt = DecodedValue(Attribute(tag, "saltValue"));
  const bool is_known_size =
      cipher.key_bytes == 16 || cipher.key_bytes == 24 || cipher.key_bytes == 32;
  if (!is_known_size || cipher.salt.empty() || cipher.salt.size() > kSaltBytesMax) {
    return GapError(base::ErrorKind::kMalformed, kDamagedHeader);
  }
  return cipher;
}

}  // namespace

base::Result<AgileInfo> ReadAgileInfo(std::string_view xml) {
  std::size_t at = 0;
  const auto data = NextTag(xml, "keyData", at);
  if (!data) {
    return GapError(base::ErrorKind::kMalformed, kDamagedHeader);
  }
  AgileInfo info;
  DAY_TRY_ASSIGN(info.data, ReadCipher(*data));
  // Keys for certificates are called the same, but have no spins.
  std::optional<std::string_view> key;
  do {
    key = NextTag(xml, "encryptedKey", at);
  } while (key && Attribute(*key, "spinCount").empty());
  if (!key) {
    return GapError(base::ErrorKind::kUnsupported, kUnknownMethod);
  }
  DAY_TRY_ASSIGN(info.password, ReadCipher(*key));
  info.spins = NumberValue(Attribute(*key, "spinCount"));
  info.verifier = DecodedValue(Attribute(*key, "encryptedVerifierHashInput"));
  info.verifier_hash = DecodedValue(Attribute(*key, "encryptedVerifierHashValue"));
  info.key = DecodedValue(Attribute(*key, "encryptedKeyValue"));
  if (info.verifier.empty() || info.verifier_hash.empty() || info.key.empty()) {
    return GapError(base::ErrorKind::kMalformed, kDamagedHeader);
  }
  return info;
}

}  // namespace day::unpack::officecrypt
