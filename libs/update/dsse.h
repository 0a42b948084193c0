// DSSE envelopes (protocol 1.0.2): a payload, what sort of thing it is, and signatures over both.
//
//   const std::string covered = PreAuthEncoding(type, payload);       // what signatures cover
//   DAY_TRY_ASSIGN(const DsseEnvelope envelope, ParseDsse(entry));
//   ... CountSigners(envelope, keys, role) >= role.threshold
//
// Only verified bytes are used: the payload is decoded once, verified, and then read. Keys are told
// apart by what they are; `keyid` is only a hint which to try. Envelopes that we write are
// canonical JSON with standard base64 and signatures sorted by keyid: same content, same bytes.
// Thread safety: values.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "libs/base/bytes.h"
#include "libs/base/result.h"
#include "libs/crypto/signature.h"
#include "libs/tuf/metadata.h"

namespace day::update {

constexpr std::string_view kInTotoType = "application/vnd.in-toto+json";
// An entry of the log holds at most 65,535 bytes.
constexpr std::size_t kEntryMaxBytes = 65'535;
constexpr std::size_t kDsseSignaturesMax = 64;

struct DsseSignature {
  std::string key_id;
  std::string signature;  // bytes
};

struct DsseEnvelope {
  std::string payload_type;
  std::string payload;  // bytes
  std::vector<DsseSignature> signatures;
};

// "DSSEv1 <size> <type> <size> <payload>".
std::string PreAuthEncoding(std::string_view payload_type, std::string_view payload);

// Takes standard and URL-safe base64 and ignores fields that it does not know, as the protocol
// asks. Errors: kMalformed, kLimit.
base::Result<DsseEnvelope> ParseDsse(base::Bytes bytes);
std::string WriteDsse(const DsseEnvelope& envelope);

// Adds or replaces the signature of a key. Errors: kInternal.
base::Status SignDsse(const crypto::Signer& key, DsseEnvelope* envelope);
// How many different keys of the role signed. Signatures that do not verify do no harm.
std::int64_t CountSigners(const DsseEnvelope& envelope, const tuf::Keys& keys,
                          const tuf::RoleKeys& role);

}  // namespace day::update
