#include "network/release/release.h"

#include <fmt/core.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <system_error>

#include "libs/crypto/hash.h"
#include "libs/os/file.h"
#include "libs/tlog/policy.h"
#include "libs/tuf/client.h"
#include "libs/tuf/repository.h"
#include "libs/update/delta.h"
#include "libs/update/upd.h"
#include "libs/wire/json.h"
#include "network/release/log_client.h"

namespace day::network::release {
namespace {

using base::ErrorKind;
using base::MakeError;
using update::StatementKind;
using wire::Json;

constexpr std::uint32_t kFolderMode = 0755;
constexpr std::uint32_t kFileMode = 0644;
constexpr std::uint32_t kSecretMode = 0600;
constexpr std::uint64_t kSmallFileMaxBytes = 8u << 20;
constexpr std::uint32_t kPublishTimeoutMs = 60'000;
constexpr std::uint64_t kLatestEntries = 256;  // in latest.upd
constexpr std::size_t kDeltas = 8;

base::Status Write(const std::string& path, std::string_view bytes, std::uint32_t mode) {
  return os::WriteFileAtomic(path, base::AsBytes(bytes), mode, os::Durability::kCrashOfMachine);
}

class FolderSource : public tuf::MetadataSource {
 public:
  explicit FolderSource(std::string folder) : folder_(std::move(folder)) {}
  base::Result<std::string> Fetch(const std::string& path, std::uint64_t size_max) override {
    return os::ReadFile(folder_ + "/" + path, size_max);
  }

 private:
  std::string folder_;
};

bool IsProposalName(const std::string& name) {
  return update::IsBundlePath(name) && name.find('/') == std::string::npos;
}

// Files whose names a scan would look for, sorted, by their path below the folder.
base::Result<update::Bundle> ReadRules(const std::string& folder) {
  static const std::set<std::string> kKinds = {".yar", ".yara", ".hdb", ".hsb", ".mdb",    ".msb",
                                               ".imp", ".fp",   ".sfp", ".csv", ".sha256", ".md5"};
  update::Bundle bundle;
  std::error_code failure;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder, failure)) {
    if (!entry.is_regular_file(failure) || !kKinds.contains(entry.path().extension().string())) {
      continue;
    }
    const std::string path = entry.path().lexically_relative(folder).string();
    DAY_TRY_ASSIGN(bundle.files[path],
                   os::ReadFile(entry.path().string(), update::kBundleMaxBytes));
  }
  if (failure || bundle.files.empty()) {
    return MakeError(ErrorKind::kNotFound, folder + ": no rules and no hash signatures in it");
  }
  return bundle;
}

base::Result<tuf::Repository> LoadRepository(const std::string& folder) {
  FolderSource source(folder + "/tuf");
  return tuf::Repository::Load(&source);
}

// Who may make a statement.
base::Result<std::pair<tuf::Keys, tuf::RoleKeys>> AuthorityOf(const tuf::Repository& repository,
                                                              StatementKind kind) {
  const std::string_view role = update::RoleOf(kind);
  if (role == "root" || role == "targets") {
    return std::pair(repository.root().keys,
                     role == "root" ? repository.root().root : repository.root().targets);
  }
  const tuf::Targets* targets = repository.targets("targets");
  for (const tuf::Delegation& delegation : targets->delegations) {
    if (delegation.name == role) {
      return std::pair(targets->keys, delegation.keys);
    }
  }
  return MakeError(ErrorKind::kNotFound, fmt::format("nobody may sign a {}: there is no role {}",
                                                     update::StatementKindName(kind), role));
}

// All roots, and of every other role the newest file.
base::Result<std::vector<update::UpdTufFile>> NeededMetadata(const std::string& folder,
                                                             const tuf::Repository& repository) {
  std::vector<std::string> names = {"timestamp.json"};
  for (std::int64_t version = 1; version <= repository.root().common.version; ++version) {
    names.push_back(fmt::format("{}.root.json", version));
  }
  for (const std::string& role : repository.targets_roles()) {
    names.push_back(
        fmt::format("{}.{}", repository.targets(role)->common.version, tuf::RoleFileName(role)));
  }
  DAY_TRY_ASSIGN(const std::string timestamp_bytes,
                 os::ReadFile(folder + "/timestamp.json", kSmallFileMaxBytes));
  DAY_TRY_ASSIGN(const tuf::Envelope envelope,
                 tuf::ParseEnvelope(base::AsBytes(timestamp_bytes), kSmallFileMaxBytes));
  DAY_TRY_ASSIGN(const tuf::Timestamp timestamp, tuf::ParseTimestamp(envelope.signed_part));
  names.push_back(fmt::format("{}.snapshot.json", timestamp.snapshot.version));
  std::vector<update::UpdTufFile> files;
  for (const std::string& name : names) {
    DAY_TRY_ASSIGN(std::string bytes, os::ReadFile(folder + "/" + name, kSmallFileMaxBytes));
    files.push_back({name, std::move(bytes)});
  }
  return files;
}

