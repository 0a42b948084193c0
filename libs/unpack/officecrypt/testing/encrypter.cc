#include "libs/unpack/officecrypt/testing/encrypter.h"

#include <algorithm>
#include <bit>
#include <initializer_list>
#include <vector>

#include "libs/base/base64.h"
#include "libs/base/budget.h"
#include "libs/base/bytes.h"
#include "libs/crypto/cipher.h"
#include "libs/crypto/digester.h"
#include "libs/crypto/hash.h"
#include "libs/unpack/officecrypt/passwords.h"
#include "libs/unpack/officecrypt/rc4_key.h"
#include "libs/unpack/officecrypt/word.h"
#include "libs/unpack/officecrypt/xor_obfuscation.h"

namespace day::unpack::officecrypt {
namespace {

constexpr std::string_view kSalt = "sixteen is salty";
constexpr std::string_view kDataSalt = "salt of the data";
constexpr std::string_view kVerifier = "a verifier of 16";

std::string Little(std::uint64_t value, int bytes) {
  std::string out;
  for (int i = 0; i < bytes; ++i, value >>= 8) {
    out += static_cast<char>(value & 0xFF);
  }
  return out;
}

std::span<std::byte> Writable(std::string& text) {
  return std::as_writable_bytes(std::span(text.data(), text.size()));
}

std::string Padded(std::string text, std::size_t block) {
  text.resize((text.size() + block - 1) / block * block, '\0');
  return text;
}

std::string Sized(std::string text, std::size_t size, char fill) {
  text.resize(size, fill);
  return text;
}

std::string Encrypted(crypto::AesMode mode, std::string_view key, std::string_view iv,
                      std::string_view plain) {
  std::string out = Padded(std::string(plain), crypto::kAesBlockBytes);
  auto aes = crypto::AesCipher::Create(mode, crypto::CipherDirection::kEncrypt, base::AsBytes(key));
  return aes && aes->Apply(base::AsBytes(iv), Writable(out)) ? out : "";
}

std::string Sha1(std::string_view text) {
  return std::string(base::AsText(crypto::Sha1(base::AsBytes(text))));
}

std::string Md5(std::string_view text) {
  return std::string(base::AsText(crypto::Md5(base::AsBytes(text))));
}

// The part of the header that CryptoAPI has for all its ciphers.
std::string CryptoApiHeader(std::uint32_t flags, std::uint32_t algorithm, std::size_t key_bits) {
  std::string provider;
  for (const char c : std::string_view("Provider\0", 9)) {
    provider += {c, '\0'};
  }
  const std::string header = Little(flags, 4) + Little(0, 4) + Little(algorithm, 4) +
                             Little(0x8004, 4) + Little(key_bits, 4) +
                             Little(algorithm == 0x6801 ? 1 : 0x18, 4) + Little(0, 8) + provider;
  return Little(flags, 4) + Little(header.size(), 4) + header + Little(16, 4) + std::string(kSalt);
}

// A header whose verifier is right for the password.
std::string Rc4Header(Lock lock, std::string_view password) {
  std::string verifier(kVerifier);
  if (lock == Lock::kRc4) {
    const std::string start = Md5(ToUtf16(password)).substr(0, 5);
    std::string repeated;
    for (int i = 0; i < 16; ++i) {
      repeated += start + std::string(kSalt);
    }
    crypto::Rc4 rc4(base::AsBytes(Md5(Md5(repeated).substr(0, 5) + Little(0, 4))));
    std::string both = verifier + Md5(verifier);
    rc4.Apply(Writable(both));
    return Little(1, 2) + Little(1, 2) + std::string(kSalt) + both;
  }
  const bool is_short = lock == Lock::kCryptoApi40;
  std::string key = Sha1(Sha1(std::string(kSalt) + ToUtf16(password)) + Little(0, 4));
  key = is_short ? Sized(key.substr(0, 5), 16, '\0') : key.substr(0, 16);
  crypto::Rc4 rc4(base::AsBytes(key));
  std::string both = verifier + Sha1(verifier);
  rc4.Apply(Writable(both));
  return Little(is_short ? 2 : 4, 2) + Little(2, 2) +
         CryptoApiHeader(4, 0x6801, is_short ? 40 : 128) + both.substr(0, 16) + Little(20, 4) +
         both.substr(16);
}

Rc4Key KeyFor(const std::string& header, std::string_view password) {
  const std::vector<std::string> passwords = {std::string(password)};
  base::Budget budget(base::BudgetLimits{});
  return Rc4Key::Find(base::AsBytes(header), passwords, budget).value();
}

std::uint64_t NumberAt(std::string_view bytes, std::size_t offset, std::size_t size) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < size; ++i) {
    value |= std::uint64_t{static_cast<std::uint8_t>(bytes[offset + i])} << (8 * i);
  }
  return value;
}

}  // namespace

