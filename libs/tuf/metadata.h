// The metadata of The Update Framework, specification 1.0.34
// (https://theupdateframework.github.io), section 4: what the files say, read strictly, and written
// back without loss.
//
//   DAY_TRY_ASSIGN(const Envelope envelope, ParseEnvelope(bytes, limits));
//   DAY_TRY_ASSIGN(const Root root, ParseRoot(envelope.signed_part));
//   DAY_TRY(VerifySignatures(envelope, root.keys, root.roles.root));
//
// Nothing here does input or output. Fields that the specification does not name are kept
// (`unknown`), because signatures cover them: ToJson(Parse(x)) == x.
// Refused: other major versions, roles or keys that are named twice, thresholds below 1, times in
// other forms than YYYY-MM-DDTHH:MM:SSZ, delegated roles with the names of the four top ones.
// A key of an unknown type is kept and verifies nothing.
// Thread safety: values.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libs/base/bytes.h"
#include "libs/base/result.h"
#include "libs/crypto/signature.h"
#include "libs/wire/json.h"

namespace day::tuf {

constexpr std::string_view kSpecVersion = "1.0.34";
constexpr std::size_t kRoleNameMaxBytes = 200;
constexpr std::size_t kKeysMax = 1024;
constexpr std::size_t kDelegationsMax = 4096;
constexpr std::size_t kPathsMax = 100'000;
constexpr std::size_t kSignaturesMax = 1024;

// The four roles that root names. A delegated role is named by its text.
enum class TopRole : std::uint8_t { kRoot, kTimestamp, kSnapshot, kTargets };
std::string_view TopRoleName(TopRole role);
bool IsTopRoleName(std::string_view name);

// Seconds since 1970 UTC.
using Time = std::int64_t;
// "2026-11-22T16:00:00Z". Errors: kMalformed.
base::Result<Time> ParseTime(std::string_view text);
std::string TimeText(Time time);

struct Key {
  std::string type;    // "ed25519", "ecdsa", "rsa", ...
  std::string scheme;  // "ed25519", "ecdsa-sha2-nistp256", "rsassa-pss-sha256", ...
  std::string public_text;
  wire::Json unknown = wire::Json::Object();
  wire::Json unknown_value = wire::Json::Object();  // inside "keyval"
  // The key as it can verify; nothing if type, scheme or text are not known here.
  std::optional<crypto::PublicKey> verifier;
};
using Keys = std::map<std::string, Key, std::less<>>;  // by key identifier

// A key in the form above.
Key MakeKey(const crypto::PublicKey& key);
// SHA-256 of the key's canonical JSON, in hexadecimal: what we name our own keys. Readers do not
// require it (TAP 12).
std::string KeyId(const Key& key);

struct RoleKeys {
  std::vector<std::string> key_ids;  // each once
  std::int64_t threshold = 1;
  wire::Json unknown = wire::Json::Object();
};

// What every signed part begins with.
struct Common {
  std::string spec_version{kSpecVersion};
  std::int64_t version = 1;
  Time expires = 0;
  wire::Json unknown = wire::Json::Object();
};

struct Root {
  Common common;
  bool consistent_snapshot = true;
  bool names_consistent_snapshot = true;  // the field is there
  Keys keys;
  RoleKeys root, timestamp, snapshot, targets;
  // Roles beyond the four ("mirrors"), kept as they are.
  wire::Json other_roles = wire::Json::Object();

  const RoleKeys& role(TopRole which) const;
  RoleKeys& role(TopRole which);
};

using Hashes =
    std::map<std::string, std::string, std::less<>>;  // algorithm, lower-case hexadecimal

// One metadata file as timestamp and snapshot know it.
struct MetaFile {
  std::int64_t version = 1;
  std::optional<std::uint64_t> length;
  Hashes hashes;  // may be empty
  wire::Json unknown = wire::Json::Object();
};

struct Timestamp {
  Common common;
  MetaFile snapshot;
  wire::Json other_meta = wire::Json::Object();
};

struct Snapshot {
  Common common;
  std::map<std::string, MetaFile, std::less<>> meta;  // by file name: "targets.json"
};

struct TargetFile {
  std::uint64_t length = 0;
  Hashes hashes;                              // never empty
  wire::Json unknown = wire::Json::Object();  // with "custom"
};

struct Delegation {
  std::string name;
  RoleKeys keys;
  bool terminating = false;
  // Exactly one of the two.
  std::optional<std::vector<std::string>> paths;
  std::optional<std::vector<std::string>> path_hash_prefixes;

  // Whether the role may speak for this target.
  bool Covers(std::string_view target_path) const;
};

struct Targets {
  Common common;
  std::map<std::string, TargetFile, std::less<>> targets;  // by target path
  bool delegates = false;                                  // "delegations" is there
  Keys keys;
  std::vector<Delegation> delegations;  // in their order
  wire::Json unknown_delegations = wire::Json::Object();
};

struct Signature {
  std::string key_id;
  std::string signature;  // bytes
  wire::Json unknown = wire::Json::Object();
};

// A metadata file: what is signed, and by whom.
struct Envelope {
  wire::Json signed_part = wire::Json::Object();
  std::vector<Signature> signatures;  // each key identifier once
  wire::Json unknown = wire::Json::Object();

  // The bytes that signatures cover.
  std::string Covered() const { return wire::CanonicalJson(signed_part); }
};

// Errors: kMalformed, kLimit (longer than size_max_bytes and others).
base::Result<Envelope> ParseEnvelope(base::Bytes bytes, std::size_t size_max_bytes);
// One line, deterministic.
std::string WriteEnvelope(const Envelope& envelope);

// Errors: kMalformed (also for a wrong "_type"), kUnsupported for other major versions, kLimit.
base::Result<Root> ParseRoot(const wire::Json& json);
base::Result<Timestamp> ParseTimestamp(const wire::Json& json);
base::Result<Snapshot> ParseSnapshot(const wire::Json& json);
base::Result<Targets> ParseTargets(const wire::Json& json);

wire::Json ToJson(const Root& root);
wire::Json ToJson(const Timestamp& timestamp);
wire::Json ToJson(const Snapshot& snapshot);
wire::Json ToJson(const Targets& targets);
wire::Json ToJson(const Key& key);

// How many different keys of the role signed. Keys are told apart by what they are, not by their
// identifiers; signatures that do not verify do not count and do no harm.
std::int64_t CountSigners(const Envelope& envelope, const Keys& keys, const RoleKeys& role);
// Errors: kPermission if fewer than the threshold signed; `what` names the file in the message.
base::Status VerifySignatures(const Envelope& envelope, const Keys& keys, const RoleKeys& role,
                              std::string_view what);

// Whether `bytes` has every hash that we know of (sha256, sha512); at least one must be known.
// Errors: kPermission for a wrong hash, kUnsupported if no algorithm is known.
base::Status CheckHashes(base::Bytes bytes, const Hashes& hashes, std::string_view what);

// Shell patterns over the parts between slashes: '*', '?', '[a-z]', '[!a]'; none matches a slash.
// Takes time proportional to the product of both sizes at most.
bool MatchesPattern(std::string_view pattern, std::string_view path);

}  // namespace day::tuf
