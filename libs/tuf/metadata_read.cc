// Reading metadata: JSON to values.
#include <algorithm>
#include <set>
#include <utility>

#include "libs/tuf/metadata.h"
#include "libs/tuf/metadata_fields.h"

namespace day::tuf {
namespace {

using base::ErrorKind;
using wire::Json;

constexpr std::size_t kDepthMax = 32;
constexpr std::size_t kValuesMax = 2'000'000;
constexpr std::size_t kHashesMax = 16;

std::optional<crypto::PublicKey> MakeVerifier(const Key& key) {
  if (key.type == "ed25519" && key.scheme == "ed25519") {
    const std::optional<std::string> raw = base::FromHex(key.public_text);
    if (!raw) {
      return std::nullopt;
    }
    auto made = crypto::PublicKey::FromEd25519(base::AsBytes(*raw));
    return made.ok() ? std::optional(std::move(*made)) : std::nullopt;
  }
  const bool ecdsa = (key.type == "ecdsa" || key.type == "ecdsa-sha2-nistp256") &&
                     key.scheme == "ecdsa-sha2-nistp256";
  const bool rsa = key.type == "rsa" && key.scheme == "rsassa-pss-sha256";
  if (!ecdsa && !rsa) {
    return std::nullopt;
  }
  auto made = crypto::PublicKey::FromPem(key.public_text);
  const auto wanted = ecdsa ? crypto::KeyType::kEcdsaP256 : crypto::KeyType::kRsaPss;
  return made.ok() && made->type() == wanted ? std::optional(std::move(*made)) : std::nullopt;
}

base::Result<Key> ParseKey(const Json& json) {
  Fields fields(json, "key");
  Key key;
  key.type = fields.Text("keytype");
  key.scheme = fields.Text("scheme");
  Fields value(fields.Object("keyval"), "key");
  DAY_TRY(fields.status());
  key.public_text = value.Text("public");
  DAY_TRY(value.status());
  key.unknown_value = std::move(value).Rest();
  key.unknown = std::move(fields).Rest();
  key.verifier = MakeVerifier(key);
  return key;
}

base::Result<Keys> ParseKeys(const Json& json) {
  if (json.members().size() > kKeysMax) {
    return base::MakeError(ErrorKind::kLimit, "too many keys");
  }
  Keys keys;
  for (const Json::Member& member : json.members()) {
    DAY_TRY_ASSIGN(Key key, ParseKey(member.value));
    keys.emplace(member.key, std::move(key));
  }
  return keys;
}

// The texts of an array, each once.
std::vector<std::string> Texts(const Json& array, Fields* fields, bool unique) {
  std::vector<std::string> out;
  std::set<std::string_view> seen;
  for (const Json& item : array.items()) {
    if (!item.IsText()) {
      fields->Fail(ErrorKind::kMalformed, "a list with something other than text");
    } else if (unique && !seen.insert(item.text()).second) {
      fields->Fail(ErrorKind::kMalformed, "a key named twice");
    } else {
      out.push_back(item.text());
    }
  }
  return out;
}

RoleKeys TakeRoleKeys(Fields* fields) {
  RoleKeys role;
  role.key_ids = Texts(fields->Array("keyids", kKeysMax), fields, true);
  role.threshold = fields->Integer("threshold", 1);
  return role;
}

base::Result<RoleKeys> ParseRoleKeys(const Json& json) {
  Fields fields(json, "role");
  RoleKeys role = TakeRoleKeys(&fields);
  DAY_TRY(fields.status());
  role.unknown = std::move(fields).Rest();
  return role;
}

// "1.0", "1.0.34": digits and dots, major version 1.
bool IsOurMajorVersion(std::string_view text) {
  const bool numbers = std::all_of(text.begin(), text.end(),
                                   [](char c) { return c == '.' || (c >= '0' && c <= '9'); });
  return numbers && text.starts_with("1.") && text.size() > 2 && text.back() != '.';
}

Common TakeCommon(Fields* fields, std::string_view type) {
  Common common;
  if (fields->Text("_type") != type) {
    fields->Fail(ErrorKind::kMalformed, "metadata of another type");
  }
  common.spec_version = fields->Text("spec_version");
  if (!IsOurMajorVersion(common.spec_version)) {
    fields->Fail(ErrorKind::kUnsupported, "another version of the specification");
  }
  common.version = fields->Integer("version", 1);
  const base::Result<Time> expires = ParseTime(fields->Text("expires"));
  if (expires.ok()) {
    common.expires = *expires;
  } else {
    fields->Check(expires.error());
  }
  return common;
}

Hashes MakeHashes(const Json& json, Fields* fields) {
  Hashes hashes;
  if (json.members().size() > kHashesMax) {
    fields->Fail(ErrorKind::kLimit, "too many hashes");
    return hashes;
  }
  for (const Json::Member& member : json.members()) {
    if (!member.value.IsText()) {
      fields->Fail(ErrorKind::kMalformed, "a hash that is no text");
    }
    hashes.emplace(member.key, member.value.text());
  }
  return hashes;
}

base::Result<MetaFile> ParseMetaFile(const Json& json) {
  Fields fields(json, "meta");
  MetaFile meta;
  meta.version = fields.Integer("version", 1);
  if (const auto length = fields.MaybeInteger("length", 0)) {
    meta.length = static_cast<std::uint64_t>(*length);
  }
  if (const auto hashes = fields.MaybeObject("hashes")) {
    if (hashes->members().empty()) {
      fields.Fail(ErrorKind::kMalformed, "no hashes where there should be some");
    }
    meta.hashes = MakeHashes(*hashes, &fields);
  }
  DAY_TRY(fields.status());
  meta.unknown = std::move(fields).Rest();
  return meta;
}

base::Result<TargetFile> ParseTargetFile(const Json& json) {
  Fields fields(json, "target");
  TargetFile target;
  target.length = static_cast<std::uint64_t>(fields.Integer("length", 0));
  target.hashes = MakeHashes(fields.Object("hashes"), &fields);
  if (target.hashes.empty()) {
    fields.Fail(ErrorKind::kMalformed, "no hashes where there should be some");
  }
  DAY_TRY(fields.status());
  target.unknown = std::move(fields).Rest();
  return target;
}

base::Result<Delegation> ParseDelegation(const Json& json) {
  Fields fields(json, "delegated role");
  Delegation role;
  role.name = fields.Text("name");
  if (role.name.empty() || role.name.size() > kRoleNameMaxBytes || IsTopRoleName(role.name)) {
    fields.Fail(ErrorKind::kMalformed, "a name that no delegated role can have");
  }
  role.keys = TakeRoleKeys(&fields);
  role.terminating = fields.Bool("terminating");
  if (const auto paths = fields.MaybeArray("paths", kPathsMax)) {
    role.paths = Texts(*paths, &fields, false);
  }
  if (const auto prefixes = fields.MaybeArray("path_hash_prefixes", kPathsMax)) {
    role.path_hash_prefixes = Texts(*prefixes, &fields, false);
  }
  if (role.paths.has_value() == role.path_hash_prefixes.has_value()) {
    fields.Fail(ErrorKind::kMalformed, "needs either \"paths\" or \"path_hash_prefixes\"");
  }
  DAY_TRY(fields.status());
  role.keys.unknown = std::move(fields).Rest();
  return role;
}

base::Status ParseDelegations(const Json& json, Targets* targets) {
  Fields fields(json, "delegations");
  const Json keys = fields.Object("keys");
  const Json roles = fields.Array("roles", kDelegationsMax);
  DAY_TRY(fields.status());
  DAY_TRY_ASSIGN(targets->keys, ParseKeys(keys));
  std::set<std::string> names;
  for (const Json& item : roles.items()) {
    DAY_TRY_ASSIGN(Delegation role, ParseDelegation(item));
    if (!names.insert(role.name).second) {
      return base::MakeError(ErrorKind::kMalformed, "delegations: a role named twice");
    }
    targets->delegations.push_back(std::move(role));
  }
  targets->unknown_delegations = std::move(fields).Rest();
  return base::OkStatus();
}

base::Result<Signature> ParseSignature(const Json& json) {
  Fields fields(json, "signature");
  Signature signature;
  signature.key_id = fields.Text("keyid");
  const std::string text = fields.Text("sig");
  DAY_TRY(fields.status());
  // Something that is no hexadecimal is a signature that does not verify: kept as it stands.
  const std::optional<std::string> bytes = base::FromHex(text);
  if (bytes && base::ToHex(base::AsBytes(*bytes)) == text) {
    signature.signature = *bytes;
    signature.unknown = std::move(fields).Rest();
  } else {
    signature.unknown = std::move(fields).Rest();
    signature.unknown.Set("sig", Json::Text(text));
  }
  return signature;
}

}  // namespace

base::Result<Envelope> ParseEnvelope(base::Bytes bytes, std::size_t size_max_bytes) {
  DAY_TRY_ASSIGN(const Json json, wire::ParseJson(bytes, {.size_max_bytes = size_max_bytes,
                                                          .depth_max = kDepthMax,
                                                          .values_max = kValuesMax}));
  Fields fields(json, "metadata");
  Envelope envelope;
  envelope.signed_part = fields.Object("signed");
  const Json signatures = fields.Array("signatures", kSignaturesMax);
  DAY_TRY(fields.status());
  std::set<std::string> seen;
  for (const Json& item : signatures.items()) {
    DAY_TRY_ASSIGN(Signature signature, ParseSignature(item));
    if (!seen.insert(signature.key_id).second) {
      return base::MakeError(ErrorKind::kMalformed, "metadata: two signatures of one key");
    }
    envelope.signatures.push_back(std::move(signature));
  }
  envelope.unknown = std::move(fields).Rest();
  return envelope;
}

base::Result<Root> ParseRoot(const Json& json) {
  Fields fields(json, "root");
  Root root;
  root.common = TakeCommon(&fields, "root");
  const std::optional<bool> consistent = fields.MaybeBool("consistent_snapshot");
  root.names_consistent_snapshot = consistent.has_value();
  root.consistent_snapshot = consistent.value_or(false);
  const Json keys = fields.Object("keys");
  Fields roles(fields.Object("roles"), "root");
  DAY_TRY(fields.status());
  DAY_TRY_ASSIGN(root.keys, ParseKeys(keys));
  for (const TopRole role :
       {TopRole::kRoot, TopRole::kTimestamp, TopRole::kSnapshot, TopRole::kTargets}) {
    const Json value = roles.Object(TopRoleName(role));
    DAY_TRY(roles.status());
    DAY_TRY_ASSIGN(root.role(role), ParseRoleKeys(value));
  }
  root.other_roles = std::move(roles).Rest();
  root.common.unknown = std::move(fields).Rest();
  return root;
}

base::Result<Timestamp> ParseTimestamp(const Json& json) {
  Fields fields(json, "timestamp");
  Timestamp timestamp;
  timestamp.common = TakeCommon(&fields, "timestamp");
  Fields meta(fields.Object("meta"), "timestamp");
  DAY_TRY(fields.status());
  const Json snapshot = meta.Object("snapshot.json");
  DAY_TRY(meta.status());
  DAY_TRY_ASSIGN(timestamp.snapshot, ParseMetaFile(snapshot));
  timestamp.other_meta = std::move(meta).Rest();
  timestamp.common.unknown = std::move(fields).Rest();
  return timestamp;
}

base::Result<Snapshot> ParseSnapshot(const Json& json) {
  Fields fields(json, "snapshot");
  Snapshot snapshot;
  snapshot.common = TakeCommon(&fields, "snapshot");
  const Json meta = fields.Object("meta");
  DAY_TRY(fields.status());
  if (meta.members().size() > kPathsMax) {
    return base::MakeError(ErrorKind::kLimit, "snapshot: too many files");
  }
  for (const Json::Member& member : meta.members()) {
    DAY_TRY_ASSIGN(MetaFile file, ParseMetaFile(member.value));
    snapshot.meta.emplace(member.key, std::move(file));
  }
  snapshot.common.unknown = std::move(fields).Rest();
  return snapshot;
}

base::Result<Targets> ParseTargets(const Json& json) {
  Fields fields(json, "targets");
  Targets targets;
  targets.common = TakeCommon(&fields, "targets");
  const Json files = fields.Object("targets");
  const std::optional<Json> delegations = fields.MaybeObject("delegations");
  DAY_TRY(fields.status());
  for (const Json::Member& member : files.members()) {
    DAY_TRY_ASSIGN(TargetFile file, ParseTargetFile(member.value));
    targets.targets.emplace(member.key, std::move(file));
  }
  if (delegations) {
    targets.delegates = true;
    DAY_TRY(ParseDelegations(*delegations, &targets));
  }
  targets.common.unknown = std::move(fields).Rest();
  return targets;
}

}  // namespace day::tuf
