#include "libs/formats/authenticode/countersignatures.h"

#include <openssl/objects.h>

#include <vector>

#include "libs/formats/authenticode/certificates.h"

namespace day::formats::authenticode {
namespace {

// What the signer's key makes of the signature: for RSA a DigestInfo, or the digest alone.
std::optional<std::string> RecoverDigest(X509* signer, const ASN1_STRING* signature) {
  constexpr std::size_t kRecoveredSizeMax = 65536;
  EVP_PKEY* key = X509_get0_pubkey(signer);
  const OwnedKeyContext context(key != nullptr ? EVP_PKEY_CTX_new(key, nullptr) : nullptr);
  if (context == nullptr || EVP_PKEY_verify_recover_init(context.get()) != 1) {
    return std::nullopt;
  }
  std::vector<unsigned char> recovered(kRecoveredSizeMax);
  std::size_t size = recovered.size();
  if (EVP_PKEY_verify_recover(context.get(), recovered.data(), &size,
                              ASN1_STRING_get0_data(signature),
                              static_cast<std::size_t>(ASN1_STRING_length(signature))) != 1) {
    return std::nullopt;
  }
  return std::string(reinterpret_cast<const char*>(recovered.data()), size);
}

// True if the key signed `digest`.
bool SignsDigest(X509* signer, const ASN1_STRING* signature, const std::string& digest) {
  const std::optional<std::string> recovered = RecoverDigest(signer, signature);
  if (!recovered) {
    return false;
  }
  if (recovered->size() == digest.size()) {
    return *recovered == digest;
  }
  const OwnedDigestInfo info(ParseDer<d2i_X509_SIG>(base::AsBytes(*recovered)));
  if (info == nullptr) {
    return false;
  }
  const ASN1_OCTET_STRING* inner = nullptr;
  X509_SIG_get0(info.get(), nullptr, &inner);
  return base::AsText(BytesOf(inner)).substr(0, digest.size()) == digest;
}

bool VerifyPkcs9(PKCS7_SIGNER_INFO* info, X509* signer, const EVP_MD* method,
                 base::Bytes message_digest, const ASN1_STRING* signed_digest) {
  unsigned char* attributes = nullptr;
  const int size = ASN1_item_i2d(reinterpret_cast<const ASN1_VALUE*>(info->auth_attr), &attributes,
                                 ASN1_ITEM_rptr(PKCS7_ATTR_VERIFY));
  if (size < 0) {
    return false;
  }
  const auto digest =
      DigestOf(method, std::as_bytes(std::span(attributes, static_cast<std::size_t>(size))));
  OPENSSL_free(attributes);
  if (!digest || !SignsDigest(signer, info->enc_digest, *digest)) {
    return false;
  }
  return DigestOf(method, BytesOf(signed_digest)) == base::AsText(message_digest);
}

// A timestamp token, in whichever of its two shapes libcrypto reads.
struct Token {
  OwnedPkcs7 pkcs7;
  OwnedCms cms;
  OwnedCertificates cms_certificates;

