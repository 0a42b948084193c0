// Documents since 2007 that ask for a password: an OLE file whose stream "EncryptedPackage" is the
// document, a zip, and whose stream "EncryptionInfo" says how. Specification: [MS-OFFCRYPTO] 2.3.4,
// standard encryption (AES of 128 to 256 bits, SHA-1) and agile encryption (AES, CBC, MD5 to
// SHA-512). Other ciphers, and keys for certificates, are kUnknownMethod.
//
//   auto key = PackageKey::Find(info, passwords, budget);     // slow on purpose, paid from budget
//   gap = key->Decrypt(package, out);
//
// Not thread-safe.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "libs/base/budget.h"
#include "libs/base/bytes.h"
#include "libs/base/result.h"
#include "libs/crypto/digester.h"
#include "libs/unpack/inflate/output_buffer.h"
#include "libs/unpack/officecrypt/encryption_header.h"

namespace day::unpack::officecrypt {

// How often agile encryption may hash a password: Office does it 100,000 times, and its
// specification allows ten million. More are kTooManySpins.
inline constexpr std::uint32_t kSpinsMax = 1'000'000;

class PackageKey {
 public:
  // The key that one of the passwords gives. Errors, with the gap as message: those of
  // ReadEncryptionHeader, kPermission (none fits), kLimit (the budget did not allow to try all, or
  // kTooManySpins), kUnsupported.
  static base::Result<PackageKey> Find(base::Bytes info, std::span<const std::string> passwords,
                                       base::Budget& budget);

  // Overwrites `out` with the document, as much of it as there is. Returns "" or the gap.
  std::string Decrypt(base::Bytes package, inflate::OutputBuffer& out) const;

 private:
  PackageKey() = default;

  std::string key_;
  bool is_agile_ = false;
  std::string salt_;                                 // agile: of the segments
  crypto::HashKind hash_ = crypto::HashKind::kSha1;  // agile: of the segments' vectors
};

}  // namespace day::unpack::officecrypt
