#include "libs/formats/authenticode/trust.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <openssl/x509v3.h>

#include <algorithm>

#include "libs/crypto/hash.h"
#include "libs/formats/authenticode/certificates.h"
#include "libs/formats/authenticode/openssl.h"

namespace day::formats::authenticode {
namespace {

constexpr const char* kOidCountersignature = "1.2.840.113549.1.9.6";
constexpr unsigned long kExponent = 65537;

using OwnedNumber = Owned<BIGNUM, BN_free>;
using OwnedKey = Owned<EVP_PKEY, EVP_PKEY_free>;
using OwnedBuilder = Owned<OSSL_PARAM_BLD, OSSL_PARAM_BLD_free>;
using OwnedParams = Owned<OSSL_PARAM, OSSL_PARAM_free>;

// SHA-1 of what stands behind tag and length.
Sha1Digest DigestOfContent(base::Bytes der) {
  const unsigned char* data = reinterpret_cast<const unsigned char*>(der.data());
  const unsigned char* const begin = data;
  long size = 0;
  int tag = 0;
  int tag_class = 0;
  const int flags = ASN1_get_object(&data, &size, &tag, &tag_class, static_cast<long>(der.size()));
  const auto head = static_cast<std::size_t>(data - begin);
  return crypto::Sha1((flags & 0x80) != 0 ? base::Bytes() : der.subspan(head));
}

template <auto kWrite, typename T>
Sha1Digest DigestOf(const T* object) {
  unsigned char* der = nullptr;
  const int size = kWrite(object, &der);
  const Sha1Digest digest = DigestOfContent(base::Bytes(
      reinterpret_cast<const std::byte*>(der), size > 0 ? static_cast<std::size_t>(size) : 0));
  OPENSSL_free(der);
  return digest;
}

// Empty if the key is none of RSA.
std::string ModulusOf(X509* x509) {
  BIGNUM* number = nullptr;
  EVP_PKEY* key = X509_get0_pubkey(x509);
  if (key == nullptr || EVP_PKEY_is_a(key, "RSA") != 1 ||
      EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_N, &number) != 1) {
    return {};
  }
  const OwnedNumber owned(number);
  std::string bytes(static_cast<std::size_t>(BN_num_bytes(number)), '\0');
  BN_bn2bin(number, reinterpret_cast<unsigned char*>(bytes.data()));
  return bytes;
}

// Without extended uses a certificate is good for all of them, as in ClamAV; without extensions at
// all, which is version 1, for none.
Uses UsesOf(X509* x509) {
  if (X509_get0_extensions(x509) == nullptr) {
    return {};
  }
  const std::uint32_t flags = X509_get_extension_flags(x509);
  const std::uint32_t extended = X509_get_extended_key_usage(x509);
  Uses uses;
  uses.code = (extended & XKU_CODE_SIGN) != 0;
  uses.time = (extended & XKU_TIMESTAMP) != 0;
  uses.certificates =
      (flags & EXFLAG_KUSAGE) == 0 ||
      ((flags & EXFLAG_BCONS) != 0 ? (flags & EXFLAG_CA) != 0
                                   : (X509_get_key_usage(x509) & X509v3_KU_KEY_CERT_SIGN) != 0);
  return uses;
}

struct Embedded {
  X509* x509 = nullptr;
  Sha1Digest subject;
  Sha1Digest issuer;
  Sha1Digest serial;
  std::string modulus;
  std::int64_t not_before = 0;
  Uses uses;
  bool is_trusted = false;
};

std::vector<Embedded> ReadEmbedded(const STACK_OF(X509) * certificates) {
  std::vector<Embedded> all;
  for (int i = 0; i < sk_X509_num(certificates) && all.size() < kTrustCertificatesMax; ++i) {
    X509* x509 = sk_X509_value(certificates, i);
    Embedded one;
    one.x509 = x509;
    one.modulus = ModulusOf(x509);
    if (one.modulus.empty()) {
      continue;
    }
    one.subject = DigestOf<i2d_X509_NAME>(X509_get_subject_name(x509));
    one.issuer = DigestOf<i2d_X509_NAME>(X509_get_issuer_name(x509));
    one.serial = DigestOf<i2d_ASN1_INTEGER>(X509_get0_serialNumber(x509));
    one.not_before = ToUnixTime(X509_get0_notBefore(x509));
    one.uses = UsesOf(x509);
    all.push_back(std::move(one));
  }
  return all;
}

bool Names(const TrustRule& rule, const Embedded& one) {
  return rule.subject == one.subject && rule.modulus == one.modulus &&
         (!rule.serial || *rule.serial == one.serial);
}

// Whether `more` allows all of `less`.
bool Covers(const Uses& more, const Uses& less) {
  return (more.code || !less.code) && (more.time || !less.time) &&
         (more.certificates || !less.certificates);
}

OwnedKey KeyOf(const TrustRule& rule) {
  const OwnedBuilder builder(OSSL_PARAM_BLD_new());
  const OwnedNumber modulus(BN_bin2bn(reinterpret_cast<const unsigned char*>(rule.modulus.data()),
                                      static_cast<int>(rule.modulus.size()), nullptr));
  const OwnedNumber exponent(BN_new());
  if (builder == nullptr || modulus == nullptr || exponent == nullptr ||
      BN_set_word(exponent.get(), kExponent) != 1 ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, modulus.get()) != 1 ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, exponent.get()) != 1) {
    return nullptr;
  }
  const OwnedParams params(OSSL_PARAM_BLD_to_param(builder.get()));
  const OwnedKeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, "RSA", nullptr));
  EVP_PKEY* key = nullptr;
  if (params == nullptr || context == nullptr || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, params.get()) != 1) {
    return nullptr;
  }
  return OwnedKey(key);
}

