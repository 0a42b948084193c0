#include "libs/unpack/pdf/security.h"

#include <algorithm>
#include <array>
#include <span>

#include "libs/crypto/cipher.h"
#include "libs/crypto/digester.h"
#include "libs/crypto/hash.h"

namespace day::unpack::pdf {
namespace {

constexpr std::size_t kBlockBytes = 16;

// What passwords are filled up with, and so the empty one altogether.
constexpr unsigned char kPadding[] = {
    0x28, 0xBF, 0x4E, 0x5E, 0x4E, 0x75, 0x8A, 0x41, 0x64, 0x00, 0x4E, 0x56, 0xFF, 0xFA, 0x01, 0x08,
    0x2E, 0x2E, 0x00, 0xB6, 0xD0, 0x68, 0x3E, 0x80, 0x2F, 0x0C, 0xA9, 0xFE, 0x64, 0x53, 0x69, 0x7A};

std::string_view Padding() { return {reinterpret_cast<const char*>(kPadding), sizeof(kPadding)}; }

template <std::size_t kSize>
std::string Text(const crypto::Digest<kSize>& digest) {
  return std::string(base::AsText(digest));
}

std::string Md5(std::string_view bytes) { return Text(crypto::Md5(base::AsBytes(bytes))); }

std::string LittleEndian(std::uint64_t value, std::size_t bytes) {
  std::string text;
  for (std::size_t i = 0; i < bytes; ++i) {
    text += static_cast<char>(value >> (8 * i) & 0xFF);
  }
  return text;
}

std::size_t KeyBytes(const EncryptionEntries& entries) {
  if (entries.revision < 3 || entries.version == 1) {
    return 5;
  }
  if (entries.version >= 4) {
    return 16;
  }
  return static_cast<std::size_t>(std::clamp<std::int64_t>(entries.length_bits / 8, 5, 16));
}

std::span<std::byte> Writable(std::string& text) {
  return std::as_writable_bytes(std::span(text.data(), text.size()));
}

std::string Rc4(std::string_view key, std::string_view bytes) {
  std::string out(bytes);
  if (!key.empty()) {
    crypto::Rc4(base::AsBytes(key)).Apply(Writable(out));
  }
  return out;
}

// Whole blocks only; empty if the key or the vector has no size that AES knows.
std::string AesCbc(std::string_view key, std::string_view iv, std::string_view bytes,
                   crypto::CipherDirection direction) {
  std::string out(bytes.substr(0, bytes.size() / kBlockBytes * kBlockBytes));
  auto cipher = crypto::AesCipher::Create(crypto::AesMode::kCbc, direction, base::AsBytes(key));
  return cipher && cipher->Apply(base::AsBytes(iv), Writable(out)) ? out : std::string();
}

std::string HashOfRevision6(std::string_view password, std::string_view salt) {
  constexpr std::size_t kRepeats = 64;
  constexpr std::size_t kRoundsMin = 64;
  constexpr std::size_t kRoundsMax = 64 + 256;  // the last byte is at most 255
  std::string key = Text(crypto::Sha256(base::AsBytes(std::string(password) + std::string(salt))));
  for (std::size_t round = 0; round < kRoundsMax; ++round) {
    std::string block;
    for (std::size_t i = 0; i < kRepeats; ++i) {
      block.append(password).append(key);
    }
    const std::string encrypted =
        AesCbc(std::string_view(key).substr(0, 16), std::string_view(key).substr(16, 16), block,
               crypto::CipherDirection::kEncrypt);
    if (encrypted.empty()) {
      return {};
    }
    unsigned sum = 0;  // 256 is 1 modulo 3, so the number's rest is that of its digits
    for (std::size_t i = 0; i < 16; ++i) {
      sum += static_cast<std::uint8_t>(encrypted[i]);
    }
    constexpr crypto::HashKind kKinds[] = {crypto::HashKind::kSha256, crypto::HashKind::kSha384,
                                           crypto::HashKind::kSha512};
    key = crypto::Digester(kKinds[sum % 3]).Of({encrypted});
    if (round + 1 >= kRoundsMin &&
        static_cast<std::uint8_t>(encrypted.back()) + kRoundsMin / 2 <= round + 1) {
      break;
    }
  }
  return key.substr(0, 32);
}

std::string ObjectKey(std::string_view file_key, Cipher cipher, std::uint64_t number,
                      std::uint64_t generation) {
  std::string message(file_key);
  message += LittleEndian(number, 3);
  message += LittleEndian(generation, 2);
  if (cipher == Cipher::kAes128) {
    message += "sAlT";
  }
  return Md5(message).substr(0, std::min<std::size_t>(file_key.size() + 5, 16));
}

std::string FileKey(const EncryptionEntries& entries, std::string_view id) {
  std::string message(Padding());
  message += entries.owner.substr(0, 32);
  message += LittleEndian(static_cast<std::uint64_t>(entries.permissions), 4);
  message += id;
  if (entries.revision >= 4 && !entries.encrypt_metadata) {
    message += "\xFF\xFF\xFF\xFF";
  }
  const std::size_t size = KeyBytes(entries);
  std::string key = Md5(message);
  for (int i = 0; entries.revision >= 3 && i < 50; ++i) {
    key = Md5(std::string_view(key).substr(0, size));
  }
  return key.substr(0, size);
}

std::string UserEntry(const EncryptionEntries& entries, std::string_view key, std::string_view id) {
  if (entries.revision < 3) {
    return Rc4(key, Padding());
  }
  std::string user = Md5(std::string(Padding()) + std::string(id));
  for (unsigned round = 0; round < 20; ++round) {
    std::string round_key(key);
    for (char& c : round_key) {
      c = static_cast<char>(static_cast<std::uint8_t>(c) ^ round);
    }
    user = Rc4(round_key, user);
  }
  return user;
}

// Revisions 5 and 6: U is a hash and its two salts; the key is encrypted under another hash.
std::optional<std::string> OpenAes256(const EncryptionEntries& entries) {
  constexpr std::size_t kHashBytes = 32;
  constexpr std::size_t kSaltBytes = 8;
  if (entries.user.size() < kHashBytes + 2 * kSaltBytes || entries.user_key.size() < kHashBytes) {
    return std::nullopt;
  }
  const std::string_view user = entries.user;
  const auto hash = [&entries](std::string_view salt) {
    return entries.revision == 5 ? Text(crypto::Sha256(base::AsBytes(salt)))
                                 : HashOfRevision6({}, salt);
  };
  if (hash(user.substr(kHashBytes, kSaltBytes)) != user.substr(0, kHashBytes)) {
    return std::nullopt;
  }
  return AesCbc(
      hash(user.substr(kHashBytes + kSaltBytes, kSaltBytes)), std::string(kBlockBytes, '\0'),
      std::string_view(entries.user_key).substr(0, kHashBytes), crypto::CipherDirection::kDecrypt);
}

}  // namespace

std::optional<Security> Security::Open(const EncryptionEntries& entries, std::string_view id) {
  Security security;
  if (entries.version >= 5) {
    auto key = OpenAes256(entries);
    if (!key) {
      return std::nullopt;
    }
    security.key_ = *std::move(key);
  } else {
    security.key_ = FileKey(entries, id);
    const std::string expected = UserEntry(entries, security.key_, id);
    if (entries.user.size() < expected.size() || !entries.user.starts_with(expected)) {
      return std::nullopt;
    }
  }
  security.encrypt_metadata_ = entries.encrypt_metadata;
  security.crypt_filters_ = entries.crypt_filters;
  security.streams_ = security.strings_ = Cipher::kRc4;
  if (entries.version >= 4) {
    security.streams_ = security.ByName(entries.stream_filter);
    security.strings_ = security.ByName(entries.string_filter);
  }
  security.files_ =
      entries.file_filter.empty() ? security.streams_ : security.ByName(entries.file_filter);
  return security;
}

Cipher Security::ByName(std::string_view name) const {
  if (name == "Identity") {
    return Cipher::kIdentity;
  }
  const auto filter = crypt_filters_.find(name);
  return filter == crypt_filters_.end() ? Cipher::kUnknown : filter->second;
}

std::string Security::Decrypt(Cipher cipher, std::uint64_t number, std::uint64_t generation,
                              std::string_view bytes) const {
  if (cipher == Cipher::kIdentity || cipher == Cipher::kUnknown) {
    return std::string(bytes);
  }
  if (cipher == Cipher::kRc4) {
    return Rc4(ObjectKey(key_, cipher, number, generation), bytes);
  }
  if (bytes.size() < 2 * kBlockBytes) {
    return {};
  }
  std::string key = cipher == Cipher::kAes256 ? key_ : ObjectKey(key_, cipher, number, generation);
  key.resize(cipher == Cipher::kAes256 ? 32 : 16, '\0');
  std::string out = AesCbc(key, bytes.substr(0, kBlockBytes), bytes.substr(kBlockBytes),
                           crypto::CipherDirection::kDecrypt);
  const std::size_t padding = out.empty() ? 0 : static_cast<std::uint8_t>(out.back());
  if (padding >= 1 && padding <= kBlockBytes && padding <= out.size()) {
    out.resize(out.size() - padding);
  }
  return out;
}

}  // namespace day::unpack::pdf
