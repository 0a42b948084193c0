#include "libs/update/follower.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "libs/crypto/hash.h"
#include "libs/tlog/tlog_proof.h"
#include "libs/tuf/client.h"
#include "libs/update/delta.h"
#include "libs/update/dsse.h"
#include "libs/update/metadata_proof.h"

namespace day::update {
namespace {

using base::ErrorKind;
using base::MakeError;

base::Error Refuse(std::string message) {
  return MakeError(ErrorKind::kPermission, std::move(message));
}

// Metadata out of the file. What must be in the log and is not, is not there.
class UpdSource : public tuf::MetadataSource {
 public:
  UpdSource(const Upd& upd, const tlog::Checkpoint& checkpoint) : checkpoint_(checkpoint) {
    for (const UpdTufFile& file : upd.tuf_files) {
      if (UseOf(file.name) != MetadataUse::kNone) {
        files_.emplace(file.name, &file);
      }
    }
  }
  base::Result<std::string> Fetch(const std::string& path, std::uint64_t size_max_bytes) override {
    const auto found = files_.find(path);
    if (found == files_.end()) {
      return MakeError(ErrorKind::kNotFound, path + ": not in the update");
    }
    if (found->second->bytes.size() > size_max_bytes) {
      return MakeError(ErrorKind::kLimit, path + ": too long");
    }
    DAY_TRY(CheckLogged(*found->second, checkpoint_));
    return found->second->bytes;
  }

 private:
  const tlog::Checkpoint& checkpoint_;
  std::map<std::string, const UpdTufFile*> files_;
};

class MapStore : public tuf::MetadataStore {
 public:
  explicit MapStore(std::map<std::string, std::string>* files) : files_(files) {}
  base::Result<std::string> Read(const std::string& file, std::uint64_t size_max_bytes) override {
    const auto found = files_->find(file);
    if (found == files_->end() || found->second.size() > size_max_bytes) {
      return MakeError(ErrorKind::kNotFound, file);
    }
    return found->second;
  }
  base::Status Write(const std::string& file, base::Bytes bytes) override {
    (*files_)[file] = base::AsText(bytes);
    return base::OkStatus();
  }
  base::Status Erase(const std::string& file) override {
    files_->erase(file);
    return base::OkStatus();
  }

 private:
  std::map<std::string, std::string>* files_;
};

tlog::Hash LeafAt(const Upd& upd, std::uint64_t index) {
  const auto at = static_cast<std::size_t>(index - upd.first_index);
  return at < upd.leaf_hashes.size()
             ? upd.leaf_hashes[at]
             : tlog::LeafHash(base::AsBytes(upd.entries[at - upd.leaf_hashes.size()]));
}

// Both checkpoints verbatim, and what shows that they exclude each other.
std::string Evidence(const SeenCheckpoint& known, const std::string& other, const Upd* leaves) {
  std::string out = fmt::format("daylight-fork-evidence/v1\n{} {}\n{}{}", known.note.size(),
                                other.size(), known.note, other);
  if (leaves != nullptr) {
    // All leaves of the other tree: the known root is not the root of their beginning.
    for (std::uint64_t i = 0; i < leaves->EndIndex(); ++i) {
      out += base::ToHex(LeafAt(*leaves, i)) + "\n";
    }
  }
  return out;
}

// One run of Follow(): the new state grows in `out_`.
class Run {
 public:
  Run(const tlog::Policy& policy, const Upd& upd, std::int64_t now_s, const FollowerState& state)
      : policy_(policy), upd_(upd), now_s_(now_s), old_(state) {
    out_.state = state;
  }

  base::Result<Followed> Do() {
    if (!old_.fork_evidence.empty()) {
      return Refuse("the log has forked: updates are stopped until a new root is trusted");
    }
    DAY_TRY(OpenCheckpoint());
    DAY_TRY(AppendLeaves());
    if (out_.fork) {
      return std::move(out_);
    }
    UpdSource source(upd_, checkpoint_);
    MapStore store(&out_.state.tuf);
    tuf::Client client(&source, &store, std::max(now_s_, out_.state.time_s), tuf::ClientLimits{});
    DAY_TRY(client.Refresh());
    out_.state.metadata_expires_s = client.timestamp().common.expires;
    DAY_TRY(ReadPolicy(&client));
    DAY_TRY(ReadEntries(&client));
    return std::move(out_);
  }