EncryptedPackage EncryptAgile(std::string_view document, std::string_view password,
                              std::string_view hash, std::size_t key_bits, std::uint32_t spins) {
  crypto::Digester digester(crypto::HashByName(hash).value());
  const std::string spun = digester.Spin(digester.Of({kSalt, ToUtf16(password)}), spins);
  const std::size_t key_bytes = key_bits / 8;
  const auto lock = [&](std::string_view block, std::string_view plain) {
    const std::string key = Sized(digester.Of({spun, block}), key_bytes, '\x36');
    return base::EncodeBase64(base::AsBytes(Encrypted(crypto::AesMode::kCbc, key, kSalt, plain)));
  };
  const std::string secret = std::string("the key that opens the package..").substr(0, key_bytes);
  const std::string sizes = "saltSize=\"16\" blockSize=\"16\" keyBits=\"" +
                            std::to_string(key_bits) + "\" hashSize=\"" +
                            std::to_string(digester.size_bytes()) +
                            "\" cipherAlgorithm=\"AES\" cipherChaining=\"ChainingModeCBC\" "
                            "hashAlgorithm=\"" +
                            std::string(hash) + "\" saltValue=\"";
  EncryptedPackage out;
  out.info =
      Little(4, 2) + Little(4, 2) + Little(0x40, 4) +
      "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\r\n"
      "<encryption xmlns=\"http://schemas.microsoft.com/office/2006/encryption\" "
      "xmlns:p=\"http://schemas.microsoft.com/office/2006/keyEncryptor/password\"><keyData " +
      sizes + base::EncodeBase64(base::AsBytes(kDataSalt)) +
      "\"/><dataIntegrity encryptedHmacKey=\"\" encryptedHmacValue=\"\"/><keyEncryptors>"
      "<keyEncryptor uri=\"http://schemas.microsoft.com/office/2006/keyEncryptor/password\">"
      "<p:encryptedKey spinCount=\"" +
      std::to_string(spins) + "\" " + sizes + base::EncodeBase64(base::AsBytes(kSalt)) +
      "\" encryptedVerifierHashInput=\"" +
      lock(std::string_view("\xFE\xA7\xD2\x76\x3B\x4B\x9E\x79", 8), kVerifier) +
      "\" encryptedVerifierHashValue=\"" +
      lock(std::string_view("\xD7\xAA\x0F\x6D\x30\x61\x34\x4E", 8), digester.Of({kVerifier})) +
      "\" encryptedKeyValue=\"" +
      lock(std::string_view("\x14\x6E\x0B\xE7\xAB\xAC\xD0\xD6", 8), secret) +
      "\"/></keyEncryptor></keyEncryptors></encryption>";
  out.package = Little(document.size(), 8);
  for (std::size_t at = 0; at < document.size(); at += 4096) {
    const std::string iv = Sized(digester.Of({kDataSalt, Little(at / 4096, 4)}), 16, '\x36');
    out.package += Encrypted(crypto::AesMode::kCbc, secret, iv, document.substr(at, 4096));
  }
  return out;
}

