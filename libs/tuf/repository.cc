#include "libs/tuf/repository.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "libs/crypto/hash.h"
#include "libs/tuf/client.h"

namespace day::tuf {
namespace {

using base::ErrorKind;
using base::MakeError;

constexpr std::int64_t kRootsMax = 100'000;

base::Error NoRole(std::string_view role) {
  return MakeError(ErrorKind::kNotFound, fmt::format("there is no role {}", role));
}

std::optional<TopRole> FindTopRole(std::string_view name) {
  for (const TopRole role :
       {TopRole::kRoot, TopRole::kTimestamp, TopRole::kSnapshot, TopRole::kTargets}) {
    if (TopRoleName(role) == name) {
      return role;
    }
  }
  return std::nullopt;
}

bool Lists(const RoleKeys& role, std::string_view key_id) {
  return std::find(role.key_ids.begin(), role.key_ids.end(), key_id) != role.key_ids.end();
}

// Whether any role of `root` or any of its delegations lists the key.
bool Used(const Keys& keys, std::string_view key_id, const std::vector<const RoleKeys*>& roles) {
  return keys.contains(key_id) && std::any_of(roles.begin(), roles.end(), [&](const auto* role) {
           return Lists(*role, key_id);
         });
}

std::vector<const RoleKeys*> RolesOf(const Root& root) {
  return {&root.root, &root.timestamp, &root.snapshot, &root.targets};
}

std::vector<const RoleKeys*> RolesOf(const Targets& targets) {
  std::vector<const RoleKeys*> roles;
  for (const Delegation& delegation : targets.delegations) {
    roles.push_back(&delegation.keys);
  }
  return roles;
}

// Fetches and checks one file of a published repository.
base::Result<Envelope> FetchSigned(MetadataSource* source, const std::string& path,
                                   std::uint64_t size_max, const Keys& keys, const RoleKeys& role) {
  DAY_TRY_ASSIGN(const std::string bytes, source->Fetch(path, size_max));
  DAY_TRY_ASSIGN(Envelope envelope, ParseEnvelope(base::AsBytes(bytes), size_max));
  DAY_TRY(VerifySignatures(envelope, keys, role, path));
  return envelope;
}

}  // namespace

Repository::Repository() {
  targets_.emplace("targets", Targets{});
  changed_ = {"root", "targets"};
}

base::Result<Repository> Repository::Load(MetadataSource* published) {
  const ClientLimits limits;
  Repository out;
  out.changed_.clear();
  for (std::int64_t version = 1; version <= kRootsMax; ++version) {
    const auto bytes =
        published->Fetch(fmt::format("{}.root.json", version), limits.root_max_bytes);
    if (!bytes.ok()) {
      if (version > 1 && bytes.error().kind == ErrorKind::kNotFound) {
        break;
      }
      return bytes.error();
    }
    DAY_TRY_ASSIGN(const Envelope envelope,
                   ParseEnvelope(base::AsBytes(*bytes), limits.root_max_bytes));
    DAY_TRY_ASSIGN(out.root_, ParseRoot(envelope.signed_part));
    DAY_TRY(VerifySignatures(envelope, out.root_.keys, out.root_.root, "root"));
  }
  out.published_root_ = out.root_;
  out.published_["root"] = out.root_.common.version;
  const Root& root = out.root_;
  DAY_TRY_ASSIGN(const Envelope timestamp_file,
                 FetchSigned(published, "timestamp.json", limits.timestamp_max_bytes, root.keys,
                             root.timestamp));
  DAY_TRY_ASSIGN(const Timestamp timestamp, ParseTimestamp(timestamp_file.signed_part));
  const std::int64_t snapshot_version = timestamp.snapshot.version;
  out.published_["timestamp"] = timestamp.common.version;
  out.published_["snapshot"] = snapshot_version;
  DAY_TRY_ASSIGN(const Envelope snapshot_file,
                 FetchSigned(published, fmt::format("{}.snapshot.json", snapshot_version),
                             limits.snapshot_max_bytes, root.keys, root.snapshot));
  DAY_TRY_ASSIGN(const Snapshot snapshot, ParseSnapshot(snapshot_file.signed_part));
  // Breadth first from "targets": a role's delegator is always loaded before it.
  std::vector<std::string> roles = {"targets"};
  for (std::size_t i = 0; i < roles.size(); ++i) {
    const std::string role = roles[i];
    const auto meta = snapshot.meta.find(role + ".json");
    if (meta == snapshot.meta.end()) {
      return MakeError(ErrorKind::kMalformed, role + ": not in the snapshot");
    }
    const auto authority = out.FindAuthority(role);
    DAY_TRY_ASSIGN(
        const Envelope file,
        FetchSigned(published, fmt::format("{}.{}", meta->second.version, RoleFileName(role)),
                    limits.targets_max_bytes, *authority->keys, *authority->role));
    DAY_TRY_ASSIGN(Targets targets, ParseTargets(file.signed_part));
    for (const Delegation& delegation : targets.delegations) {
      if (std::find(roles.begin(), roles.end(), delegation.name) == roles.end()) {
        roles.push_back(delegation.name);
      }
    }
    out.published_[role] = meta->second.version;
    out.targets_[role] = std::move(targets);
  }
  return out;
}

const Targets* Repository::targets(std::string_view role) const {
  const auto found = targets_.find(role);
  return found != targets_.end() ? &found->second : nullptr;
}

std::vector<std::string> Repository::targets_roles() const {
  std::vector<std::string> names;
  for (const auto& [name, targets] : targets_) {
    names.push_back(name);
  }
  return names;
}

std::optional<Repository::Authority> Repository::FindAuthority(std::string_view role) {
  if (const std::optional<TopRole> top = FindTopRole(role)) {
    return Authority{&root_.keys, &root_.role(*top), "root"};
  }
  for (auto& [name, targets] : targets_) {
    for (Delegation& delegation : targets.delegations) {
      if (delegation.name == role) {
        return Authority{&targets.keys, &delegation.keys, name};
      }
    }
  }
  return std::nullopt;
}

std::optional<Repository::Authority> Repository::FindAuthority(std::string_view role) const {
  return const_cast<Repository*>(this)->FindAuthority(role);
}

base::Status Repository::AddKey(std::string_view role, const crypto::PublicKey& key) {
  const auto authority = FindAuthority(role);
  if (!authority) {
    return NoRole(role);
  }
  Key made = MakeKey(key);
  const std::string id = KeyId(made);
  authority->keys->insert_or_assign(id, std::move(made));
  if (!Lists(*authority->role, id)) {
    authority->role->key_ids.push_back(id);
    std::sort(authority->role->key_ids.begin(), authority->role->key_ids.end());
  }
  changed_.insert(authority->owner);
  return base::OkStatus();
}

base::Status Repository::RemoveKey(std::string_view role, std::string_view key_id) {
  const auto authority = FindAuthority(role);
  if (!authority) {
    return NoRole(role);
  }
  if (std::erase(authority->role->key_ids, key_id) == 0) {
    return MakeError(ErrorKind::kNotFound, fmt::format("{} has no key {}", role, key_id));
  }
  const auto roles =
      authority->owner == "root" ? RolesOf(root_) : RolesOf(targets_.at(authority->owner));
  if (!Used(*authority->keys, key_id, roles)) {
    authority->keys->erase(std::string(key_id));
  }
  changed_.insert(authority->owner);
  return base::OkStatus();
}

base::Status Repository::SetThreshold(std::string_view role, std::int64_t threshold) {
  const auto authority = FindAuthority(role);
  if (!authority) {
    return NoRole(role);
  }
  if (threshold < 1) {
    return MakeError(ErrorKind::kInvalidUse, "a threshold is at least 1");
  }
  authority->role->threshold = threshold;
  changed_.insert(authority->owner);
  return base::OkStatus();
}

base::Status Repository::AddTarget(std::string_view role, std::string_view path,
                                   base::Bytes content, const wire::Json& custom) {
  const auto found = targets_.find(role);
  if (found == targets_.end()) {
    return NoRole(role);
  }
  TargetFile file;
  file.length = content.size();
  file.hashes["sha256"] = crypto::Sha256Hex(content);
  if (custom.kind() != wire::JsonKind::kNull) {
    file.unknown.Set("custom", custom);
  }
  found->second.targets.insert_or_assign(std::string(path), std::move(file));
  changed_.insert(std::string(role));
  return base::OkStatus();
}

base::Status Repository::RemoveTarget(std::string_view role, std::string_view path) {
  const auto found = targets_.find(role);
  if (found == targets_.end()) {
    return NoRole(role);
  }
  if (found->second.targets.erase(std::string(path)) == 0) {
    return MakeError(ErrorKind::kNotFound, fmt::format("{} has no target {}", role, path));
  }
  changed_.insert(std::string(role));
  return base::OkStatus();
}

base::Status Repository::AddDelegation(std::string_view delegator, const Delegation& delegation) {
  const auto found = targets_.find(delegator);
  if (found == targets_.end()) {
    return NoRole(delegator);
  }
  const bool one_form = delegation.paths.has_value() != delegation.path_hash_prefixes.has_value();
  if (FindAuthority(delegation.name) || delegation.name.empty() ||
      delegation.name.size() > kRoleNameMaxBytes || !one_form || delegation.keys.threshold < 1) {
    return MakeError(ErrorKind::kInvalidUse,
                     fmt::format("no delegation to {} can be made", delegation.name));
  }
  Delegation added = delegation;
  added.keys.key_ids.clear();
  found->second.delegates = true;
  found->second.delegations.push_back(std::move(added));
  targets_.emplace(delegation.name, Targets{});
  changed_.insert(std::string(delegator));
  changed_.insert(delegation.name);
  return base::OkStatus();
}

base::Status Repository::Touch(std::string_view role) {
  const bool known = role == "root" || role == "snapshot" || role == "timestamp" || targets(role);
  if (!known) {
    return NoRole(role);
  }
  changed_.insert(std::string(role));
  return base::OkStatus();
}

std::int64_t Repository::NextVersion(std::string_view role) const {
  const auto found = published_.find(role);
  return found != published_.end() ? found->second + 1 : 1;
}

void Repository::Put(const std::string& role, wire::Json signed_part) {
  Envelope envelope;
  envelope.signed_part = std::move(signed_part);
  pending_.insert_or_assign(role, std::move(envelope));
}

base::Status Repository::Prepare(Time now, const Lifetimes& lifetimes) {
  if (changed_.empty()) {
    return MakeError(ErrorKind::kInvalidUse, "nothing changed");
  }
  pending_.clear();
  Snapshot snapshot;
  bool new_snapshot = changed_.contains("snapshot") || !published_.contains("snapshot");
  for (auto& [name, targets] : targets_) {
    std::int64_t version = NextVersion(name) - 1;
    if (changed_.contains(name)) {
      version += 1;
      new_snapshot = true;
      targets.common.version = version;
      targets.common.spec_version = kSpecVersion;
      targets.common.expires = now + lifetimes.targets_seconds;
      Put(name, ToJson(targets));
    }
    snapshot.meta[name + ".json"].version = version;
  }
  if (changed_.contains("root")) {
    root_.common.version = NextVersion("root");
    root_.common.spec_version = kSpecVersion;
    root_.common.expires = now + lifetimes.root_seconds;
    Put("root", ToJson(root_));
  }
  std::int64_t snapshot_version = NextVersion("snapshot") - 1;
  if (new_snapshot) {
    snapshot_version += 1;
    snapshot.common.version = snapshot_version;
    snapshot.common.expires = now + lifetimes.snapshot_seconds;
    Put("snapshot", ToJson(snapshot));
  }
  if (new_snapshot || changed_.contains("timestamp")) {
    Timestamp timestamp;
    timestamp.common.version = NextVersion("timestamp");
    timestamp.common.expires = now + lifetimes.timestamp_seconds;
    timestamp.snapshot.version = snapshot_version;
    Put("timestamp", ToJson(timestamp));
  }
  return base::OkStatus();
}

const Key* Repository::FindSigner(std::string_view role, std::string_view key_id) const {
  const auto authority = FindAuthority(role);
  if (authority && Lists(*authority->role, key_id) && authority->keys->contains(key_id)) {
    return &authority->keys->find(key_id)->second;
  }
  if (role == "root" && published_root_ && Lists(published_root_->root, key_id) &&
      published_root_->keys.contains(key_id)) {
    return &published_root_->keys.find(key_id)->second;
  }
  return nullptr;
}

base::Result<std::vector<std::string>> Repository::Sign(const crypto::Signer& key) {
  const std::string key_id = KeyId(MakeKey(key.public_key()));
  std::vector<std::string> signed_roles;
  for (auto& [role, envelope] : pending_) {
    if (FindSigner(role, key_id) == nullptr) {
      continue;
    }
    DAY_TRY_ASSIGN(std::string bytes, key.Sign(base::AsBytes(envelope.Covered())));
    DAY_TRY(AddSignature(role, {.key_id = key_id, .signature = std::move(bytes)}));
    signed_roles.push_back(role);
  }
  return signed_roles;
}

base::Status Repository::AddSignature(std::string_view role, const Signature& signature) {
  const auto found = pending_.find(role);
  if (found == pending_.end()) {
    return NoRole(role);
  }
  Envelope& envelope = found->second;
  const Key* key = FindSigner(role, signature.key_id);
  if (key == nullptr || !key->verifier ||
      !key->verifier->Verify(base::AsBytes(envelope.Covered()),
                             base::AsBytes(signature.signature))) {
    return MakeError(ErrorKind::kPermission,
                     fmt::format("{}: not a signature of a key of this role", role));
  }
  std::erase_if(envelope.signatures,
                [&](const Signature& other) { return other.key_id == signature.key_id; });
  envelope.signatures.push_back(signature);
  std::sort(envelope.signatures.begin(), envelope.signatures.end(),
            [](const Signature& a, const Signature& b) { return a.key_id < b.key_id; });
  return base::OkStatus();
}

std::vector<MissingSignatures> Repository::Missing() const {
  std::vector<MissingSignatures> missing;
  const auto check = [&](const std::string& name, const Envelope& envelope, const Keys& keys,
                         const RoleKeys& role, bool by_old_root) {
    const std::int64_t have = CountSigners(envelope, keys, role);
    if (have < role.threshold) {
      missing.push_back({name, have, role.threshold, by_old_root});
    }
  };
  for (const auto& [name, envelope] : pending_) {
    const auto authority = FindAuthority(name);
    check(name, envelope, *authority->keys, *authority->role, false);
    if (name == "root" && published_root_) {
      check(name, envelope, published_root_->keys, published_root_->root, true);
    }
  }
  return missing;
}

base::Result<std::vector<RepositoryFile>> Repository::Finish() {
  const std::vector<MissingSignatures> missing = Missing();
  if (!missing.empty()) {
    const MissingSignatures& first = missing.front();
    return MakeError(ErrorKind::kPermission,
                     fmt::format("{}: {} of the {} signatures it needs{}", first.role, first.have,
                                 first.need, first.by_old_root ? " from the old root's keys" : ""));
  }
  std::vector<RepositoryFile> files;
  for (const auto& [role, envelope] : pending_) {
    const std::int64_t version = NextVersion(role);
    const std::string prefix = role == "timestamp" ? "" : fmt::format("{}.", version);
    files.push_back({prefix + RoleFileName(role), WriteEnvelope(envelope) + "\n"});
    published_[role] = version;
  }
  std::stable_partition(files.begin(), files.end(),
                        [](const RepositoryFile& file) { return file.path != "timestamp.json"; });
  if (pending_.contains("root")) {
    published_root_ = root_;
  }
  pending_.clear();
  changed_.clear();
  return files;
}

}  // namespace day::tuf