 private:
  base::Status OpenCheckpoint();
  base::Status AppendLeaves();
  void Remember();
  void CallFork(const Upd* leaves);
  base::Status ReadPolicy(tuf::Client* client);
  base::Status ReadEntries(tuf::Client* client);
  base::Status JudgeMetadata(const tuf::Client& client, const LoggedMetadata& metadata,
                             EntryReport* report) const;
  base::Status Judge(tuf::Client* client, const std::string& entry, EntryReport* report);
  base::Status Prove(const EntryReport& report, const std::string& entry);
  void Apply(const EntryReport& report);

  const tlog::Policy& policy_;
  const Upd& upd_;
  std::int64_t now_s_;
  const FollowerState& old_;
  tlog::Checkpoint checkpoint_;
  std::vector<tlog::Hash> leaves_;  // the new ones
  Followed out_;
};

base::Status Run::OpenCheckpoint() {
  if (policy_.quorum_is_none()) {
    return MakeError(ErrorKind::kInvalidUse, "the policy asks for no witnesses");
  }
  DAY_TRY_ASSIGN(const tlog::TrustedCheckpoint trusted, policy_.Open(upd_.checkpoint));
  checkpoint_ = trusted.checkpoint;
  if (!old_.origin.empty() && checkpoint_.origin != old_.origin) {
    return Refuse("the checkpoint is of another log");
  }
  out_.state.origin = checkpoint_.origin;
  const auto time_s = static_cast<std::int64_t>(trusted.quorum_time_s.value_or(0));
  out_.state.time_s = std::max(old_.time_s, time_s);
  return base::OkStatus();
}

void Run::CallFork(const Upd* leaves) {
  const auto known = std::find_if(
      old_.checkpoints.rbegin(), old_.checkpoints.rend(), [&](const SeenCheckpoint& seen) {
        return leaves != nullptr ? seen.size == old_.range.size() : seen.size == checkpoint_.size;
      });
  out_.state = old_;
  out_.state.fork_evidence = Evidence(*known, upd_.checkpoint, leaves);
  out_.fork = true;
}

base::Status Run::AppendLeaves() {
  for (const SeenCheckpoint& seen : old_.checkpoints) {
    if (seen.size == checkpoint_.size && seen.root != checkpoint_.root) {
      CallFork(nullptr);
      return base::OkStatus();
    }
  }
  const std::uint64_t known = old_.range.size();
  if (checkpoint_.size < known) {
    return Refuse(fmt::format("the update is older than what is known: {} entries, not {}",
                              checkpoint_.size, known));
  }
  if (checkpoint_.size > known && upd_.first_index > known) {
    return MakeError(ErrorKind::kNotFound,
                     fmt::format("the update begins at entry {}, but only {} are known: a catch-up "
                                 "file is needed",
                                 upd_.first_index, known));
  }
  if (upd_.EndIndex() != checkpoint_.size) {
    return MakeError(ErrorKind::kMalformed, "the update does not hold the log's newest entries");
  }
  for (std::uint64_t i = known; i < checkpoint_.size; ++i) {
    leaves_.push_back(LeafAt(upd_, i));
    out_.state.range.Append(leaves_.back());
  }
  if (out_.state.range.Root() == checkpoint_.root) {
    Remember();
    return base::OkStatus();
  }
  // With all leaves from the first on it can be told who is wrong.
  if (upd_.first_index == 0 && known > 0) {
    tlog::CompactRange whole;
    tlog::Hash at_known{};
    for (std::uint64_t i = 0; i < checkpoint_.size; ++i) {
      whole.Append(LeafAt(upd_, i));
      if (whole.size() == known) {
        at_known = whole.Root();
      }
    }
    if (whole.Root() == checkpoint_.root && at_known != old_.range.Root()) {
      CallFork(&upd_);
      return base::OkStatus();
    }
  }
  return MakeError(ErrorKind::kMalformed,
                   "the entries of the update are not those that the log's checkpoint is about");
}

void Run::Remember() {
  auto& seen = out_.state.checkpoints;
  if (!seen.empty() && seen.back().size == checkpoint_.size) {
    if (out_.state.time_s > old_.time_s) {
      seen.back().note = upd_.checkpoint;
    }
    return;
  }
  seen.push_back({checkpoint_.size, checkpoint_.root, upd_.checkpoint});
  if (seen.size() > kCheckpointsKept) {
    seen.erase(seen.begin());
  }
}

base::Status Run::ReadPolicy(tuf::Client* client) {
  const auto target = client->FindTarget(kPolicyTarget);
  if (!target.ok()) {
    return target.error().kind == ErrorKind::kNotFound ? base::OkStatus()
                                                       : base::Status(target.error());
  }
  const wire::Json* custom = target->file.unknown.Find("custom");
  const wire::Json* text = custom != nullptr ? custom->Find("text") : nullptr;
  if (text == nullptr || !tuf::VerifyTarget(base::AsBytes(text->text()), *target).ok()) {
    return Refuse("the metadata orders a policy for the log and does not tell it");
  }
  const auto policy = tlog::Policy::Parse(text->text());
  const bool usable =
      policy.ok() && !policy->quorum_is_none() &&
      std::any_of(policy->logs().begin(), policy->logs().end(), [this](const tlog::PolicyLog& log) {
        return log.key.name() == out_.state.origin;
      });
  if (!usable) {
    return Refuse("the metadata orders a policy under which this log could not be followed");
  }
  out_.state.policy = text->text();
  return base::OkStatus();
}

// An entry that says who may sign. It counts if it is what the file brought; if it is newer and
// rightly signed, the file hides a change of keys.
base::Status Run::JudgeMetadata(const tuf::Client& client, const LoggedMetadata& metadata,
                                EntryReport* report) const {
  const tuf::Root& root = client.root();
  const std::int64_t known =
      metadata.role == tuf::TopRole::kRoot ? root.common.version : client.targets().common.version;
  const tuf::RoleKeys& role = root.role(metadata.role);
  report->signers = tuf::CountSigners(metadata.envelope, root.keys, role);
  report->threshold = role.threshold;
  if (report->signers < report->threshold) {
    report->refused = metadata.version < known ? "signed by keys that were replaced since"
                                               : fmt::format("{} of the {} signatures it needs",
                                                             report->signers, report->threshold);
    return base::OkStatus();
  }
  if (metadata.version > known) {
    return Refuse(
        fmt::format("the log has {}, the update only version {}: a change of keys is "
                    "being hidden",
                    metadata.FileName(), known));
  }
  return base::OkStatus();
}

// Whether the entry counts; if not, report->refused says why.
base::Status Run::Judge(tuf::Client* client, const std::string& entry, EntryReport* report) {
  const auto envelope = ParseDsse(base::AsBytes(entry));
  if (!envelope.ok()) {
    if (const auto metadata = ReadLoggedMetadata(base::AsBytes(entry))) {
      report->statement.kind = StatementKind::kMetadata;
      report->statement.subjects = {
          {metadata->FileName(), crypto::Sha256Hex(base::AsBytes(entry))}};
      report->statement.sequence = metadata->version;
      report->statement.text = metadata->FileName();
      return JudgeMetadata(*client, *metadata, report);
    }
  }
  if (!envelope.ok() || envelope->payload_type != kInTotoType) {
    report->refused = "not a signed statement";
    return base::OkStatus();
  }
  auto statement = ParseStatement(envelope->payload);
  if (!statement.ok()) {
    report->refused = statement.error().message;
    return base::OkStatus();
  }
  report->statement = std::move(*statement);
  if (report->statement.kind == StatementKind::kUnknown) {
    report->refused = "a kind of statement that this version does not know";
    return base::OkStatus();
  }
  const auto authority = client->FindAuthority(RoleOf(report->statement));
  if (!authority.ok()) {
    if (authority.error().kind != ErrorKind::kNotFound) {
      return authority.error();
    }
    report->refused = "nobody may say this";
    return base::OkStatus();
  }
  report->signers = CountSigners(*envelope, authority->keys, authority->role);
  report->threshold = authority->role.threshold;
  if (report->signers < report->threshold) {
    report->refused =
        fmt::format("{} of the {} signatures it needs", report->signers, report->threshold);
  }
  return base::OkStatus();
}

base::Status Run::Prove(const EntryReport& report, const std::string& entry) {
  tlog::LeafNodes nodes(old_.range, leaves_);
  tlog::TlogProof proof;
  proof.index = report.index;
  DAY_TRY_ASSIGN(proof.hashes, tlog::MakeInclusionProof(nodes, report.index, checkpoint_.size));
  proof.checkpoint = upd_.checkpoint;
  out_.proofs.push_back({report.statement.subjects[0].sha256, entry, proof.ToText()});
  return base::OkStatus();
}

void Run::Apply(const EntryReport& report) {
  const Statement& statement = report.statement;
  FollowerState& state = out_.state;
  if (statement.kind == StatementKind::kHalt || statement.kind == StatementKind::kRecall) {
    for (const Subject& subject : statement.subjects) {
      state.stopped.insert(subject.sha256);
    }
  }
  if (statement.kind == StatementKind::kEngine) {
    state.engine = statement;
  }
  if (statement.kind == StatementKind::kBundle) {
    state.stopped.insert(statement.recalled.begin(), statement.recalled.end());
    state.releases.push_back({report.index, statement});
    if (state.releases.size() > kReleasesKept) {
      state.releases.erase(state.releases.begin());
    }
  }
}

base::Status Run::ReadEntries(tuf::Client* client) {
  const std::uint64_t known = old_.range.size();
  const std::uint64_t readable = upd_.first_index + upd_.leaf_hashes.size();
  std::uint64_t accounted = 0;
  for (std::uint64_t i = std::max(known, readable); i < checkpoint_.size; ++i) {
    EntryReport report;
    report.index = i;
    const std::string& entry = upd_.entries[static_cast<std::size_t>(i - readable)];
    DAY_TRY(Judge(client, entry, &report));
    const Statement& statement = report.statement;
    if (report.refused.empty() && statement.kind == StatementKind::kBundle) {
      const auto& releases = out_.state.releases;
      if (!releases.empty() && statement.sequence <= releases.back().statement.sequence) {
        report.refused = "not newer than an earlier release";
      } else if (statement.log_size > i) {
        report.refused = "speaks of entries behind itself";
      }
    }
    const auto& engine = out_.state.engine;
    if (report.refused.empty() && statement.kind == StatementKind::kEngine && engine &&
        statement.sequence <= engine->sequence) {
      report.refused = "not newer than an earlier release of the program";
    }
    if (report.refused.empty()) {
      Apply(report);
      if (statement.kind == StatementKind::kBundle) {
        DAY_TRY(Prove(report, entry));
        accounted = std::max(accounted, statement.log_size);
      }
    }
    out_.entries.push_back(std::move(report));
  }
  if (readable > known && checkpoint_.size > known) {
    out_.unread = std::min(readable, checkpoint_.size) - known;
    if (accounted < std::min(readable, checkpoint_.size)) {
      return Refuse("entries were left out that no release accounts for");
    }
  }
  return base::OkStatus();
}

}  // namespace

const KnownRelease* FollowerState::Candidate() const {
  for (auto release = releases.rbegin(); release != releases.rend(); ++release) {
    if (!stopped.contains(release->sha256())) {
      return &*release;
    }
  }
  return nullptr;
}

const KnownRelease* FollowerState::FindRelease(std::string_view sha256) const {
  const auto found = std::find_if(releases.begin(), releases.end(), [&](const KnownRelease& known) {
    return known.sha256() == sha256;
  });
  return found != releases.end() ? &*found : nullptr;
}

Freshness FollowerState::FreshnessAt(std::int64_t now_s) const {
  const std::int64_t now = std::max(now_s, time_s);
  if (now >= metadata_expires_s || now - time_s >= kExpiredSeconds) {
    return Freshness::kExpired;
  }
  return now - time_s < kFreshSeconds ? Freshness::kFresh : Freshness::kStale;
}

base::Result<FollowerState> StartFollowing(base::Bytes root_json) {
  FollowerState state;
  MapStore store(&state.tuf);
  DAY_TRY(tuf::Client::Init(&store, root_json, tuf::ClientLimits{}));
  return state;
}

base::Result<Followed> Follow(const tlog::Policy& policy, const Upd& upd, std::int64_t now_s,
                              const FollowerState& state) {
  return Run(policy, upd, now_s, state).Do();
}

base::Result<std::string> TakeBundle(const Upd& upd, const Statement& release, base::Bytes active) {
  const std::string& wanted = release.subjects[0].sha256;
  const std::string have = active.empty() ? std::string() : crypto::Sha256Hex(active);
  for (const UpdPayload& payload : upd.payloads) {
    const bool usable = payload.base_sha256.empty() || payload.base_sha256 == have;
    if (payload.result_sha256 != wanted || !usable) {
      continue;
    }
    if (payload.result_size != release.size_bytes) {
      return Refuse("the bundle has another size than its release says");
    }
    DAY_TRY_ASSIGN(std::string bundle,
                   Decompress(payload.base_sha256.empty() ? base::Bytes() : active,
                              base::AsBytes(payload.compressed), payload.result_size));
    if (crypto::Sha256Hex(base::AsBytes(bundle)) != wanted) {
      return Refuse("the bundle is not the one that was released");
    }
    return bundle;
  }
  return MakeError(ErrorKind::kNotFound, "the update does not hold the released bundle");
}

}  // namespace day::update