EncryptedPackage EncryptStandard(std::string_view document, std::string_view password,
                                 std::size_t key_bits) {
  crypto::Digester sha1(crypto::HashKind::kSha1);
  const std::string spun = sha1.Spin(sha1.Of({kSalt, ToUtf16(password)}), 50'000);
  const std::string digest = sha1.Of({spun, Little(0, 4)});
  std::string key;
  for (const char fill : {'\x36', '\x5C'}) {
    std::string pad(64, fill);
    for (std::size_t i = 0; i < digest.size(); ++i) {
      pad[i] = static_cast<char>(pad[i] ^ digest[i]);
    }
    key += Sha1(pad);
  }
  key.resize(key_bits / 8);
  const std::uint32_t algorithm = key_bits == 128 ? 0x660E : key_bits == 192 ? 0x660F : 0x6610;
  EncryptedPackage out;
  out.info = Little(4, 2) + Little(2, 2) + CryptoApiHeader(0x24, algorithm, key_bits) +
             Encrypted(crypto::AesMode::kEcb, key, {}, kVerifier) + Little(20, 4) +
             Encrypted(crypto::AesMode::kEcb, key, {}, Sha1(kVerifier));
  out.package = Little(document.size(), 8) + Encrypted(crypto::AesMode::kEcb, key, {}, document);
  return out;
}

std::string EncryptWorkbook(std::string_view records, Lock lock, std::string_view password) {
  constexpr std::uint64_t kPlain[] = {0x0809, 0x0194, 0x0195, 0x00E1, 0x0196, 0x0138, 0x002F};
  const bool is_xor = lock == Lock::kXor;
  const XorKey xor_key(XorMethod::kExcel, password);
  const std::string header = is_xor ? "" : Rc4Header(lock, password);
  const std::string pass =
      is_xor ? Little(0, 2) + Little(xor_key.check().key, 2) + Little(xor_key.check().hash, 2)
             : Little(1, 2) + header;
  const std::size_t first = 4 + NumberAt(records, 2, 2);
  std::string out = std::string(records.substr(0, first)) + Little(0x2F, 2) +
                    Little(pass.size(), 2) + pass + std::string(records.substr(first));
  std::optional<Rc4Key> key;
  std::optional<Rc4Stream> stream;
  if (!is_xor) {
    key = KeyFor(header, password);
    stream.emplace(*key, 1024);
  }
  for (std::size_t at = first + 4 + pass.size(); at + 4 <= out.size();) {
    const std::uint64_t id = NumberAt(out, at, 2);
    const std::size_t whole = NumberAt(out, at + 2, 2);
    const std::size_t skip = id == 0x85 ? 4 : 0;
    at += 4;
    const bool is_plain = std::find(std::begin(kPlain), std::end(kPlain), id) != std::end(kPlain);
    const std::span<std::byte> data =
        Writable(out).subspan(at, whole).subspan(is_plain ? whole : skip);
    if (is_xor) {
      std::string mask(data.size(), '\0');  // what Excel's way makes of zeros
      xor_key.Decrypt(at + skip + whole, Writable(mask));
      for (std::size_t i = 0; i < data.size(); ++i) {
        const auto mixed = static_cast<std::uint8_t>(std::to_integer<unsigned>(data[i]) ^
                                                     static_cast<std::uint8_t>(mask[i]));
        data[i] = std::byte{std::rotr(mixed, 3)};
      }
    } else if (!data.empty()) {
      stream->Apply(at + skip, data);
    }
    at += whole;
  }
  return out;
}

WordStreams EncryptWord(const WordStreams& plain, Lock lock, std::string_view password) {
  WordStreams out = plain;
  const bool is_xor = lock == Lock::kXor;
  const XorKey xor_key(XorMethod::kWord, password);
  const std::string header = is_xor ? "" : Rc4Header(lock, password);
  const std::uint64_t flags = NumberAt(plain.document, 10, 2) | 0x0300 | (is_xor ? 0x8000 : 0);
  const std::uint64_t number =
      is_xor ? (std::uint64_t{xor_key.check().key} << 16) | xor_key.check().hash : header.size();
  out.document.replace(0, 2, Little(0xA5EC, 2));
  out.document.replace(10, 2, Little(flags, 2));
  out.document.replace(14, 4, Little(number, 4));
  const auto apply = [&](std::string& stream, std::size_t from) {
    const std::span<std::byte> data = Writable(stream).subspan(from);
    if (is_xor) {
      xor_key.Decrypt(from, data);  // both ways
    } else {
      const Rc4Key key = KeyFor(header, password);
      Rc4Stream(key, 512).Apply(from, data);
    }
  };
  apply(out.document, WordKey::kPlainBytes);
  apply(out.table, 0);
  apply(out.data, 0);
  // The header takes the place of the table's first bytes, which tests leave unused.
  out.table.replace(0, header.size(), header);
  return out;
}

PresentationStreams EncryptPresentation(const std::string& first, const std::string& second,
                                        const std::string& picture, std::string_view password) {
  const std::string header = Rc4Header(Lock::kCryptoApi128, password);
  const Rc4Key key = KeyFor(header, password);
  const auto record = [](std::uint64_t type, const std::string& data) {
    return Little(type == 0x2F14 ? 0x000F : 0, 2) + Little(type, 2) + Little(data.size(), 4) + data;
  };
  PresentationStreams out;
  std::vector<std::size_t> offsets;
  std::uint32_t number = 0;
  for (const std::string& object : {first, second}) {
    std::string bytes = object;
    key.ForBlock(++number).Apply(Writable(bytes));
    offsets.push_back(out.document.size());
    out.document += bytes;
  }
  offsets.push_back(out.document.size());
  out.document += record(0x2F14, header);
  const std::size_t list = out.document.size();
  std::string entries = Little(1 | (offsets.size() << 20), 4);
  for (const std::size_t offset : offsets) {
    entries += Little(offset, 4);
  }
  out.document += record(0x1772, entries);
  const std::size_t edit = out.document.size();
  out.document +=
      record(0x0FF5, Little(0, 4) + Little(0x03000000, 4) + Little(0, 4) + Little(list, 4) +
                         Little(1, 4) + Little(3, 4) + Little(0, 4) + Little(3, 4));
  const std::string name = "someone";
  const std::string atom = Little(0x14, 4) + Little(0xF3D1C4DF, 4) + Little(edit, 4) +
                           Little(name.size(), 2) + Little(0x03F4, 2) + Little(3, 2) + Little(0, 2);
  out.user = Little(0, 2) + Little(0x0FF6, 2) + Little(atom.size() + name.size() + 4, 4) + atom +
             name + Little(8, 4);
  std::string hash(16, 'h');
  std::vector<std::string> pieces = {
      Little(0x6E00, 2) + Little(0xF01E, 2) + Little(17 + picture.size(), 4), hash, "\xFF",
      picture};
  for (std::string& piece : pieces) {
    key.ForBlock(0).Apply(Writable(piece));
    out.pictures += piece;
  }
  return out;
}

}  // namespace day::unpack::officecrypt
