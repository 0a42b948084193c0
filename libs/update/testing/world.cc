#include "libs/update/testing/world.h"

#include <algorithm>
#include <set>

#include "libs/crypto/hash.h"
#include "libs/tlog/checkpoint.h"
#include "libs/tlog/merkle.h"
#include "libs/update/delta.h"
#include "libs/update/metadata_proof.h"

namespace day::update::testing {
namespace {

constexpr const char* kOrigin = "example.com/daylight-test-log";

std::string Seed(const std::string& name) {
  return std::string(base::AsText(crypto::Sha256(base::AsBytes("seed of " + name))));
}

}  // namespace

const crypto::PrivateKey& WorldKey(int number) {
  static std::map<int, crypto::PrivateKey> keys;
  auto found = keys.find(number);
  if (found == keys.end()) {
    const std::string seed = Seed(std::to_string(number));
    found = keys.emplace(number, crypto::PrivateKey::FromEd25519Seed(base::AsBytes(seed)).value())
                .first;
  }
  return found->second;
}

tlog::SignerKey WorldSigner(const std::string& name, tlog::KeyKind kind) {
  const std::string seed = Seed(name);
  return tlog::SignerKey::Create(name, kind, base::AsBytes(seed)).value();
}

World::World(std::int64_t start) : now_s(start) {
  const auto add = [this](const char* role, int key) {
    (void)repository_.AddKey(role, WorldKey(key).public_key());
  };
  add("root", kRootKey);
  add("targets", kTargetsKey);
  add("snapshot", kOnlineKey);
  add("timestamp", kOnlineKey);
  const struct {
    const char* role;
    const std::vector<int>& keys;
    std::int64_t threshold;
  } kRoles[] = {{"rules", kRulesKeys, 2},
                {"removals", kRulesKeys, 3},
                {"halt", kHaltKeys, 1},
                {"rebuild", kRebuildKeys, 1}};
  for (const auto& role : kRoles) {
    tuf::Delegation delegation;
    delegation.name = role.role;
    delegation.paths = {std::string(role.role) + "/*"};
    delegation.keys.threshold = role.threshold;
    (void)repository_.AddDelegation("targets", delegation);
    for (const int key : role.keys) {
      add(role.role, key);
    }
  }
  PublishMetadata({kRootKey, kTargetsKey, kOnlineKey, 11, 12, 13, 21, 31});
}

const std::string& World::root_json() const {
  return std::find_if(tuf_files_.begin(), tuf_files_.end(),
                      [](const UpdTufFile& file) { return file.name == "1.root.json"; })
      ->bytes;
}

void World::PublishMetadata(const std::vector<int>& keys, Log log) {
  (void)repository_.Prepare(now_s, tuf::Lifetimes{});
  for (const int key : keys) {
    (void)repository_.Sign(WorldKey(key));
  }
  const std::vector<tuf::RepositoryFile> files = repository_.Finish().value();
  for (const tuf::RepositoryFile& file : files) {
    std::erase_if(tuf_files_, [&](const UpdTufFile& old) { return old.name == file.path; });
    const MetadataUse use = UseOf(file.path);
    if (use != MetadataUse::kNone) {
      tuf_files_.push_back({file.path, file.bytes, std::nullopt});
    }
    if (use == MetadataUse::kLogged && log == Log::kYes) {
      Append(file.bytes);
    }
  }
}

void World::TouchMetadata() {
  (void)repository_.Touch("snapshot");
  PublishMetadata({kOnlineKey});
}

std::string World::policy_text() const {
  std::string text =
      "log " + WorldSigner(kOrigin, tlog::KeyKind::kEd25519).verifier().ToText() + "\n";
  for (const char* name : {"w1", "w2", "w3"}) {
    text += std::string("witness ") + name + " " +
            WorldSigner(name, tlog::KeyKind::kCosignatureEd25519).verifier().ToText() + "\n";
  }
  return text + "group all-witnesses 2 w1 w2 w3\nquorum all-witnesses\n";
}

std::string World::Entry(const Statement& statement, const std::vector<int>& keys) {
  DsseEnvelope envelope;
  envelope.payload_type = kInTotoType;
  envelope.payload = WriteStatement(statement);
  for (const int key : keys) {
    (void)SignDsse(WorldKey(key), &envelope);
  }
  return WriteDsse(envelope);
}

Statement World::NextRelease(const std::map<std::string, std::string>& files) {
  bundles.push_back(EncodeBundle({.engine = 1, .files = files}).value());
  Statement release;
  release.kind = StatementKind::kBundle;
  release.subjects = {{"rules", crypto::Sha256Hex(base::AsBytes(bundles.back()))}};
  release.time_s = now_s;
  release.sequence = static_cast<std::int64_t>(releases.size()) + 1;
  release.size_bytes = bundles.back().size();
  release.previous_sha256 = releases.empty() ? "" : releases.back().subjects[0].sha256;
  release.log_size = entries.size();
  release.rollout = {{1, 0}, {10, 3600}, {100, 6 * 3600}};
  releases.push_back(release);
  return release;
}

void World::Stop(StatementKind kind, const std::string& sha256, const std::string& text,
                 const std::vector<int>& keys) {
  Statement statement;
  statement.kind = kind;
  statement.subjects = {{"rules", sha256}};
  statement.time_s = now_s;
  statement.text = text;
  Append(Entry(statement, keys));
}

std::string World::Checkpoint(std::uint64_t size, const std::vector<std::string>& witnesses) const {
  tlog::CompactRange range;
  for (std::uint64_t i = 0; i < size; ++i) {
    range.Append(tlog::LeafHash(base::AsBytes(entries[static_cast<std::size_t>(i)])));
  }
  tlog::Checkpoint checkpoint;
  checkpoint.origin = kOrigin;
  checkpoint.size = size;
  checkpoint.root = range.Root();
  const std::string text = checkpoint.ToText();
  std::string note = text + "\n";
  note += WorldSigner(kOrigin, tlog::KeyKind::kEd25519).Sign(text, 0).value();
  for (const std::string& name : witnesses) {
    note += WorldSigner(name, tlog::KeyKind::kCosignatureEd25519)
                .Sign(text, static_cast<std::uint64_t>(now_s))
                .value();
  }
  return note;
}

Upd World::MakeUpd(std::uint64_t first, std::uint64_t hashes) const {
  Upd upd;
  upd.checkpoint = Checkpoint();
  upd.first_index = first;
  for (std::size_t i = static_cast<std::size_t>(first); i < entries.size(); ++i) {
    if (i < first + hashes) {
      upd.leaf_hashes.push_back(tlog::LeafHash(base::AsBytes(entries[i])));
    } else {
      upd.entries.push_back(entries[i]);
    }
  }
  upd.tuf_files = tuf_files_;
  std::vector<tlog::Hash> leaves;
  for (const std::string& entry : entries) {
    leaves.push_back(tlog::LeafHash(base::AsBytes(entry)));
  }
  (void)AddProofs(leaves, &upd.tuf_files);  // as far as they are in the log
  for (std::size_t i = 0; i < bundles.size(); ++i) {
    const bool newest = i + 1 == bundles.size();
    const base::Bytes base = newest ? base::Bytes() : base::AsBytes(bundles[i]);
    UpdPayload payload;
    payload.base_sha256 = newest ? "" : releases[i].subjects[0].sha256;
    payload.result_sha256 = releases.back().subjects[0].sha256;
    payload.result_size = bundles.back().size();
    payload.compressed = Compress(base, base::AsBytes(bundles.back())).value();
    upd.payloads.push_back(std::move(payload));
  }
  return upd;
}

}  // namespace day::update::testing