// Trusts what rules name, and then what those signed.
class Chains {
 public:
  Chains(std::span<const TrustRule> rules, std::vector<Embedded>& all) : rules_(rules), all_(all) {}

  void Trust() {
    for (Embedded& one : all_) {
      one.is_trusted = std::any_of(rules_.begin(), rules_.end(), [&](const TrustRule& rule) {
        return rule.is_trusted && Names(rule, one) && one.not_before >= rule.not_before &&
               Covers(rule.uses, one.uses);
      });
    }
    for (bool is_new = true; is_new;) {
      is_new = false;
      for (Embedded& one : all_) {
        const auto parent = one.is_trusted ? std::nullopt : ParentOf(one);
        if (parent) {
          one.is_trusted = is_new = true;
          one.uses.code = one.uses.code && parent->code;
          one.uses.time = one.uses.time && parent->time;
        }
      }
    }
  }

 private:
  // What the trusted one that signed this may be used for: of several, one that allows all that
  // this may, else any.
  std::optional<Uses> ParentOf(const Embedded& one) {
    std::optional<Uses> found;
    const auto is_done = [&] {
      return found && (found->code || !one.uses.code) && (found->time || !one.uses.time);
    };
    for (std::size_t i = 0; i < rules_.size() && !is_done(); ++i) {
      const TrustRule& rule = rules_[i];
      if (rule.is_trusted && rule.uses.certificates && rule.subject == one.issuer) {
        const OwnedKey key = KeyOf(rule);
        found = Verifies(one, key.get()) ? std::optional(rule.uses) : found;
      }
    }
    for (std::size_t i = 0; i < all_.size() && !is_done(); ++i) {
      const Embedded& other = all_[i];
      if (other.is_trusted && other.uses.certificates && other.subject == one.issuer) {
        found = Verifies(one, X509_get0_pubkey(other.x509)) ? std::optional(other.uses) : found;
      }
    }
    return found;
  }

  bool Verifies(const Embedded& one, EVP_PKEY* key) {
    return key != nullptr && verifications_++ < kTrustVerificationsMax &&
           X509_verify(one.x509, key) == 1;
  }

