// Authenticode: the signatures of a PE file, as YARA 4.5.8 reports them.
//
//   const PeLayout layout = {.file = file, .checksum_offset = ..., .directory_offset = ...,
//                            .table_offset = directory.virtual_address};
//   for (const Signature& signature : ReadSignatures(layout)) { ... signature.certificates ... }
//
// Reads the PKCS#7 of the first WIN_CERTIFICATE, and the signatures nested in it, outermost first.
// "Verified" means what it means in YARA: the file has the digest that was signed, and the signer's
// key made the signature. It does not mean that anybody trusts the signer: no certificate is
// checked against any root, and nothing is looked up anywhere. A signature that cannot be read is
// left out, as in YARA; so is one that names no signer. docs/formats/authenticode.md lists the
// rules.
//
// Failure: none. Malformed input gives fewer signatures, or fields without a value.
// Limits: see below; all work is linear in the file but for nested signatures, which
// kNestingDepthMax bounds. Input is parsed by libcrypto. Thread safety: free functions, safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "libs/base/bytes.h"

namespace day::formats::authenticode {

inline constexpr std::size_t kAttributeValuesMax =
    16;  // nested or counter signatures in one, YARA's
// Ours. Signtool nests once; YARA goes on for as long as there are bytes.
inline constexpr std::size_t kNestingDepthMax = 16;
inline constexpr std::size_t kSignatureCountMax = 64;
inline constexpr std::size_t kCertificateCountMax = 1024;  // in one set

// Where things are in the file. Offsets are absolute.
struct PeLayout {
  base::Bytes file;
  std::uint64_t checksum_offset = 0;   // the optional header's CheckSum
  std::uint64_t directory_offset = 0;  // the security entry of the data directory, eight bytes
  std::uint64_t table_offset = 0;      // the first WIN_CERTIFICATE
};

struct Certificate {
  std::string thumbprint;  // SHA-1 of the DER, lower-case hexadecimal
  std::string issuer;      // "/C=US/O=..." as OpenSSL prints it on one line, 255 bytes at most
  std::string subject;
  std::int64_t version = 0;  // 1 to 3 in a valid certificate
  std::string algorithm;     // OpenSSL's long name, "sha256WithRSAEncryption", or "undefined"
  std::string algorithm_oid;
  std::optional<std::string> serial;  // "0a:1b:..."; nothing if longer than 20 bytes
  std::int64_t not_before = 0;        // seconds since 1970
  std::int64_t not_after = 0;
};

struct Countersignature {
  bool verified = false;
  std::int64_t sign_time = 0;
  std::optional<std::string> digest_alg;
  std::optional<std::string> digest;  // hexadecimal
  std::vector<Certificate> chain;
};

struct Signature {
  bool verified = false;
  std::optional<std::string> digest_alg;
  std::optional<std::string> digest;       // as signed, hexadecimal
  std::optional<std::string> file_digest;  // as it is
  std::vector<Certificate> certificates;
  // Of the signer; the first of the chain is the signing certificate.
  std::optional<std::string> signer_program_name;
  std::optional<std::string> signer_digest_alg;
  std::optional<std::string> signer_digest;
  std::vector<Certificate> chain;
  bool has_signer = false;  // false: YARA leaves all of signer_info undefined
  std::vector<Countersignature> countersignatures;
};

std::vector<Signature> ReadSignatures(const PeLayout& layout);

}  // namespace day::formats::authenticode
