// Writing metadata: values to JSON.
#include <utility>

#include "libs/crypto/hash.h"
#include "libs/tuf/metadata.h"

namespace day::tuf {
namespace {

using wire::Json;

Json Texts(const std::vector<std::string>& texts) {
  Json array = Json::Array();
  for (const std::string& text : texts) {
    array.Append(Json::Text(text));
  }
  return array;
}

void SetCommon(const Common& common, std::string_view type, Json* json) {
  json->Set("_type", Json::Text(type));
  json->Set("spec_version", Json::Text(common.spec_version));
  json->Set("version", Json::Integer(common.version));
  json->Set("expires", Json::Text(TimeText(common.expires)));
}

void SetRoleKeys(const RoleKeys& role, Json* json) {
  json->Set("keyids", Texts(role.key_ids));
  json->Set("threshold", Json::Integer(role.threshold));
}

Json ToJson(const RoleKeys& role) {
  Json json = role.unknown;
  SetRoleKeys(role, &json);
  return json;
}

Json ToJson(const Keys& keys) {
  Json json = Json::Object();
  for (const auto& [id, key] : keys) {
    json.Set(id, ToJson(key));
  }
  return json;
}

Json ToJson(const Hashes& hashes) {
  Json json = Json::Object();
  for (const auto& [algorithm, hash] : hashes) {
    json.Set(algorithm, Json::Text(hash));
  }
  return json;
}

Json ToJson(const MetaFile& meta) {
  Json json = meta.unknown;
  json.Set("version", Json::Integer(meta.version));
  if (meta.length) {
    json.Set("length", Json::Integer(static_cast<std::int64_t>(*meta.length)));
  }
  if (!meta.hashes.empty()) {
    json.Set("hashes", ToJson(meta.hashes));
  }
  return json;
}

Json ToJson(const TargetFile& target) {
  Json json = target.unknown;
  json.Set("length", Json::Integer(static_cast<std::int64_t>(target.length)));
  json.Set("hashes", ToJson(target.hashes));
  return json;
}

Json ToJson(const Delegation& role) {
  Json json = role.keys.unknown;
  json.Set("name", Json::Text(role.name));
  SetRoleKeys(role.keys, &json);
  json.Set("terminating", Json::Bool(role.terminating));
  if (role.paths) {
    json.Set("paths", Texts(*role.paths));
  }
  if (role.path_hash_prefixes) {
    json.Set("path_hash_prefixes", Texts(*role.path_hash_prefixes));
  }
  return json;
}

}  // namespace

Json ToJson(const Key& key) {
  Json value = key.unknown_value;
  value.Set("public", Json::Text(key.public_text));
  Json json = key.unknown;
  json.Set("keytype", Json::Text(key.type));
  json.Set("scheme", Json::Text(key.scheme));
  json.Set("keyval", std::move(value));
  return json;
}

Json ToJson(const Root& root) {
  Json roles = root.other_roles;
  for (const TopRole role :
       {TopRole::kRoot, TopRole::kTimestamp, TopRole::kSnapshot, TopRole::kTargets}) {
    roles.Set(TopRoleName(role), ToJson(root.role(role)));
  }
  Json json = root.common.unknown;
  SetCommon(root.common, "root", &json);
  if (root.names_consistent_snapshot) {
    json.Set("consistent_snapshot", Json::Bool(root.consistent_snapshot));
  }
  json.Set("keys", ToJson(root.keys));
  json.Set("roles", std::move(roles));
  return json;
}

Json ToJson(const Timestamp& timestamp) {
  Json meta = timestamp.other_meta;
  meta.Set("snapshot.json", ToJson(timestamp.snapshot));
  Json json = timestamp.common.unknown;
  SetCommon(timestamp.common, "timestamp", &json);
  json.Set("meta", std::move(meta));
  return json;
}

Json ToJson(const Snapshot& snapshot) {
  Json meta = Json::Object();
  for (const auto& [name, file] : snapshot.meta) {
    meta.Set(name, ToJson(file));
  }
  Json json = snapshot.common.unknown;
  SetCommon(snapshot.common, "snapshot", &json);
  json.Set("meta", std::move(meta));
  return json;
}

Json ToJson(const Targets& targets) {
  Json files = Json::Object();
  for (const auto& [path, file] : targets.targets) {
    files.Set(path, ToJson(file));
  }
  Json json = targets.common.unknown;
  SetCommon(targets.common, "targets", &json);
  json.Set("targets", std::move(files));
  if (targets.delegates) {
    Json roles = Json::Array();
    for (const Delegation& role : targets.delegations) {
      roles.Append(ToJson(role));
    }
    Json delegations = targets.unknown_delegations;
    delegations.Set("keys", ToJson(targets.keys));
    delegations.Set("roles", std::move(roles));
    json.Set("delegations", std::move(delegations));
  }
  return json;
}

std::string WriteEnvelope(const Envelope& envelope) {
  Json signatures = Json::Array();
  for (const Signature& signature : envelope.signatures) {
    Json json = signature.unknown;
    json.Set("keyid", Json::Text(signature.key_id));
    if (json.Find("sig") == nullptr) {
      json.Set("sig", Json::Text(base::ToHex(base::AsBytes(signature.signature))));
    }
    signatures.Append(std::move(json));
  }
  Json json = envelope.unknown;
  json.Set("signed", envelope.signed_part);
  json.Set("signatures", std::move(signatures));
  return wire::WriteJson(json, wire::JsonLayout::kOneLine);
}

Key MakeKey(const crypto::PublicKey& key) {
  Key out;
  switch (key.type()) {
    case crypto::KeyType::kEd25519:
      out.type = "ed25519";
      out.scheme = "ed25519";
      out.public_text = base::ToHex(base::AsBytes(key.Ed25519Raw()));
      break;
    case crypto::KeyType::kEcdsaP256:
      out.type = "ecdsa";
      out.scheme = "ecdsa-sha2-nistp256";
      out.public_text = key.ToPem();
      break;
    case crypto::KeyType::kRsaPss:
      out.type = "rsa";
      out.scheme = "rsassa-pss-sha256";
      out.public_text = key.ToPem();
      break;
  }
  out.verifier = key;
  return out;
}

std::string KeyId(const Key& key) {
  const std::string canonical = wire::CanonicalJson(ToJson(key));
  return crypto::Sha256Hex(base::AsBytes(canonical));
}

}  // namespace day::tuf
