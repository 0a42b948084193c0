// The repository side of TUF 1.0.34: changing metadata, having it signed, and the files to serve.
//
//   Repository repository;
//   DAY_TRY(repository.AddKey("root", key.public_key())); ...
//   DAY_TRY(repository.AddTarget("targets", "rules/all", content, custom));
//   DAY_TRY(repository.Prepare(now, Lifetimes{}));   // new versions, not signed yet
//   DAY_TRY(repository.Sign(key)); ...               // or AddSignature() from another machine
//   DAY_TRY_ASSIGN(const auto files, repository.Finish());
//
// Changes collect until Prepare(), which gives every changed role its next version and writes new
// snapshot and timestamp metadata; Finish() refuses as long as any threshold is missing, a new
// root's by the old keys included. Nothing here does input or output. Deterministic: the same
// changes, keys, and time give the same bytes (with Ed25519 keys, whose signatures are). Snapshot
// and timestamp name versions without hashes, so all roles can be signed at the same time by
// different people. Consistent snapshots always. Thread safety: one thread.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "libs/base/bytes.h"
#include "libs/base/result.h"
#include "libs/crypto/signature.h"
#include "libs/tuf/metadata.h"

namespace day::tuf {

// How long new metadata is good for.
struct Lifetimes {
  Time root_seconds = 365 * 86'400;
  Time targets_seconds = 180 * 86'400;
  Time snapshot_seconds = 30 * 86'400;
  Time timestamp_seconds = 30 * 86'400;
};

// One file of the metadata folder: "2.root.json", "timestamp.json", "1.a%2Fb.json".
struct RepositoryFile {
  std::string path;
  std::string bytes;

  bool operator==(const RepositoryFile&) const = default;
};

// What one role still needs.
struct MissingSignatures {
  std::string role;
  std::int64_t have = 0;
  std::int64_t need = 0;
  bool by_old_root = false;  // the old root's keys are meant
};

class MetadataSource;

class Repository {
 public:
  // Empty: no keys, thresholds of 1, nothing published.
  Repository();

  // The newest state of a published repository, its signatures checked from the newest root down.
  // Errors: the source's; kMalformed, kPermission.
  static base::Result<Repository> Load(MetadataSource* published);

  const Root& root() const { return root_; }
  // The role's targets metadata with all changes; nullptr if there is no such role.
  const Targets* targets(std::string_view role) const;
  std::vector<std::string> targets_roles() const;

  // Keys of the four top roles or of a delegated role. A key may be in several roles. Errors:
  // kNotFound for unknown roles and keys, kInvalidUse for thresholds below 1.
  base::Status AddKey(std::string_view role, const crypto::PublicKey& key);
  base::Status RemoveKey(std::string_view role, std::string_view key_id);
  base::Status SetThreshold(std::string_view role, std::int64_t threshold);

  // Adds or replaces a target. `custom` is kept out if it is null. Errors: kNotFound for the role.
  base::Status AddTarget(std::string_view role, std::string_view path, base::Bytes content,
                         const wire::Json& custom);
  base::Status RemoveTarget(std::string_view role, std::string_view path);

  // Lets `delegator` delegate to a new role, which gets its keys by AddKey(). The fields
  // delegation.keys are not used but for the threshold. Errors: kNotFound; kInvalidUse if there is
  // such a role already (one role, one delegator) or if the delegation breaks the format.
  base::Status AddDelegation(std::string_view delegator, const Delegation& delegation);

  // A new version of the role even if nothing changed, before it expires. Errors: kNotFound.
  base::Status Touch(std::string_view role);

  // Makes the new metadata of what changed since the last Finish(). Signatures that were there are
  // forgotten. Errors: kInvalidUse if nothing changed.
  base::Status Prepare(Time now, const Lifetimes& lifetimes);

  // By role, what Prepare() made.
  const std::map<std::string, Envelope, std::less<>>& pending() const { return pending_; }
  // Signs every pending role that lists the key; returns their names. Errors: kInternal.
  base::Result<std::vector<std::string>> Sign(const crypto::Signer& key);
  // A signature made elsewhere over pending().at(role).Covered(). Errors: kNotFound, kPermission if
  // it is no signature of a key that the role lists.
  base::Status AddSignature(std::string_view role, const Signature& signature);
  std::vector<MissingSignatures> Missing() const;

  // The files that are new, in an order in which they may be put in place one by one: the
  // timestamp, which makes the others count, comes last. The pending state becomes the published
  // one. Errors: kPermission while signatures are missing.
  base::Result<std::vector<RepositoryFile>> Finish();

 private:
  struct Authority {
    Keys* keys = nullptr;
    RoleKeys* role = nullptr;
    std::string owner;  // the role whose metadata lists the keys: "root", "targets", ...
  };
  std::optional<Authority> FindAuthority(std::string_view role);
  std::optional<Authority> FindAuthority(std::string_view role) const;
  std::int64_t NextVersion(std::string_view role) const;
  void Put(const std::string& role, wire::Json signed_part);
  // The key of that identifier that may sign the role now, old root keys included.
  const Key* FindSigner(std::string_view role, std::string_view key_id) const;

  Root root_;
  std::optional<Root> published_root_;
  std::map<std::string, Targets, std::less<>> targets_;
  std::map<std::string, std::int64_t, std::less<>> published_;  // versions
  std::set<std::string, std::less<>> changed_;
  std::map<std::string, Envelope, std::less<>> pending_;
};

}  // namespace day::tuf
