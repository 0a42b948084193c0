// What people sign, and exchanging it with a machine that has no network.
//
// A ticket is one thing to be signed by the keys of roles: parts that are DSSE payloads (a release
// and what goes with it, a halt) or TUF metadata. It can leave the workspace as a signing request
// and come back as signatures; both are JSON files (docs/formats/release-workspace.md). What the
// offline side signs it shows first, from the very bytes that are signed.
// Thread safety: values.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "libs/base/result.h"
#include "libs/crypto/signature.h"
#include "libs/tuf/metadata.h"

namespace day::network::release {

enum class PartKind : std::uint8_t { kDsse, kTuf };

struct SigningPart {
  std::string name;  // "release", "decision", "root", ...
  PartKind kind = PartKind::kDsse;
  std::string payload;  // the DSSE payload, or the canonical JSON that TUF signatures cover
  bool operator==(const SigningPart&) const = default;
};

struct PartSignature {
  std::string part;
  std::string key_id;
  std::string signature;  // bytes
  bool operator==(const PartSignature&) const = default;
};

struct SigningRequest {
  std::string ticket;                // "3-1a2b3c4d", "change", "halt-1a2b3c4d"
  std::vector<std::string> summary;  // for people; what counts is in the parts
  std::vector<SigningPart> parts;
  bool operator==(const SigningRequest&) const = default;
};

struct SignatureFile {
  std::string ticket;
  std::vector<PartSignature> signatures;
  bool operator==(const SignatureFile&) const = default;
};

// The bytes that a signature of the part covers.
std::string CoveredBytes(const SigningPart& part);
base::Result<std::vector<PartSignature>> SignParts(const std::vector<SigningPart>& parts,
                                                   const crypto::Signer& key);
// What the bytes say, a line each, read from the bytes themselves.
std::vector<std::string> DescribePart(const SigningPart& part);

std::string WriteSigningRequest(const SigningRequest& request);
base::Result<SigningRequest> ParseSigningRequest(std::string_view text);
std::string WriteSignatureFile(const SignatureFile& file);
base::Result<SignatureFile> ParseSignatureFile(std::string_view text);

}  // namespace day::network::release