  std::span<const TrustRule> rules_;
  std::vector<Embedded>& all_;
  std::size_t verifications_ = 0;
};

const Embedded* Find(const std::vector<Embedded>& all, const std::string& thumbprint) {
  const auto found = std::find_if(all.begin(), all.end(), [&](const Embedded& one) {
    return one.is_trusted && ToCertificate(one.x509).thumbprint == thumbprint;
  });
  return found == all.end() ? nullptr : &*found;
}

// An old countersignature has to be right and trusted if there is one; else it is the time of now.
bool IsInTime(const Signature& signature, bool has_countersignature,
              const std::vector<Embedded>& all, std::int64_t now) {
  const Certificate& signer = signature.chain.front();
  const auto is_valid = [&](std::int64_t time) {
    return time >= signer.not_before && time <= signer.not_after;
  };
  if (!has_countersignature) {
    return is_valid(now);
  }
  return std::any_of(signature.countersignatures.begin(), signature.countersignatures.end(),
                     [&](const Countersignature& one) {
                       const Embedded* clock =
                           one.chain.empty() ? nullptr : Find(all, one.chain.front().thumbprint);
                       return one.verified && clock != nullptr && clock->uses.time &&
                              is_valid(one.sign_time);
                     });
}

// WIN_CERTIFICATE: length, revision 2.0, PKCS #7.
base::Bytes TableContent(const PeLayout& layout) {
  constexpr std::uint64_t kHeaderBytes = 8;
  const auto kind = base::ReadAt<std::uint32_t>(layout.file, layout.table_offset + 4);
  return kind == 0x00020200u ? base::ClippedSlice(layout.file, layout.table_offset + kHeaderBytes,
                                                  layout.file.size())
                             : base::Bytes();
}

TrustOutcome Check(const PeLayout& layout, std::span<const TrustRule> rules, std::int64_t now) {
  TrustOutcome outcome;
  const OwnedPkcs7 pkcs7(ParseDer<d2i_PKCS7>(TableContent(layout)));
  if (pkcs7 == nullptr || !PKCS7_type_is_signed(pkcs7.get()) || pkcs7->d.sign == nullptr ||
      pkcs7->d.sign->cert == nullptr) {
    return outcome;
  }
  std::vector<Embedded> all = ReadEmbedded(pkcs7->d.sign->cert);
  for (std::size_t i = 0; i < rules.size(); ++i) {
    if (!rules[i].is_trusted && std::any_of(all.begin(), all.end(), [&](const Embedded& one) {
          return Names(rules[i], one);
        })) {
      outcome.blocked_by.push_back(i);
    }
  }
  Chains(rules, all).Trust();
  const PKCS7_SIGNER_INFO* info = sk_PKCS7_SIGNER_INFO_value(PKCS7_get_signer_info(pkcs7.get()), 0);
  if (info == nullptr || std::none_of(all.begin(), all.end(), [](const Embedded& one) {
        return one.is_trusted && one.uses.code;
      })) {
    return outcome;
  }
  const std::vector<Signature> signatures = ReadSignatures(layout);
  if (signatures.empty() || !signatures[0].verified || signatures[0].chain.empty()) {
    return outcome;
  }
  const Embedded* signer = Find(all, signatures[0].chain.front().thumbprint);
  outcome.is_trusted =
      signer != nullptr && signer->uses.code &&
      IsInTime(signatures[0], FindAttribute(info->unauth_attr, kOidCountersignature) != nullptr,
               all, now);
  return outcome;
}

}  // namespace

TrustOutcome CheckTrust(const PeLayout& layout, std::span<const TrustRule> rules,
                        std::int64_t now) {
  TrustOutcome outcome = rules.empty() ? TrustOutcome() : Check(layout, rules, now);
  ERR_clear_error();
  return outcome;
}

}  // namespace day::formats::authenticode
