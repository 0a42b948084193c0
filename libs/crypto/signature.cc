#include "libs/crypto/signature.h"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <algorithm>
#include <cstring>
#include <utility>

namespace day::crypto {
namespace {

using base::ErrorKind;
using base::MakeError;

constexpr int kRsaBitsMin = 2048;
constexpr int kRsaBitsMax = 8192;
constexpr int kRsaExponentBitsMax = 33;
constexpr unsigned kRsaBitsGenerated = 3072;
constexpr std::size_t kEd25519SizeBytes = 32;
constexpr std::size_t kPemSizeMaxBytes = 64 * 1024;
// The cost of scrypt for key files: 2^14 * 8 * 128 bytes = 16 MiB; libcrypto stops below 32 MiB.
constexpr std::uint64_t kScryptN = 16384;
constexpr std::uint64_t kScryptR = 8;
constexpr std::uint64_t kScryptP = 1;

struct BioDelete {
  void operator()(BIO* bio) const { BIO_free_all(bio); }
};
using Bio = std::unique_ptr<BIO, BioDelete>;

struct ContextDelete {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_MD_CTX, ContextDelete>;

using Key = std::shared_ptr<EVP_PKEY>;

Key Own(EVP_PKEY* key) { return {key, EVP_PKEY_free}; }

const unsigned char* Data(base::Bytes bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

// libcrypto queues errors a thread; what failed here is told by our own Error.
base::Error Failed(ErrorKind kind, std::string message) {
  ERR_clear_error();
  return MakeError(kind, std::move(message));
}

Bio ReadBio(std::string_view text) {
  return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

std::string Contents(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return size > 0 ? std::string(data, static_cast<std::size_t>(size)) : std::string();
}

base::Status CheckRsa(const EVP_PKEY* key) {
  const int bits = EVP_PKEY_get_bits(key);
  if (bits < kRsaBitsMin || bits > kRsaBitsMax) {
    return MakeError(ErrorKind::kLimit, "an RSA key must have 2048 to 8192 bits");
  }
  BIGNUM* exponent = nullptr;
  if (EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &exponent) != 1) {
    return Failed(ErrorKind::kMalformed, "an RSA key without an exponent");
  }
  const int exponent_bits = BN_num_bits(exponent);
  BN_free(exponent);
  if (exponent_bits > kRsaExponentBitsMax) {
    return MakeError(ErrorKind::kLimit, "an RSA key with a huge exponent");
  }
  return base::OkStatus();
}

base::Result<KeyType> TypeOf(const EVP_PKEY* key) {
  switch (EVP_PKEY_get_base_id(key)) {
    case EVP_PKEY_ED25519:
      return KeyType::kEd25519;
    case EVP_PKEY_RSA:
      DAY_TRY(CheckRsa(key));
      return KeyType::kRsaPss;
    case EVP_PKEY_EC: {
      char name[64] = {};
      std::size_t size = 0;
      if (EVP_PKEY_get_group_name(key, name, sizeof(name), &size) == 1 &&
          std::strcmp(name, "prime256v1") == 0) {
        return KeyType::kEcdsaP256;
      }
      return Failed(ErrorKind::kUnsupported, "an elliptic curve other than P-256");
    }
    default:
      return MakeError(ErrorKind::kUnsupported, "a key that is neither Ed25519, P-256 nor RSA");
  }
}

// Sets up padding where the scheme has one.
bool SetScheme(KeyType type, EVP_PKEY_CTX* context, int salt_size) {
  if (type != KeyType::kRsaPss) {
    return true;
  }
  return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1 &&
         EVP_PKEY_CTX_set_rsa_pss_saltlen(context, salt_size) == 1;
}

const EVP_MD* MessageDigest(KeyType type) {
  return type == KeyType::kEd25519 ? nullptr : EVP_sha256();
}

// libcrypto asks for the passphrase through this; it must never prompt.
int GivePassphrase(char* out, int size, int /*writing*/, void* user) {
  const auto* passphrase = static_cast<const std::string_view*>(user);
  if (passphrase->size() > static_cast<std::size_t>(size)) {
    return -1;
  }
  std::memcpy(out, passphrase->data(), passphrase->size());
  return static_cast<int>(passphrase->size());
}

}  // namespace

base::Result<PublicKey> PublicKey::Wrap(Key key) {
  DAY_TRY_ASSIGN(const KeyType type, TypeOf(key.get()));
  unsigned char* der = nullptr;
  const int size = i2d_PUBKEY(key.get(), &der);
  if (size <= 0) {
    return Failed(ErrorKind::kMalformed, "a public key that cannot be encoded");
  }
  PublicKey out;
  out.der_.assign(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size));
  OPENSSL_free(der);
  out.key_ = std::move(key);
  out.type_ = type;
  return out;
}

base::Result<PublicKey> PublicKey::FromEd25519(base::Bytes raw) {
  if (raw.size() != kEd25519SizeBytes) {
    return MakeError(ErrorKind::kMalformed, "an Ed25519 public key has 32 bytes");
  }
  Key key = Own(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, Data(raw), raw.size()));
  if (key == nullptr) {
    return Failed(ErrorKind::kMalformed, "not an Ed25519 public key");
  }
  return Wrap(std::move(key));
}

base::Result<PublicKey> PublicKey::FromPem(std::string_view pem) {
  if (pem.size() > kPemSizeMaxBytes) {
    return MakeError(ErrorKind::kLimit, "a PEM key of more than 64 KiB");
  }
  std::string_view no_passphrase;
  Key key = Own(PEM_read_bio_PUBKEY(ReadBio(pem).get(), nullptr, GivePassphrase, &no_passphrase));
  if (key == nullptr) {
    return Failed(ErrorKind::kMalformed, "not a public key in PEM");
  }
  return Wrap(std::move(key));
}

base::Result<PublicKey> PublicKey::FromDer(base::Bytes der) {
  if (der.size() > kPemSizeMaxBytes) {
    return MakeError(ErrorKind::kLimit, "a key of more than 64 KiB");
  }
  const unsigned char* cursor = Data(der);
  Key key = Own(d2i_PUBKEY(nullptr, &cursor, static_cast<long>(der.size())));
  if (key == nullptr || cursor != Data(der) + der.size()) {
    return Failed(ErrorKind::kMalformed, "not a public key in DER");
  }
  return Wrap(std::move(key));
}

std::string PublicKey::ToPem() const {
  const Bio bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_PUBKEY(bio.get(), key_.get());
  return Contents(bio.get());
}

std::string PublicKey::Ed25519Raw() const {
  std::string raw(kEd25519SizeBytes, '\0');
  std::size_t size = raw.size();
  EVP_PKEY_get_raw_public_key(key_.get(), reinterpret_cast<unsigned char*>(raw.data()), &size);
  return raw;
}

bool PublicKey::Verify(base::Bytes message, base::Bytes signature) const {
  const Context context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* scheme = nullptr;
  const bool valid = context != nullptr &&
                     EVP_DigestVerifyInit(context.get(), &scheme, MessageDigest(type_), nullptr,
                                          key_.get()) == 1 &&
                     SetScheme(type_, scheme, RSA_PSS_SALTLEN_AUTO) &&
                     EVP_DigestVerify(context.get(), Data(signature), signature.size(),
                                      Data(message), message.size()) == 1;
  ERR_clear_error();
  return valid;
}

base::Result<std::string> EcdsaP256SignatureFromRaw(base::Bytes raw) {
  constexpr int kNumberBytes = 32;
  if (raw.size() != 2 * kNumberBytes) {
    return MakeError(ErrorKind::kMalformed, "an ECDSA signature with P-256 has 64 bytes");
  }
  ECDSA_SIG* signature = ECDSA_SIG_new();
  BIGNUM* r = BN_bin2bn(Data(raw), kNumberBytes, nullptr);
  BIGNUM* s = BN_bin2bn(Data(raw) + kNumberBytes, kNumberBytes, nullptr);
  unsigned char* der = nullptr;
  int size = 0;
  if (signature != nullptr && ECDSA_SIG_set0(signature, r, s) == 1) {
    size = i2d_ECDSA_SIG(signature, &der);
  } else {
    BN_free(r);
    BN_free(s);
  }
  ECDSA_SIG_free(signature);
  if (size <= 0) {
    return Failed(ErrorKind::kMalformed, "not an ECDSA signature");
  }
  std::string out(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size));
  OPENSSL_free(der);
  return out;
}