base::Status WriteMetadata(const std::string& folder,
                           const std::vector<tuf::RepositoryFile>& files) {
  DAY_TRY(os::MakeFolders(folder, kFolderMode));
  for (const tuf::RepositoryFile& file : files) {
    DAY_TRY(Write(folder + "/" + file.path, file.bytes, kFileMode));
  }
  return base::OkStatus();
}

void CompareFiles(const update::Bundle& before, const update::Bundle& after,
                  ProposalReport* report) {
  for (const auto& [path, content] : after.files) {
    const auto old = before.files.find(path);
    if (old == before.files.end()) {
      report->added.push_back(path);
    } else if (old->second != content) {
      report->changed.push_back(path);
    }
  }
  for (const auto& [path, content] : before.files) {
    if (!after.files.contains(path)) {
      report->removed.push_back(path);
    }
  }
}

std::string BundlePath(const std::string& folder, std::int64_t sequence) {
  return fmt::format("{}/releases/{}.bundle", folder, sequence);
}

}  // namespace

// The log and what an endpoint that trusts this network makes of it.
struct ReleaseFolder::World {
  tlog::Policy policy;
  LogContent log;
  update::Upd whole;  // every entry, the metadata, no bundles
  update::Followed followed;
};

base::Status ReleaseFolder::Init(const InitOptions& options, std::int64_t now_s) const {
  if (os::StatPath(folder_ + "/network.json", os::Symlinks::kFollow).ok()) {
    return MakeError(ErrorKind::kInvalidUse, folder_ + " has a network already");
  }
  DAY_TRY_ASSIGN(const tlog::Policy policy, tlog::Policy::Parse(options.policy));
  if (policy.quorum_is_none()) {
    return MakeError(ErrorKind::kInvalidUse, "the policy needs a quorum of witnesses");
  }
  tuf::Repository repository;
  for (const RoleSpec& role : options.roles) {
    if (role.name == "root" || role.name == "targets") {
      DAY_TRY(repository.SetThreshold(role.name, role.threshold));
    } else {
      tuf::Delegation delegation;
      delegation.name = role.name;
      delegation.paths = {role.name + "/*"};
      delegation.keys.threshold = role.threshold;
      DAY_TRY(repository.AddDelegation("targets", delegation));
    }
    for (const crypto::PublicKey& key : role.keys) {
      DAY_TRY(repository.AddKey(role.name, key));
    }
  }
  for (const char* role : {"snapshot", "timestamp"}) {
    DAY_TRY(repository.AddKey(role, options.online->public_key()));
  }
  DAY_TRY(repository.Prepare(now_s, tuf::Lifetimes{}));
  DAY_TRY(repository.Sign(*options.online));
  for (const crypto::PrivateKey& key : options.signers) {
    DAY_TRY(repository.Sign(key));
  }
  DAY_TRY_ASSIGN(const auto files, repository.Finish());
  DAY_TRY(WriteMetadata(folder_ + "/tuf", files));
  for (const char* name : {"/releases", "/proposals", "/mirror"}) {
    DAY_TRY(os::MakeFolders(folder_ + name, kFolderMode));
  }
  DAY_TRY(Write(folder_ + "/policy", options.policy, kFileMode));
  DAY_TRY(Write(online_path(), options.online_pem, kSecretMode));
  Json json = Json::Object();
  json.Set("log", Json::Text(options.log_url));
  json.Set("submit", Json::Text(options.submit_url));
  return Write(folder_ + "/network.json", wire::WriteJson(json, wire::JsonLayout::kIndented) + "\n",
               kFileMode);
}

