#include "libs/tuf/client.h"

#include <fmt/core.h>

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "libs/crypto/hash.h"
#include "libs/wire/percent.h"

namespace day::tuf {
namespace {

using base::ErrorKind;
using base::MakeError;

constexpr std::size_t kFileNameMaxBytes = 240;

base::Error Refuse(std::string message) {
  return MakeError(ErrorKind::kPermission, std::move(message));
}

// Whether a key that could sign for the role no longer can: then files that it signed may have been
// an attacker's.
bool LostKey(const RoleKeys& before, const RoleKeys& after) {
  return std::any_of(before.key_ids.begin(), before.key_ids.end(), [&](const std::string& id) {
    return std::find(after.key_ids.begin(), after.key_ids.end(), id) == after.key_ids.end();
  });
}

base::Status CheckAnnounced(base::Bytes bytes, const MetaFile& meta, std::string_view what) {
  if (meta.length && bytes.size() != *meta.length) {
    return Refuse(fmt::format("{}: has another length than announced", what));
  }
  return meta.hashes.empty() ? base::OkStatus() : CheckHashes(bytes, meta.hashes, what);
}

}  // namespace

std::string RoleFileName(std::string_view role) { return wire::PercentEncode(role) + ".json"; }

std::string TargetFileName(std::string_view target_path) {
  std::string name = wire::PercentEncode(target_path);
  const bool special = name.empty() || name == "." || name == "..";
  if (special || name.size() > kFileNameMaxBytes) {
    name = "sha256-" + crypto::Sha256Hex(base::AsBytes(target_path));
  }
  return name;
}

base::Status VerifyTarget(base::Bytes bytes, const TargetInfo& target) {
  if (bytes.size() != target.file.length) {
    return Refuse(fmt::format("{}: has another length than announced", target.path));
  }
  return CheckHashes(bytes, target.file.hashes, target.path);
}

base::Status Client::Init(MetadataStore* store, base::Bytes root, const ClientLimits& limits) {
  DAY_TRY_ASSIGN(const Envelope envelope, ParseEnvelope(root, limits.root_max_bytes));
  DAY_TRY_ASSIGN(const Root parsed, ParseRoot(envelope.signed_part));
  DAY_TRY(VerifySignatures(envelope, parsed.keys, parsed.root, "root"));
  return store->Write(RoleFileName("root"), root);
}

base::Status Client::Refresh() {
  DAY_TRY(LoadRoot());
  DAY_TRY(UpdateRoot());
  DAY_TRY(CheckExpiry(root_->common, "root"));
  DAY_TRY(UpdateTimestamp());
  DAY_TRY(UpdateSnapshot());
  DAY_TRY_ASSIGN(targets_, LoadTargets("targets", {&root_->keys, &root_->targets}));
  return base::OkStatus();
}

base::Status Client::LoadRoot() {
  DAY_TRY_ASSIGN(const std::string bytes,
                 store_->Read(RoleFileName("root"), limits_.root_max_bytes));
  DAY_TRY_ASSIGN(const Envelope envelope,
                 ParseEnvelope(base::AsBytes(bytes), limits_.root_max_bytes));
  DAY_TRY_ASSIGN(Root root, ParseRoot(envelope.signed_part));
  DAY_TRY(VerifySignatures(envelope, root.keys, root.root, "trusted root"));
  root_ = std::move(root);
  return base::OkStatus();
}

base::Status Client::UpdateRoot() {
  for (std::uint32_t count = 0; count < limits_.roots_max; ++count) {
    const std::string path = fmt::format("{}.root.json", root_->common.version + 1);
    const base::Result<std::string> bytes = source_->Fetch(path, limits_.root_max_bytes);
    if (!bytes.ok()) {
      return bytes.error().kind == ErrorKind::kNotFound ? base::OkStatus()
                                                        : base::Status(bytes.error());
    }
    DAY_TRY(AcceptRoot(*bytes));
  }
  return base::OkStatus();
}

// 5.3.4 to 5.3.8, 5.3.11.
base::Status Client::AcceptRoot(const std::string& bytes) {
  DAY_TRY_ASSIGN(const Envelope envelope,
                 ParseEnvelope(base::AsBytes(bytes), limits_.root_max_bytes));
  DAY_TRY_ASSIGN(Root next, ParseRoot(envelope.signed_part));
  DAY_TRY(VerifySignatures(envelope, root_->keys, root_->root, "new root, by the old keys"));
  DAY_TRY(VerifySignatures(envelope, next.keys, next.root, "new root, by its own keys"));
  if (next.common.version != root_->common.version + 1) {
    return Refuse(fmt::format("root: version {} where {} belongs", next.common.version,
                              root_->common.version + 1));
  }
  // Before the new root is stored: a crash in between must not lose the recovery.
  if (LostKey(root_->timestamp, next.timestamp) || LostKey(root_->snapshot, next.snapshot)) {
    DAY_TRY(store_->Erase(RoleFileName("timestamp")));
    DAY_TRY(store_->Erase(RoleFileName("snapshot")));
  }
  DAY_TRY(store_->Write(RoleFileName("root"), base::AsBytes(bytes)));
  root_ = std::move(next);
  return base::OkStatus();
}

base::Status Client::CheckExpiry(const Common& common, std::string_view what) const {
  if (common.expires <= now_) {
    return Refuse(fmt::format("{}: expired on {}", what, TimeText(common.expires)));
  }
  return base::OkStatus();
}

base::Result<Timestamp> Client::ReadTimestamp(const std::string& bytes) const {
  DAY_TRY_ASSIGN(const Envelope envelope,
                 ParseEnvelope(base::AsBytes(bytes), limits_.timestamp_max_bytes));
  DAY_TRY_ASSIGN(Timestamp timestamp, ParseTimestamp(envelope.signed_part));
  DAY_TRY(VerifySignatures(envelope, root_->keys, root_->timestamp, "timestamp"));
  return timestamp;
}

// 5.4.
base::Status Client::UpdateTimestamp() {
  const std::string file = RoleFileName("timestamp");
  std::optional<Timestamp> known;
  if (const auto stored = store_->Read(file, limits_.timestamp_max_bytes); stored.ok()) {
    // What the present keys did not sign is no measure for what comes.
    if (auto read = ReadTimestamp(*stored); read.ok()) {
      known = std::move(*read);
    }
  }
  DAY_TRY_ASSIGN(const std::string bytes, source_->Fetch(file, limits_.timestamp_max_bytes));
  DAY_TRY_ASSIGN(Timestamp timestamp, ReadTimestamp(bytes));
  if (known) {
    if (timestamp.common.version < known->common.version) {
      return Refuse("timestamp: older than the one known");
    }
    if (timestamp.common.version == known->common.version) {
      timestamp_ = std::move(known);
      return CheckExpiry(timestamp_->common, "timestamp");
    }
    if (timestamp.snapshot.version < known->snapshot.version) {
      return Refuse("timestamp: names an older snapshot than the one known");
    }
  }
  DAY_TRY(CheckExpiry(timestamp.common, "timestamp"));
  DAY_TRY(store_->Write(file, base::AsBytes(bytes)));
  timestamp_ = std::move(timestamp);
  return base::OkStatus();
}

base::Result<Snapshot> Client::ReadSnapshot(const std::string& bytes) const {
  DAY_TRY_ASSIGN(const Envelope envelope,
                 ParseEnvelope(base::AsBytes(bytes), limits_.snapshot_max_bytes));
  DAY_TRY_ASSIGN(Snapshot snapshot, ParseSnapshot(envelope.signed_part));
  DAY_TRY(VerifySignatures(envelope, root_->keys, root_->snapshot, "snapshot"));
  return snapshot;
}

base::Status Client::CheckSnapshotAgainst(const Snapshot& older, const Snapshot& newer) const {
  for (const auto& [name, meta] : older.meta) {
    const auto found = newer.meta.find(name);
    if (found == newer.meta.end()) {
      return Refuse(fmt::format("snapshot: no longer names {}", name));
    }
    if (found->second.version < meta.version) {
      return Refuse(fmt::format("snapshot: names an older {} than the one known", name));
    }
  }
  return base::OkStatus();
}

// 5.5.
base::Status Client::UpdateSnapshot() {
  const std::string file = RoleFileName("snapshot");
  const MetaFile& meta = timestamp_->snapshot;
  std::optional<Snapshot> known;
  if (const auto stored = store_->Read(file, limits_.snapshot_max_bytes); stored.ok()) {
    if (auto read = ReadSnapshot(*stored); read.ok()) {
      known = std::move(*read);
      if (known->common.version == meta.version &&
          CheckAnnounced(base::AsBytes(*stored), meta, "snapshot").ok()) {
        snapshot_ = std::move(known);
        return CheckExpiry(snapshot_->common, "snapshot");
      }
    }
  }
  const std::uint64_t size_max =
      std::min(meta.length.value_or(limits_.snapshot_max_bytes), limits_.snapshot_max_bytes);
  DAY_TRY_ASSIGN(const std::string bytes,
                 source_->Fetch(Versioned("snapshot", meta.version), size_max));
  DAY_TRY(CheckAnnounced(base::AsBytes(bytes), meta, "snapshot"));
  DAY_TRY_ASSIGN(Snapshot snapshot, ReadSnapshot(bytes));
  if (snapshot.common.version != meta.version) {
    return Refuse("snapshot: has another version than announced");
  }
  if (known) {
    DAY_TRY(CheckSnapshotAgainst(*known, snapshot));
  }
  DAY_TRY(CheckExpiry(snapshot.common, "snapshot"));
  DAY_TRY(store_->Write(file, base::AsBytes(bytes)));
  snapshot_ = std::move(snapshot);
  return base::OkStatus();
}

std::string Client::Versioned(const std::string& role, std::int64_t version) const {
  const std::string file = RoleFileName(role);
  return root_->consistent_snapshot ? fmt::format("{}.{}", version, file) : file;
}

base::Result<Targets> Client::ReadTargets(const std::string& role, const std::string& bytes,
                                          const MetaFile& meta, const Delegator& delegator) const {
  DAY_TRY(CheckAnnounced(base::AsBytes(bytes), meta, role));
  DAY_TRY_ASSIGN(const Envelope envelope,
                 ParseEnvelope(base::AsBytes(bytes), limits_.targets_max_bytes));
  DAY_TRY_ASSIGN(Targets targets, ParseTargets(envelope.signed_part));
  DAY_TRY(VerifySignatures(envelope, *delegator.keys, *delegator.role, role));
  if (targets.common.version != meta.version) {
    return Refuse(fmt::format("{}: has another version than announced", role));
  }
  DAY_TRY(CheckExpiry(targets.common, role));
  return targets;
}

// 5.6.1 to 5.6.6: the stored file if it is still the right one, else a new one.
base::Result<Targets> Client::LoadTargets(const std::string& role, const Delegator& delegator) {
  const auto meta = snapshot_->meta.find(role + ".json");
  if (meta == snapshot_->meta.end()) {
    return Refuse(fmt::format("{}: not in the snapshot", role));
  }
  const std::string file = RoleFileName(role);
  if (const auto stored = store_->Read(file, limits_.targets_max_bytes); stored.ok()) {
    if (auto read = ReadTargets(role, *stored, meta->second, delegator); read.ok()) {
      return read;
    }
  }
  const std::uint64_t size_max =
      std::min(meta->second.length.value_or(limits_.targets_max_bytes), limits_.targets_max_bytes);
  DAY_TRY_ASSIGN(const std::string bytes,
                 source_->Fetch(Versioned(role, meta->second.version), size_max));
  DAY_TRY_ASSIGN(Targets targets, ReadTargets(role, bytes, meta->second, delegator));
  DAY_TRY(store_->Write(file, base::AsBytes(bytes)));
  return targets;
}

TargetInfo Client::MakeTargetInfo(std::string_view path, const TargetFile& file) const {
  // Characters that may stand in the path of a URL as they are.
  const std::string encoded = wire::PercentEncode(path, "/!$&'()*+,;=:@");
  TargetInfo info{std::string(path), file, encoded};
  if (!root_->consistent_snapshot) {
    return info;
  }
  for (const std::string_view algorithm : {"sha256", "sha512"}) {
    const auto hash = file.hashes.find(algorithm);
    if (hash != file.hashes.end()) {
      const std::size_t name = encoded.rfind('/') == std::string::npos ? 0 : encoded.rfind('/') + 1;
      info.url_path.insert(name, wire::PercentEncode(hash->second) + ".");
      break;
    }
  }
  return info;
}

base::Result<Client::Authority> Client::FindAuthority(std::string_view role) {
  for (const TopRole top :
       {TopRole::kRoot, TopRole::kTimestamp, TopRole::kSnapshot, TopRole::kTargets}) {
    if (TopRoleName(top) == role) {
      return Authority{root_->keys, root_->role(top)};
    }
  }
  for (const Delegation& delegation : targets_->delegations) {
    if (delegation.name == role) {
      return Authority{targets_->keys, delegation.keys};
    }
  }
  return MakeError(ErrorKind::kNotFound, fmt::format("there is no role {}", role));
}

// 5.6.7. Roles wait on a stack with what their delegator said of them.
base::Result<TargetInfo> Client::FindTarget(std::string_view path) {
  struct Waiting {
    std::string name;
    Keys keys;
    RoleKeys role;
  };
  std::vector<Waiting> waiting = {{"targets", {}, {}}};
  std::set<std::string> visited;
  while (!waiting.empty()) {
    const Waiting current = std::move(waiting.back());
    waiting.pop_back();
    if (!visited.insert(current.name).second) {
      continue;
    }
    if (visited.size() > limits_.delegated_max + std::size_t{1}) {
      return MakeError(ErrorKind::kLimit, "too many delegated roles in one search");
    }
    Targets delegated;
    if (current.name != "targets") {
      DAY_TRY_ASSIGN(delegated, LoadTargets(current.name, {&current.keys, &current.role}));
    }
    const Targets& targets = current.name == "targets" ? *targets_ : delegated;
    if (const auto found = targets.targets.find(path); found != targets.targets.end()) {
      return MakeTargetInfo(path, found->second);
    }
    std::vector<Waiting> next;
    for (const Delegation& delegation : targets.delegations) {
      if (!delegation.Covers(path)) {
        continue;
      }
      next.push_back({delegation.name, targets.keys, delegation.keys});
      if (delegation.terminating) {
        waiting.clear();
        break;
      }
    }
    std::move(next.rbegin(), next.rend(), std::back_inserter(waiting));
  }
  return MakeError(ErrorKind::kNotFound, fmt::format("{}: no such target", path));
}

}  // namespace day::tuf
