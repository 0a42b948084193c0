// Signatures over libcrypto: Ed25519 (RFC 8032), ECDSA P-256 with SHA-256 (DER signatures) and
// RSASSA-PSS with SHA-256. One key, one scheme: the type of the key says which.
//
//   DAY_TRY_ASSIGN(const PublicKey key, PublicKey::FromPem(pem));
//   if (key.Verify(message, signature)) ...
//
// Keys may come from strangers: anything but the three types, an RSA modulus outside 2048 to 8192
// bits or an RSA exponent above 2^32 is refused, so that no key makes verification slow.
// Ed25519 and RSA-PSS use libcrypto's randomness only where the scheme has any: Ed25519 signatures
// are deterministic, the other two are not.
// Thread safety: const operations are safe. Copies share the key, which never changes.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "libs/base/bytes.h"
#include "libs/base/result.h"
#include "libs/crypto/secret.h"

struct evp_pkey_st;

namespace day::crypto {

enum class KeyType : std::uint8_t { kEd25519, kEcdsaP256, kRsaPss };

class PublicKey {
 public:
  // 32 bytes as in RFC 8032. Errors: kMalformed.
  static base::Result<PublicKey> FromEd25519(base::Bytes raw);
  // One "PUBLIC KEY" block (SubjectPublicKeyInfo). Errors: kMalformed; kUnsupported for other key
  // types and curves; kLimit for RSA keys outside the sizes above.
  static base::Result<PublicKey> FromPem(std::string_view pem);
  // SubjectPublicKeyInfo in DER. Errors: as FromPem().
  static base::Result<PublicKey> FromDer(base::Bytes der);

  KeyType type() const { return type_; }
  // SubjectPublicKeyInfo in DER: two keys are the same key if and only if these are equal.
  const std::string& der() const { return der_; }
  // The same as PEM, one "PUBLIC KEY" block.
  std::string ToPem() const;
  // The 32 bytes of RFC 8032. REQUIRES: type() is kEd25519.
  std::string Ed25519Raw() const;

  // Whether `signature` is one of this key over `message`. Any bytes may be given.
  bool Verify(base::Bytes message, base::Bytes signature) const;

 private:
  friend class PrivateKey;
  static base::Result<PublicKey> Wrap(std::shared_ptr<evp_pkey_st> key);

  std::shared_ptr<evp_pkey_st> key_;  // shared: libcrypto's keys are immutable once made
  std::string der_;
  KeyType type_ = KeyType::kEd25519;
};

// What signs: a key in memory (PrivateKey), or one that stays where it is, such as in a token
// (libs/pkcs11). Thread safety: as the key says; PrivateKey's const operations are safe.
class Signer {
 public:
  virtual ~Signer() = default;
  virtual const PublicKey& public_key() const = 0;
  // A signature that public_key() verifies. Errors: kInternal; whatever the key's place may do.
  virtual base::Result<std::string> Sign(base::Bytes message) const = 0;

 protected:
  Signer() = default;
  Signer(const Signer&) = default;
  Signer& operator=(const Signer&) = default;
};

// The DER form that PublicKey::Verify() wants of an ECDSA signature with P-256 that is r and s, 32
// bytes each. Errors: kMalformed.
base::Result<std::string> EcdsaP256SignatureFromRaw(base::Bytes raw);

// A key in memory that signs. The secret lives in libcrypto's memory, which wipes it.
class PrivateKey final : public Signer {
 public:
  // A new key (RSA: 3072 bits). Errors: kInternal if libcrypto cannot.
  static base::Result<PrivateKey> Generate(KeyType type);
  // The 32-byte seed of RFC 8032. Errors: kMalformed.
  static base::Result<PrivateKey> FromEd25519Seed(base::Bytes seed);
  // One PKCS #8 block, encrypted or not. Errors: kMalformed (a wrong passphrase looks like this),
  // kPermission if it is encrypted and `passphrase` is empty, kUnsupported, kLimit.
  static base::Result<PrivateKey> FromPem(std::string_view pem, std::string_view passphrase);

  const PublicKey& public_key() const override { return public_key_; }
  // The seed of RFC 8032. REQUIRES: the key's type is kEd25519.
  SecretBytes RevealEd25519Seed() const;
  // PKCS #8 in PEM; with a passphrase encrypted by AES-256-CBC under a key from scrypt.
  // Errors: kInternal.
  base::Result<std::string> ToPem(std::string_view passphrase) const;
  // Errors: kInternal.
  base::Result<std::string> Sign(base::Bytes message) const override;

 private:
  static base::Result<PrivateKey> Wrap(std::shared_ptr<evp_pkey_st> key);

  std::shared_ptr<evp_pkey_st> key_;
  PublicKey public_key_;
};

}  // namespace day::crypto