base::Result<PrivateKey> PrivateKey::Wrap(Key key) {
  PrivateKey out;
  DAY_TRY_ASSIGN(out.public_key_, PublicKey::Wrap(key));
  // The public half must not hold the secret: make it anew from its encoding.
  DAY_TRY_ASSIGN(out.public_key_, PublicKey::FromDer(base::AsBytes(out.public_key_.der())));
  out.key_ = std::move(key);
  return out;
}

base::Result<PrivateKey> PrivateKey::Generate(KeyType type) {
  EVP_PKEY* key = nullptr;
  switch (type) {
    case KeyType::kEd25519:
      key = EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519");
      break;
    case KeyType::kEcdsaP256:
      key = EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256");
      break;
    case KeyType::kRsaPss:
      key = EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", std::size_t{kRsaBitsGenerated});
      break;
  }
  if (key == nullptr) {
    return Failed(ErrorKind::kInternal, "libcrypto cannot make a key");
  }
  return Wrap(Own(key));
}

base::Result<PrivateKey> PrivateKey::FromEd25519Seed(base::Bytes seed) {
  if (seed.size() != kEd25519SizeBytes) {
    return MakeError(ErrorKind::kMalformed, "an Ed25519 seed has 32 bytes");
  }
  Key key = Own(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, Data(seed), seed.size()));
  if (key == nullptr) {
    return Failed(ErrorKind::kMalformed, "not an Ed25519 seed");
  }
  return Wrap(std::move(key));
}

