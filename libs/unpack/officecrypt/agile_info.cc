#include "libs/unpack/officecrypt/agile_info.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "libs/base/base64.h"
#include "libs/unpack/officecrypt/encryption_header.h"

namespace day::unpack::officecrypt {
namespace {

constexpr std::string_view kSpace = " \t\r\n";
// Real ones have 16; a longer one would only make hashes slower.
constexpr std::size_t kSaltBytesMax = 64;

std::string_view LocalName(std::string_view name) { return name.substr(name.rfind(':') + 1); }

// "keyData saltSize="16" ...": the first start tag of that name at or behind `from`, without its
// brackets; nothing if there is none. `from` moves behind it.
std::optional<std::string_view> NextTag(std::string_view xml, std::string_view element,
                                        std::size_t& from) {
  while ((from = xml.find('<', from)) != std::string_view::npos) {
    const std::size_t end = std::min(xml.find('>', from), xml.size());
    const std::string_view tag = xml.substr(from + 1, end - from - 1);
    from = end;
    const std::string_view name = tag.substr(0, tag.find_first_of(kSpace));
    if (LocalName(name) == element) {
      return tag;
    }
  }
  return std::nullopt;
}

// The value of an attribute of a tag, or "".
std::string_view Attribute(std::string_view tag, std::string_view name) {
  std::size_t at = tag.find_first_of(kSpace);
  while ((at = tag.find_first_not_of(kSpace, at)) != std::string_view::npos) {
    const std::size_t equals = tag.find('=', at);
    const std::size_t quote = tag.find_first_of("\"'", equals);
    if (equals == std::string_view::npos || quote == std::string_view::npos) {
      break;
    }
    const std::size_t end = std::min(tag.find(tag[quote], quote + 1), tag.size());
    const std::string_view found = tag.substr(at, equals - at);
    if (LocalName(found.substr(0, found.find_last_not_of(kSpace) + 1)) == name) {
      return tag.substr(quote + 1, end - quote - 1);
    }
    at = std::min(end + 1, tag.size());
  }
  return {};
}

std::uint32_t Number(std::string_view text) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() ? value : 0;
}

std::string Decoded(std::string_view base64) {
  std::string text(base64);
  text.erase(std::remove_if(text.begin(), text.end(),
                            [](char c) { return kSpace.find(c) != std::string_view::npos; }),
             text.end());
  return base::DecodeBase64(text).value_or("");
}

base::Result<AgileInfo::Cipher> ReadCipher(std::string_view tag) {
  const std::optional<HashKind> hash = HashByName(Attribute(tag, "hashAlgorithm"));
  if (Attribute(tag, "cipherAlgorithm") != "AES" ||
      Attribute(tag, "cipherChaining") != "ChainingModeCBC" || !hash) {
    return GapError(base::ErrorKind::kUnsupported, kUnknownMethod);
  }
  AgileInfo::Cipher cipher;
  cipher.hash = *hash;
  cipher.key_bytes = Number(Attribute(tag, "keyBits")) / 8;
  cipher.salt = Decoded(Attribute(tag, "saltValue"));
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
  info.spins = Number(Attribute(*key, "spinCount"));
  info.verifier = Decoded(Attribute(*key, "encryptedVerifierHashInput"));
  info.verifier_hash = Decoded(Attribute(*key, "encryptedVerifierHashValue"));
  info.key = Decoded(Attribute(*key, "encryptedKeyValue"));
  if (info.verifier.empty() || info.verifier_hash.empty() || info.key.empty()) {
    return GapError(base::ErrorKind::kMalformed, kDamagedHeader);
  }
  return info;
}

}  // namespace day::unpack::officecrypt