base::Result<ReleaseFolder::World> ReleaseFolder::ReadWorld(std::uint64_t size_min,
                                                            std::int64_t now_s) const {
  DAY_TRY_ASSIGN(const std::string network,
                 os::ReadFile(folder_ + "/network.json", kSmallFileMaxBytes));
  DAY_TRY_ASSIGN(const Json json, wire::ParseJson(base::AsBytes(network), {}));
  const Json* log = json.Find("log");
  const Json* submit = json.Find("submit");
  if (log == nullptr || submit == nullptr) {
    return MakeError(ErrorKind::kMalformed, folder_ + "/network.json is damaged");
  }
  DAY_TRY_ASSIGN(const std::string policy,
                 os::ReadFile(folder_ + "/policy", tlog::kPolicyBytesMax));
  World world;
  DAY_TRY_ASSIGN(world.policy, tlog::Policy::Parse(policy));
  DAY_TRY_ASSIGN(
      world.log,
      LogClient(log->text(), submit->text()).Read(world.policy, size_min, kPublishTimeoutMs));
  DAY_TRY_ASSIGN(const tuf::Repository repository, LoadRepository(folder_));
  DAY_TRY_ASSIGN(world.whole.tuf_files, NeededMetadata(folder_ + "/tuf", repository));
  DAY_TRY_ASSIGN(const std::string root,
                 os::ReadFile(folder_ + "/tuf/1.root.json", kSmallFileMaxBytes));
  DAY_TRY_ASSIGN(world.followed.state, update::StartFollowing(base::AsBytes(root)));
  if (world.log.checkpoint.empty()) {
    return world;
  }
  world.whole.checkpoint = world.log.checkpoint;
  world.whole.entries = world.log.entries;
  DAY_TRY_ASSIGN(world.followed,
                 update::Follow(world.policy, world.whole, now_s, world.followed.state));
  return world;
}

base::Result<update::DsseEnvelope> ReleaseFolder::ReadProposal(const std::string& name) const {
  if (!IsProposalName(name)) {
    return MakeError(ErrorKind::kInvalidUse, "not a name of a proposal: " + name);
  }
  DAY_TRY_ASSIGN(const std::string text, os::ReadFile(folder_ + "/proposals/" + name + "/envelope",
                                                      update::kEntryMaxBytes));
  return update::ParseDsse(base::AsBytes(text));
}

base::Status ReleaseFolder::WriteProposal(const std::string& name,
                                          const update::DsseEnvelope& envelope) const {
  const std::string text = update::WriteDsse(envelope);
  if (text.size() > update::kEntryMaxBytes) {
    return MakeError(ErrorKind::kLimit, "the statement is too long for the log");
  }
  return Write(folder_ + "/proposals/" + name + "/envelope", text, kFileMode);
}

base::Status ReleaseFolder::NewProposal(const std::string& name,
                                        const update::Statement& statement) const {
  const std::string place = folder_ + "/proposals/" + name;
  if (!IsProposalName(name) || os::StatPath(place, os::Symlinks::kFollow).ok()) {
    return MakeError(ErrorKind::kInvalidUse, "no new proposal can be called " + name);
  }
  DAY_TRY(os::MakeFolders(place, kFolderMode));
  update::DsseEnvelope envelope;
  envelope.payload_type = update::kInTotoType;
  envelope.payload = update::WriteStatement(statement);
  return WriteProposal(name, envelope);
}

base::Result<ProposalReport> ReleaseFolder::Propose(const ProposeOptions& options,
                                                    std::int64_t now_s) const {
  DAY_TRY_ASSIGN(const update::Bundle bundle, ReadRules(options.rules_folder));
  DAY_TRY_ASSIGN(const std::string bytes, update::EncodeBundle(bundle));
  DAY_TRY_ASSIGN(const World world, ReadWorld(0, now_s));
  const auto& releases = world.followed.state.releases;
  update::Statement statement;
  statement.kind = StatementKind::kBundle;
  statement.subjects = {{"rules", crypto::ToHexDigest(crypto::Sha256(base::AsBytes(bytes)))}};
  statement.time_s = now_s;
  statement.sequence = releases.empty() ? 1 : releases.back().statement.sequence + 1;
  statement.size_bytes = bytes.size();
  statement.previous_sha256 = releases.empty() ? "" : releases.back().sha256();
  statement.log_size = world.log.entries.size();
  statement.recalled.assign(world.followed.state.stopped.begin(),
                            world.followed.state.stopped.end());
  statement.rollout = options.rollout;
  statement.emergency = options.emergency;
  DAY_TRY(NewProposal(options.name, statement));
  DAY_TRY(Write(folder_ + "/proposals/" + options.name + "/bundle", bytes, kFileMode));
  return Review(options.name);
}

base::Result<ProposalReport> ReleaseFolder::ProposeStop(const std::string& name, StatementKind kind,
                                                        std::int64_t sequence,
                                                        const std::string& reason,
                                                        std::int64_t now_s) const {
  DAY_TRY_ASSIGN(const std::string bytes,
                 os::ReadFile(BundlePath(folder_, sequence), update::kBundleMaxBytes));
  update::Statement statement;
  statement.kind = kind;
  statement.subjects = {{"rules", crypto::ToHexDigest(crypto::Sha256(base::AsBytes(bytes)))}};
  statement.time_s = now_s;
  statement.text = reason;
  DAY_TRY(NewProposal(name, statement));
  return Review(name);
}

