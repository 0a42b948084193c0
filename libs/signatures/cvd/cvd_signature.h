// The signatures of ClamAV's containers.
//
// Scheme 1, both halves RSA over texts of 6 bits a character, least significant first:
//   header   the plain number is the MD5 itself: 1024 bits, no padding. ClamAV looks at its low 16
//            bytes only; here the rest has to be zero, as it is when ClamAV signs.
//   info     RSASSA-PSS with SHA-256, a salt of 32 bytes: 2048 bits
// Scheme 2: PKCS #7, detached, in a file beside the container:
//   #clamsign-1.0
//   MINFL:MAXFL:pkcs7-pem:FINGERPRINT:BASE64
// MD5 and unpadded RSA are what ClamAV's mirrors serve; they say where a file comes from no better
// than that. Pure functions over libcrypto.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "libs/base/bytes.h"
#include "libs/base/result.h"
#include "libs/crypto/hash.h"

namespace day::signatures::cvd {

// A public RSA key, both numbers in decimal digits.
struct RsaKey {
  std::string modulus;
  std::string exponent;
};

struct PublicKeys {
  RsaKey header;
  RsaKey info;
};

// Those of ClamAV.
const PublicKeys& OfficialKeys();

// A longer signature text is none.
inline constexpr std::size_t kSignatureTextBytesMax = 1024;

// Any texts may be given.
bool VerifyHeaderSignature(const RsaKey& key, std::string_view md5_digits,
                           std::string_view signature);
bool VerifyInfoSignature(const RsaKey& key, const crypto::Sha256Digest& digest,
                         std::string_view signature);

// Checks `file` against the first line of `sign_text` that is for our functionality level; the
// common names of the signers. Errors: kMalformed (no such signature, a wrong one), kUnsupported
// (another version of the format).
base::Result<std::string> VerifyBeside(base::Bytes file, std::string_view sign_text,
                                       std::span<const std::string> certificates);

}  // namespace day::signatures::cvd
