#include "libs/tuf/testing/simulator.h"

#include <charconv>

#include "libs/crypto/hash.h"
#include "libs/wire/percent.h"

namespace day::tuf::testing {
namespace {

base::Error NotFound(const std::string& what) {
  return base::MakeError(base::ErrorKind::kNotFound, what);
}

// The role that a percent-encoded name stands for.
std::string Decode(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      out += base::FromHex(text.substr(i + 1, 2)).value_or("?");
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

}  // namespace

const crypto::PrivateKey& TestKey(int number) {
  static std::map<int, crypto::PrivateKey> keys;
  const auto found = keys.find(number);
  if (found != keys.end()) {
    return found->second;
  }
  const crypto::Sha256Digest seed = crypto::Sha256(base::AsBytes("key " + std::to_string(number)));
  return keys.emplace(number, crypto::PrivateKey::FromEd25519Seed(seed).value()).first->second;
}

base::Result<std::string> MemoryStore::Read(const std::string& file, std::uint64_t size_max_bytes) {
  const auto found = files.find(file);
  if (found == files.end() || found->second.size() > size_max_bytes) {
    return NotFound(file);
  }
  return found->second;
}

base::Status MemoryStore::Write(const std::string& file, base::Bytes bytes) {
  files[file] = base::AsText(bytes);
  return base::OkStatus();
}

base::Status MemoryStore::Erase(const std::string& file) {
  files.erase(file);
  return base::OkStatus();
}

std::int64_t MemoryStore::Version(const std::string& role) const {
  const auto found = files.find(RoleFileName(role));
  if (found == files.end()) {
    return 0;
  }
  const auto envelope = ParseEnvelope(base::AsBytes(found->second), found->second.size());
  return envelope->signed_part.Find("version")->integer();
}

std::string MemoryStore::Summary() const {
  std::string out;
  for (const auto& [file, bytes] : files) {
    const std::string role = file.substr(0, file.size() - 5);
    out += (out.empty() ? "" : ", ") + role + " " + std::to_string(Version(Decode(role)));
  }
  return out;
}

Simulator::Simulator() {
  targets["targets"];
  for (const char* role : {"root", "timestamp", "snapshot", "targets"}) {
    CommonOf(role).version = 0;
    CommonOf(role).expires = kNow + 30 * kDay;
    AddKey(role);
  }
  Publish({"targets", "snapshot", "timestamp", "root"});
}

Common& Simulator::CommonOf(const std::string& role) {
  return role == "root"        ? root.common
         : role == "timestamp" ? timestamp.common
         : role == "snapshot"  ? snapshot.common
                               : targets.at(role).common;
}

RoleKeys& Simulator::KeysOf(const std::string& role) {
  return role == "root"        ? root.root
         : role == "timestamp" ? root.timestamp
         : role == "snapshot"  ? root.snapshot
                               : root.targets;
}

void Simulator::AddKey(const std::string& role, const std::string& delegator) {
  const int number = next_key_++;
  const Key key = MakeKey(TestKey(number).public_key());
  signers[role].push_back(number);
  if (delegator == "root") {
    root.keys[KeyId(key)] = key;
    KeysOf(role).key_ids.push_back(KeyId(key));
    return;
  }
  targets.at(delegator).keys[KeyId(key)] = key;
  for (Delegation& delegation : targets.at(delegator).delegations) {
    if (delegation.name == role) {
      delegation.keys.key_ids.push_back(KeyId(key));
    }
  }
}

void Simulator::RotateKeys(const std::string& role) {
  KeysOf(role).key_ids.clear();
  signers[role].clear();
  for (std::int64_t i = 0; i < KeysOf(role).threshold; ++i) {
    AddKey(role);
  }
}

void Simulator::Delegate(const std::string& delegator, const std::string& role,
                         std::vector<std::string> paths, bool terminating) {
  Delegation delegation;
  delegation.name = role;
  delegation.paths = std::move(paths);
  delegation.terminating = terminating;
  targets.at(delegator).delegates = true;
  targets.at(delegator).delegations.push_back(std::move(delegation));
  if (!targets.contains(role)) {
    targets[role].common.version = 0;
    targets[role].common.expires = kNow + 30 * kDay;
  }
  AddKey(role, delegator);
}

void Simulator::AddTarget(const std::string& role, const std::string& path,
                          const std::string& content) {
  TargetFile file;
  file.length = content.size();
  file.hashes["sha256"] = crypto::Sha256Hex(base::AsBytes(content));
  targets.at(role).targets[path] = file;
  contents[path] = content;
}

std::string Simulator::SignedBytes(const std::string& role) const {
  Envelope envelope;
  envelope.signed_part = role == "root"        ? ToJson(root)
                         : role == "timestamp" ? ToJson(timestamp)
                         : role == "snapshot"  ? ToJson(snapshot)
                                               : ToJson(targets.at(role));
  const std::string covered = envelope.Covered();
  for (const int number : signers.at(role)) {
    envelope.signatures.push_back(
        {.key_id = KeyId(MakeKey(TestKey(number).public_key())),
         .signature = TestKey(number).Sign(base::AsBytes(covered)).value()});
  }
  return WriteEnvelope(envelope);
}

MetaFile Simulator::MetaOf(const std::string& role, const std::string& bytes) {
  MetaFile meta;
  meta.version = CommonOf(role).version;
  if (with_hashes) {
    meta.length = bytes.size();
    meta.hashes["sha256"] = crypto::Sha256Hex(base::AsBytes(bytes));
  }
  return meta;
}

void Simulator::Publish(const std::vector<std::string>& roles) {
  for (const std::string& role : roles) {
    ++CommonOf(role).version;
    const std::string bytes = SignedBytes(role);
    served[role].push_back(bytes);
    if (role == "snapshot") {
      timestamp.snapshot = MetaOf(role, bytes);
    } else if (role != "root" && role != "timestamp") {
      snapshot.meta[role + ".json"] = MetaOf(role, bytes);
    }
  }
}

base::Result<std::string> Simulator::Fetch(const std::string& path, std::uint64_t size_max_bytes) {
  requests.push_back(path);
  std::string name = path.substr(0, path.rfind(".json"));
  std::size_t version = 0;
  const std::size_t dot = name.find('.');
  if (dot != std::string::npos && (root.consistent_snapshot || name.ends_with(".root"))) {
    std::from_chars(name.data(), name.data() + dot, version);
    name = name.substr(dot + 1);
  }
  const auto found = served.find(Decode(name));
  if (found == served.end() || found->second.empty() || version > found->second.size()) {
    return NotFound(path);
  }
  const std::string& bytes = version == 0 ? found->second.back() : found->second[version - 1];
  if (bytes.size() > size_max_bytes) {
    return base::MakeError(base::ErrorKind::kLimit, path + ": too long");
  }
  return bytes;
}

}  // namespace day::tuf::testing