base::Result<ProposalReport> ReleaseFolder::Review(const std::string& name) const {
  DAY_TRY_ASSIGN(const update::DsseEnvelope envelope, ReadProposal(name));
  ProposalReport report;
  DAY_TRY_ASSIGN(report.statement, update::ParseStatement(envelope.payload));
  DAY_TRY_ASSIGN(const tuf::Repository repository, LoadRepository(folder_));
  DAY_TRY_ASSIGN(const auto authority, AuthorityOf(repository, report.statement.kind));
  report.signers = update::CountSigners(envelope, authority.first, authority.second);
  report.threshold = authority.second.threshold;
  if (report.statement.kind != StatementKind::kBundle) {
    return report;
  }
  DAY_TRY_ASSIGN(const std::string bytes,
                 os::ReadFile(folder_ + "/proposals/" + name + "/bundle", update::kBundleMaxBytes));
  const std::string hash = crypto::ToHexDigest(crypto::Sha256(base::AsBytes(bytes)));
  if (report.statement.subjects[0].sha256 != hash) {
    return MakeError(ErrorKind::kPermission, "the proposal's bundle is not the one it speaks of");
  }
  DAY_TRY_ASSIGN(const update::Bundle bundle, update::DecodeBundle(base::AsBytes(bytes)));
  update::Bundle before;
  const auto previous =
      os::ReadFile(BundlePath(folder_, report.statement.sequence - 1), update::kBundleMaxBytes);
  if (previous.ok()) {
    DAY_TRY_ASSIGN(before, update::DecodeBundle(base::AsBytes(*previous)));
  }
  CompareFiles(before, bundle, &report);
  return report;
}

base::Result<ProposalReport> ReleaseFolder::Sign(const std::string& name,
                                                 const crypto::PrivateKey& key) const {
  DAY_TRY_ASSIGN(const ProposalReport before, Review(name));
  DAY_TRY_ASSIGN(update::DsseEnvelope envelope, ReadProposal(name));
  DAY_TRY_ASSIGN(const tuf::Repository repository, LoadRepository(folder_));
  DAY_TRY_ASSIGN(const auto authority, AuthorityOf(repository, before.statement.kind));
  const std::string id = tuf::KeyId(tuf::MakeKey(key.public_key()));
  const auto& ids = authority.second.key_ids;
  if (std::find(ids.begin(), ids.end(), id) == ids.end()) {
    return MakeError(ErrorKind::kPermission,
                     fmt::format("this key may not sign a {}",
                                 update::StatementKindName(before.statement.kind)));
  }
  DAY_TRY(update::SignDsse(key, &envelope));
  DAY_TRY(WriteProposal(name, envelope));
  return Review(name);
}

base::Result<PublishReport> ReleaseFolder::Publish(const std::string& name,
                                                   const crypto::PrivateKey& online,
                                                   std::int64_t now_s) const {
  DAY_TRY_ASSIGN(const ProposalReport report, Review(name));
  if (report.signers < report.threshold) {
    return MakeError(ErrorKind::kPermission, fmt::format("{} of the {} signatures it needs",
                                                         report.signers, report.threshold));
  }
  // A release that is not the next one would be in the log for ever and count for nothing.
  DAY_TRY_ASSIGN(const World world, ReadWorld(0, now_s));
  const auto& releases = world.followed.state.releases;
  const std::int64_t next = releases.empty() ? 1 : releases.back().statement.sequence + 1;
  const bool again = report.statement.kind == StatementKind::kBundle &&
                     world.followed.state.FindRelease(report.statement.subjects[0].sha256);
  if (report.statement.kind == StatementKind::kBundle && report.statement.sequence != next &&
      !again) {
    return MakeError(ErrorKind::kInvalidUse, "another release came first: propose it again");
  }
  if (report.statement.kind == StatementKind::kBundle) {
    DAY_TRY_ASSIGN(
        const std::string bundle,
        os::ReadFile(folder_ + "/proposals/" + name + "/bundle", update::kBundleMaxBytes));
    DAY_TRY(Write(BundlePath(folder_, report.statement.sequence), bundle, kFileMode));
  }
  DAY_TRY_ASSIGN(const std::string network,
                 os::ReadFile(folder_ + "/network.json", kSmallFileMaxBytes));
  DAY_TRY_ASSIGN(const Json json, wire::ParseJson(base::AsBytes(network), {}));
  DAY_TRY_ASSIGN(const std::string entry, os::ReadFile(folder_ + "/proposals/" + name + "/envelope",
                                                       update::kEntryMaxBytes));
  DAY_TRY_ASSIGN(const std::uint64_t index,
                 LogClient(json.Find("log")->text(), json.Find("submit")->text()).Add(entry));
  DAY_TRY_ASSIGN(PublishReport published, WriteMirror(online, index + 1, now_s));
  published.index = index;
  return published;
}

