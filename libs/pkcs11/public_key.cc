#include "libs/pkcs11/public_key.h"

#include <p11-kit/pkcs11.h>

namespace day::pkcs11 {
namespace {

using base::ErrorKind;
using base::MakeError;

// DER: 1.3.101.112, the identifier of before RFC 8410 (1.3.6.1.4.1.11591.15.1), the text
// "edwards25519", and 1.2.840.10045.3.1.7.
constexpr std::string_view kEd25519Id("\x06\x03\x2b\x65\x70", 5);
constexpr std::string_view kEd25519OldId("\x06\x09\x2b\x06\x01\x04\x01\xda\x47\x0f\x01", 11);
constexpr std::string_view kEd25519Text(
    "\x13\x0c"
    "edwards25519",
    14);
constexpr std::string_view kP256Id("\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07", 10);
// SubjectPublicKeyInfo (RFC 5480) up to the point of 65 bytes.
constexpr std::string_view kP256Header(
    "\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07"
    "\x03\x42\x00",
    26);
constexpr std::size_t kEd25519PointBytes = 32;
constexpr std::size_t kP256PointBytes = 65;

// The point without its OCTET STRING, if it has one: that is seen by its length.
std::string_view Bare(std::string_view point, std::size_t size) {
  const bool wrapped = point.size() == size + 2 && point[0] == '\x04' &&
                       static_cast<unsigned char>(point[1]) == size;
  return wrapped ? point.substr(2) : point;
}

}  // namespace

base::Result<crypto::PublicKey> ReadPublicKey(Number key_type, std::string_view params,
                                              std::string_view point) {
  if (params == kEd25519Id || params == kEd25519OldId || params == kEd25519Text) {
    // The size decides, whatever the key's type is called: some modules say CKK_EC.
    return crypto::PublicKey::FromEd25519(base::AsBytes(Bare(point, kEd25519PointBytes)));
  }
  if (key_type != CKK_EC || params != kP256Id) {
    return MakeError(ErrorKind::kUnsupported,
                     "the key is neither Ed25519 nor ECDSA with P-256, which are what releases can "
                     "be signed with");
  }
  const std::string_view bare = Bare(point, kP256PointBytes);
  if (bare.size() != kP256PointBytes || bare[0] != '\x04') {
    return MakeError(ErrorKind::kUnsupported, "a P-256 point that is not 65 bytes, uncompressed");
  }
  std::string der(kP256Header);
  der += bare;
  return crypto::PublicKey::FromDer(base::AsBytes(der));
}

std::string EcParameters(crypto::KeyType type) {
  return std::string(type == crypto::KeyType::kEd25519 ? kEd25519Id : kP256Id);
}

}  // namespace day::pkcs11
