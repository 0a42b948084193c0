// Whether rules about certificates vouch for a signed PE file, or speak against it, as ClamAV's
// .crb files do.
//
//   const TrustOutcome outcome = CheckTrust(layout, rules, seconds_since_1970);
//   // outcome.blocked_by: rules against any certificate that the file carries, used or not
//   // outcome.is_trusted: the signature is right, and so is who made it
//
// A certificate is trusted if a rule names it and allows all that it may be used for, or if one
// that is trusted (a rule's, or another in the file) may sign certificates and signed it; it may
// then be used for no more than that one. The file is trusted if a trusted certificate for signing
// code made its first signature, over the file as it is, within the certificate's time: now, or
// when a trusted certificate for timestamps countersigned it. RFC 3161 timestamps are not counted,
// as in ClamAV. Nothing is looked up anywhere: rules are all there is.
//
// Failure: none; what cannot be read is not trusted. Limits: kTrustCertificatesMax,
// kTrustVerificationsMax. Input is parsed by libcrypto. Thread safety: a free function, safe.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "libs/formats/authenticode/authenticode.h"

namespace day::formats::authenticode {

// Certificates of a file that are looked at, and signatures among them that are computed.
inline constexpr std::size_t kTrustCertificatesMax = 64;
inline constexpr std::size_t kTrustVerificationsMax = 256;

using Sha1Digest = std::array<std::byte, 20>;

// What a certificate may be used for.
struct Uses {
  bool code = false;
  bool time = false;
  bool certificates = false;
};

struct TrustRule {
  std::string name;
  bool is_trusted = false;           // false: blocked
  Sha1Digest subject{};              // of the name's content, without tag and length
  std::optional<Sha1Digest> serial;  // of the number's content; nothing: any
  std::string modulus;               // of the RSA key, big-endian, without zeros in front
  Uses uses;
  std::int64_t not_before = 0;  // certificates that start earlier are not meant
};

struct TrustOutcome {
  bool is_trusted = false;
  std::vector<std::size_t> blocked_by;  // rules, ascending
};

TrustOutcome CheckTrust(const PeLayout& layout, std::span<const TrustRule> rules, std::int64_t now);

}  // namespace day::formats::authenticode
