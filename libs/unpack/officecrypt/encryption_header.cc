#include "libs/unpack/officecrypt/encryption_header.h"

#include <string>

namespace day::unpack::officecrypt {
namespace {

constexpr std::uint32_t kAlgorithmRc4 = 0x6801;
constexpr std::uint32_t kAlgorithmAes128 = 0x660E;
constexpr std::uint32_t kAlgorithmAes192 = 0x660F;
constexpr std::uint32_t kAlgorithmAes256 = 0x6610;
constexpr std::uint32_t kHashSha1 = 0x8004;
constexpr std::size_t kSaltBytes = 16;
constexpr std::size_t kRc4HashBytes = 16;
constexpr std::size_t kSha1Bytes = 20;
constexpr std::size_t kAesHashBytes = 32;  // SHA-1 in whole blocks
constexpr std::size_t kHeaderBytesMin = 32;

base::Result<EncryptionHeader> ReadCryptoApi(base::ByteReader reader) {
  using Method = EncryptionHeader::Method;
  reader.U32();  // flags, which stand in the header again
  const std::uint32_t header_bytes = reader.U32();
  base::ByteReader fields(reader.Take(header_bytes));
  fields.Skip(8);
  const std::uint32_t algorithm = fields.U32();
  const std::uint32_t hash = fields.U32();
  std::uint32_t key_bits = fields.U32();
  if (!reader.ok() || header_bytes < kHeaderBytesMin) {
    return GapError(base::ErrorKind::kMalformed, kDamagedHeader);
  }
  EncryptionHeader header;
  const bool is_rc4 = algorithm == kAlgorithmRc4 || algorithm == 0;
  const bool is_aes = algorithm == kAlgorithmAes128 || algorithm == kAlgorithmAes192 ||
                      algorithm == kAlgorithmAes256;
  if ((!is_rc4 && !is_aes) || (hash != kHashSha1 && hash != 0)) {
    return GapError(base::ErrorKind::kUnsupported, kUnknownMethod);
  }
  header.method = is_rc4 ? Method::kRc4CryptoApi : Method::kAes;
  if (is_aes) {
    key_bits = algorithm == kAlgorithmAes128 ? 128 : algorithm == kAlgorithmAes192 ? 192 : 256;
  } else if (key_bits == 0) {
    key_bits = 40;
  }
  if (key_bits % 8 != 0 || key_bits < 40 || (is_rc4 && key_bits > 128)) {
    return GapError(base::ErrorKind::kMalformed, kDamagedHeader);
  }
  header.key_bytes = key_bits / 8;
  const std::uint32_t salt_bytes = reader.U32();
  header.salt = reader.Take(kSaltBytes);
  header.verifier = reader.Take(kSaltBytes);
  reader.U32();  // bytes of the hash: 20
  header.verifier_hash = reader.Take(is_rc4 ? kSha1Bytes : kAesHashBytes);
  if (!reader.ok() || salt_bytes != kSaltBytes) {
    return GapError(base::ErrorKind::kMalformed, kDamagedHeader);
  }
  return header;
}

}  // namespace

std::string LittleEndian32(std::uint32_t value) {
  std::string text;
  for (unsigned i = 0; i < 4; ++i) {
    text += static_cast<char>(value >> (8 * i) & 0xFF);
  }
  return text;
}

base::Error GapError(base::ErrorKind kind, std::string_view gap) {
  return base::MakeError(kind, std::string(gap));
}

base::Result<EncryptionHeader> ReadEncryptionHeader(base::Bytes bytes) {
  base::ByteReader reader(bytes);
  const unsigned major = reader.U16();
  const unsigned minor = reader.U16();
  EncryptionHeader header;
  if (major == 1 && minor == 1) {
    header.salt = reader.Take(kSaltBytes);
    header.verifier = reader.Take(kSaltBytes);
    header.verifier_hash = reader.Take(kRc4HashBytes);
  } else if (major == 4 && minor == 4) {
    header.method = EncryptionHeader::Method::kAgile;
    reader.U32();  // reserved
    header.rest = reader.Take(reader.remaining());
  } else if (major >= 2 && major <= 4 && minor == 2) {
    return ReadCryptoApi(reader);
  } else if (reader.ok()) {
    return GapError(base::ErrorKind::kUnsupported, kUnknownMethod);
  }
  if (!reader.ok()) {
    return GapError(base::ErrorKind::kMalformed, kDamagedHeader);
  }
  return header;
}

}  // namespace day::unpack::officecrypt
