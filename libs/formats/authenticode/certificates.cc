#include "libs/formats/authenticode/certificates.h"

#include <openssl/objects.h>

#include <algorithm>
#include <array>

#include "libs/crypto/hash.h"

namespace day::formats::authenticode {
namespace {

// YARA prints names into 256 bytes, and OpenSSL 3 escapes slashes, which YARA takes back.
std::string OneLine(const X509_NAME* name) {
  constexpr int kLineSizeMax = 256;
  std::array<char, kLineSizeMax> buffer = {};
  X509_NAME_oneline(name, buffer.data(), kLineSizeMax);
  std::string line = buffer.data();
  for (std::size_t at = line.find("\\/"); at != std::string::npos; at = line.find("\\/", at + 1)) {
    line.erase(at, 1);
  }
  return line;
}

// The content octets of the serial's DER, "0a:1b:...".
std::optional<std::string> SerialText(const ASN1_INTEGER* serial) {
  constexpr int kHeaderSizeBytes = 2;
  constexpr int kSizeMax = 22;  // 20 octets at most, by RFC 5280, and the header
  std::array<unsigned char, kSizeMax> der;
  const int size = i2d_ASN1_INTEGER(serial, nullptr);
  if (size < kHeaderSizeBytes || size > kSizeMax) {
    return std::nullopt;
  }
  unsigned char* cursor = der.data();
  i2d_ASN1_INTEGER(serial, &cursor);
  const std::string hex = base::ToHex(
      std::as_bytes(std::span(der))
          .subspan(kHeaderSizeBytes, static_cast<std::size_t>(size - kHeaderSizeBytes)));
  std::string text;
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    text.append(i == 0 ? "" : ":").append(hex, i, 2);
  }
  return text;
}

}  // namespace

Certificate ToCertificate(X509* x509) {
  Certificate out;
  crypto::Sha1Digest thumbprint = {};
  X509_digest(x509, EVP_sha1(), reinterpret_cast<unsigned char*>(thumbprint.data()), nullptr);
  out.thumbprint = crypto::ToHexDigest(thumbprint);
  out.issuer = OneLine(X509_get_issuer_name(x509));
  out.subject = OneLine(X509_get_subject_name(x509));
  // In the certificate versions count from zero.
  out.version = X509_get_version(x509) + 1;
  out.serial = SerialText(X509_get0_serialNumber(x509));
  out.not_before = ToUnixTime(X509_get0_notBefore(x509));
  out.not_after = ToUnixTime(X509_get0_notAfter(x509));
  const ASN1_OBJECT* algorithm = OBJ_nid2obj(X509_get_signature_nid(x509));
  out.algorithm = AlgorithmName(algorithm);
  constexpr int kOidSizeMax = 256;
  std::array<char, kOidSizeMax> oid = {};
  OBJ_obj2txt(oid.data(), kOidSizeMax, algorithm, 1);
  out.algorithm_oid = oid.data();
  return out;
}

std::vector<Certificate> ToCertificates(const STACK_OF(X509) * certificates) {
  std::vector<Certificate> out;
  const int count = std::min(sk_X509_num(certificates), static_cast<int>(kCertificateCountMax));
  for (int i = 0; i < count; ++i) {
    out.push_back(ToCertificate(sk_X509_value(certificates, i)));
  }
  return out;
}

std::vector<Certificate> BuildChain(X509* signer, STACK_OF(X509) * certificates) {
  const OwnedStore store(X509_STORE_new());
  const OwnedStoreContext context(X509_STORE_CTX_new());
  if (signer == nullptr || certificates == nullptr || store == nullptr || context == nullptr ||
      X509_STORE_CTX_init(context.get(), store.get(), signer, certificates) != 1) {
    return {};
  }
  // Fails for want of a trusted root: it is called for the chain it builds on the way.
  X509_verify_cert(context.get());
  return ToCertificates(X509_STORE_CTX_get0_chain(context.get()));
}

}  // namespace day::formats::authenticode