base::Result<PublishReport> ReleaseFolder::Refresh(const crypto::PrivateKey& online,
                                                   std::int64_t now_s) const {
  return WriteMirror(online, 1, now_s);
}

base::Result<std::vector<update::EntryReport>> ReleaseFolder::Log(std::int64_t now_s) const {
  DAY_TRY_ASSIGN(World world, ReadWorld(0, now_s));
  return std::move(world.followed.entries);
}

base::Result<PublishReport> ReleaseFolder::WriteMirror(const crypto::PrivateKey& online,
                                                       std::uint64_t size_min,
                                                       std::int64_t now_s) const {
  DAY_TRY_ASSIGN(tuf::Repository repository, LoadRepository(folder_));
  DAY_TRY(repository.Touch("snapshot"));
  DAY_TRY(repository.Prepare(now_s, tuf::Lifetimes{}));
  DAY_TRY(repository.Sign(online));
  DAY_TRY_ASSIGN(const auto files, repository.Finish());
  DAY_TRY(WriteMetadata(folder_ + "/tuf", files));
  DAY_TRY_ASSIGN(const World world, ReadWorld(size_min, now_s));
  const update::KnownRelease* release = world.followed.state.Candidate();
  update::Upd full = world.whole;
  update::Upd latest = world.whole;
  if (world.log.entries.size() > kLatestEntries) {
    latest.first_index = world.log.entries.size() - kLatestEntries;
    latest.entries.erase(latest.entries.begin(),
                         latest.entries.end() - static_cast<std::ptrdiff_t>(kLatestEntries));
  }
  // Leaves that a release accounts for need not be carried whole.
  if (release != nullptr && release == &world.followed.state.releases.back()) {
    for (std::uint64_t i = 0; i < release->statement.log_size; ++i) {
      full.leaf_hashes.push_back(tlog::LeafHash(base::AsBytes(world.log.entries[i])));
    }
    full.entries.erase(
        full.entries.begin(),
        full.entries.begin() + static_cast<std::ptrdiff_t>(release->statement.log_size));
  }
  if (release != nullptr) {
    const std::int64_t sequence = release->statement.sequence;
    DAY_TRY_ASSIGN(const std::string bundle,
                   os::ReadFile(BundlePath(folder_, sequence), update::kBundleMaxBytes));
    update::UpdPayload payload{"", release->sha256(), bundle.size(), ""};
    DAY_TRY_ASSIGN(payload.compressed, update::Compress({}, base::AsBytes(bundle)));
    full.payloads.push_back(payload);
    for (std::int64_t older = sequence - 1;
         older >= 1 && older + static_cast<std::int64_t>(kDeltas) >= sequence; --older) {
      DAY_TRY_ASSIGN(const std::string base,
                     os::ReadFile(BundlePath(folder_, older), update::kBundleMaxBytes));
      payload.base_sha256 = crypto::ToHexDigest(crypto::Sha256(base::AsBytes(base)));
      DAY_TRY_ASSIGN(payload.compressed,
                     update::Compress(base::AsBytes(base), base::AsBytes(bundle)));
      latest.payloads.push_back(payload);
    }
  }
  // What endpoints would say to it, before they see it.
  DAY_TRY_ASSIGN(const std::string root,
                 os::ReadFile(folder_ + "/tuf/1.root.json", kSmallFileMaxBytes));
  DAY_TRY_ASSIGN(const update::FollowerState fresh, update::StartFollowing(base::AsBytes(root)));
  DAY_TRY_ASSIGN(const update::Followed seen, update::Follow(world.policy, full, now_s, fresh));
  if (release != nullptr) {
    DAY_TRY(update::TakeBundle(full, release->statement, {}));
  }
  PublishReport report;
  report.log_size = seen.state.range.size();
  const std::string full_bytes = update::EncodeUpd(full);
  const std::string latest_bytes = update::EncodeUpd(latest);
  report.full_bytes = full_bytes.size();
  report.latest_bytes = latest_bytes.size();
  DAY_TRY(Write(folder_ + "/mirror/full.upd", full_bytes, kFileMode));
  DAY_TRY(Write(folder_ + "/mirror/latest.upd", latest_bytes, kFileMode));
  return report;
}

}  // namespace day::network::release