  STACK_OF(X509) * certificates() const {
    return pkcs7 != nullptr ? pkcs7->d.sign->cert : cms_certificates.get();
  }
};

Token ParseToken(base::Bytes der) {
  Token token;
  token.pkcs7.reset(ParseDer<d2i_PKCS7>(der));
  if (token.pkcs7 != nullptr) {
    if (!PKCS7_type_is_signed(token.pkcs7.get()) || token.pkcs7->d.sign == nullptr) {
      token.pkcs7.reset();
    }
    return token;
  }
  token.cms.reset(ParseDer<d2i_CMS_ContentInfo>(der));
  if (token.cms != nullptr) {
    token.cms_certificates.reset(CMS_get1_certs(token.cms.get()));
  }
  return token;
}

OwnedTimestamp TimestampOf(const Token& token) {
  if (token.pkcs7 != nullptr) {
    return OwnedTimestamp(PKCS7_to_TS_TST_INFO(token.pkcs7.get()));
  }
  if (token.cms == nullptr ||
      OBJ_obj2nid(CMS_get0_eContentType(token.cms.get())) != NID_id_smime_ct_TSTInfo) {
    return nullptr;
  }
  ASN1_OCTET_STRING** content = CMS_get0_content(token.cms.get());
  return OwnedTimestamp(content != nullptr && *content != nullptr
                            ? ParseDer<d2i_TS_TST_INFO>(BytesOf(*content))
                            : nullptr);
}

// The certificate of the first signer that has one; in PKCS#7 all must.
X509* SignerOf(const Token& token) {
  if (token.pkcs7 != nullptr) {
    const BorrowedCertificates signers(
        PKCS7_get0_signers(token.pkcs7.get(), token.certificates(), 0));
    return sk_X509_value(signers.get(), 0);
  }
  STACK_OF(CMS_SignerInfo)* infos = CMS_get0_SignerInfos(token.cms.get());
  for (int i = 0; i < sk_CMS_SignerInfo_num(infos); ++i) {
    for (int j = 0; j < sk_X509_num(token.certificates()); ++j) {
      X509* candidate = sk_X509_value(token.certificates(), j);
      if (CMS_SignerInfo_cert_cmp(sk_CMS_SignerInfo_value(infos, i), candidate) == 0) {
        return candidate;
      }
    }
  }
  return nullptr;
}

bool VerifyToken(const Token& token, X509* signer) {
  const OwnedBio bio(token.pkcs7 != nullptr ? PKCS7_dataInit(token.pkcs7.get(), nullptr)
                                            : CMS_dataInit(token.cms.get(), nullptr));
  if (bio == nullptr) {
    return false;
  }
  Drain(bio.get());
  if (token.pkcs7 != nullptr) {
    PKCS7_SIGNER_INFO* info =
        sk_PKCS7_SIGNER_INFO_value(PKCS7_get_signer_info(token.pkcs7.get()), 0);
    return info != nullptr &&
           PKCS7_signatureVerify(bio.get(), token.pkcs7.get(), info, signer) == 1;
  }
  // Of a CMS token YARA checks the content's digest only.
  CMS_SignerInfo* info = sk_CMS_SignerInfo_value(CMS_get0_SignerInfos(token.cms.get()), 0);
  return info != nullptr && CMS_SignerInfo_verify_content(info, bio.get()) == 1;
}

}  // namespace

Countersignature ReadPkcs9Countersignature(base::Bytes der, STACK_OF(X509) * certificates,
                                           const ASN1_STRING* signed_digest) {
  Countersignature out;
  const OwnedSignerInfo info(ParseDer<d2i_PKCS7_SIGNER_INFO>(der));
  if (info == nullptr) {
    return out;
  }
  out.digest_alg = AlgorithmName(info->digest_alg->algorithm);
  const ASN1_STRING* time = StringOf(PKCS7_get_signed_attribute(info.get(), NID_pkcs9_signingTime));
  if (time == nullptr) {
    return out;
  }
  out.sign_time = ToUnixTime(time);
  X509* signer = X509_find_by_issuer_and_serial(certificates, info->issuer_and_serial->issuer,
                                                info->issuer_and_serial->serial);
  if (signer == nullptr) {
    return out;
  }
  out.chain = BuildChain(signer, certificates);
  const base::Bytes message_digest =
      BytesOf(PKCS7_get_signed_attribute(info.get(), NID_pkcs9_messageDigest))
          .value_or(base::Bytes());
  const EVP_MD* method = EVP_get_digestbynid(OBJ_obj2nid(info->digest_alg->algorithm));
  if (message_digest.empty() || method == nullptr) {
    return out;
  }
  out.digest = base::ToHex(message_digest);
  out.verified = VerifyPkcs9(info.get(), signer, method, message_digest, signed_digest);
  return out;
}

TimestampToken ReadTimestampToken(base::Bytes der, const ASN1_STRING* signed_digest) {
  TimestampToken out;
  Countersignature& counter = out.countersignature;
  const Token token = ParseToken(der);
  const OwnedTimestamp timestamp = TimestampOf(token);
  const ASN1_TIME* time = timestamp != nullptr ? TS_TST_INFO_get_time(timestamp.get()) : nullptr;
  if (time == nullptr) {
    return out;
  }
  counter.sign_time = ToUnixTime(time);
  X509* signer = SignerOf(token);
  if (signer == nullptr) {
    return out;
  }
  out.certificates = ToCertificates(token.certificates());
  counter.chain = BuildChain(signer, token.certificates());
  TS_MSG_IMPRINT* imprint = TS_TST_INFO_get_msg_imprint(timestamp.get());
  if (imprint == nullptr) {
    return out;
  }
  const ASN1_OBJECT* algorithm = TS_MSG_IMPRINT_get_algo(imprint)->algorithm;
  counter.digest_alg = AlgorithmName(algorithm);
  const base::Bytes digest = BytesOf(TS_MSG_IMPRINT_get_msg(imprint));
  if (digest.empty()) {
    return out;
  }
  counter.digest = base::ToHex(digest);
  const EVP_MD* method = EVP_get_digestbynid(OBJ_obj2nid(algorithm));
  counter.verified = method != nullptr &&
                     DigestOf(method, BytesOf(signed_digest)) == base::AsText(digest) &&
                     TS_TST_INFO_get_version(timestamp.get()) == 1 && VerifyToken(token, signer);
  return out;
}

}  // namespace day::formats::authenticode