base::Result<PrivateKey> PrivateKey::FromPem(std::string_view pem, std::string_view passphrase) {
  if (pem.size() > kPemSizeMaxBytes) {
    return MakeError(ErrorKind::kLimit, "a PEM key of more than 64 KiB");
  }
  if (passphrase.empty() && pem.find("ENCRYPTED") != std::string_view::npos) {
    return MakeError(ErrorKind::kPermission, "the key is encrypted and needs its passphrase");
  }
  Key key = Own(PEM_read_bio_PrivateKey(ReadBio(pem).get(), nullptr, GivePassphrase, &passphrase));
  if (key == nullptr) {
    return Failed(ErrorKind::kMalformed, "not a private key in PEM, or a wrong passphrase");
  }
  return Wrap(std::move(key));
}

SecretBytes PrivateKey::RevealEd25519Seed() const {
  SecretBytes seed(kEd25519SizeBytes);
  std::size_t size = seed.size();
  EVP_PKEY_get_raw_private_key(key_.get(), reinterpret_cast<unsigned char*>(seed.Writable().data()),
                               &size);
  return seed;
}

base::Result<std::string> PrivateKey::ToPem(std::string_view passphrase) const {
  const Bio bio(BIO_new(BIO_s_secmem()));
  if (passphrase.empty()) {
    if (PEM_write_bio_PKCS8PrivateKey(bio.get(), key_.get(), nullptr, nullptr, 0, nullptr,
                                      nullptr) != 1) {
      return Failed(ErrorKind::kInternal, "libcrypto cannot write a key");
    }
    return Contents(bio.get());
  }
  PKCS8_PRIV_KEY_INFO* plain = EVP_PKEY2PKCS8(key_.get());
  X509_ALGOR* algorithm =
      PKCS5_pbe2_set_scrypt(EVP_aes_256_cbc(), nullptr, 0, nullptr, kScryptN, kScryptR, kScryptP);
  X509_SIG* sealed = nullptr;
  if (plain != nullptr && algorithm != nullptr) {
    sealed =
        PKCS8_set0_pbe(passphrase.data(), static_cast<int>(passphrase.size()), plain, algorithm);
  }
  if (sealed == nullptr) {
    X509_ALGOR_free(algorithm);
  }
  const bool written = sealed != nullptr && PEM_write_bio_PKCS8(bio.get(), sealed) == 1;
  X509_SIG_free(sealed);
  PKCS8_PRIV_KEY_INFO_free(plain);
  if (!written) {
    return Failed(ErrorKind::kInternal, "libcrypto cannot encrypt a key");
  }
  return Contents(bio.get());
}

base::Result<std::string> PrivateKey::Sign(base::Bytes message) const {
  const Context context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* scheme = nullptr;
  const KeyType type = public_key_.type();
  std::size_t size = 0;
  std::string signature;
  if (context == nullptr ||
      EVP_DigestSignInit(context.get(), &scheme, MessageDigest(type), nullptr, key_.get()) != 1 ||
      !SetScheme(type, scheme, RSA_PSS_SALTLEN_DIGEST) ||
      EVP_DigestSign(context.get(), nullptr, &size, Data(message), message.size()) != 1) {
    return Failed(ErrorKind::kInternal, "libcrypto cannot sign");
  }
  signature.resize(size);
  if (EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size,
                     Data(message), message.size()) != 1) {
    return Failed(ErrorKind::kInternal, "libcrypto cannot sign");
  }
  signature.resize(size);
  return signature;
}

}  // namespace day::crypto
