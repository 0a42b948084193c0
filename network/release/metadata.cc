#include "network/release/metadata.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <utility>

#include "libs/base/base64.h"
#include "libs/crypto/hash.h"
#include "libs/tlog/policy.h"
#include "libs/tuf/client.h"
#include "libs/update/follower.h"
#include "network/release/fields.h"

namespace day::network::release {
namespace {

using base::ErrorKind;
using base::MakeError;
using wire::Json;

constexpr std::string_view kChangeFile = "change.json";
constexpr std::string_view kJournalFile = "metadata-files.json";
constexpr std::array<std::string_view, 7> kStepNames = {
    "delegate", "add-key", "remove-key", "threshold", "touch", "rules", "policy"};

class FolderSource : public tuf::MetadataSource {
 public:
  explicit FolderSource(const Workspace& workspace) : workspace_(workspace) {}
  base::Result<std::string> Fetch(const std::string& path, std::uint64_t size_max_bytes) override {
    return workspace_.Read("tuf/" + path, size_max_bytes);
  }

 private:
  const Workspace& workspace_;
};

base::Status Apply(const ChangeStep& step, tuf::Repository* repository) {
  switch (step.kind) {
    case ChangeStep::Kind::kDelegate: {
      tuf::Delegation delegation;
      delegation.name = step.role;
      delegation.paths = {step.role + "/*"};
      delegation.keys.threshold = step.number;
      return repository->AddDelegation("targets", delegation);
    }
    case ChangeStep::Kind::kAddKey: {
      DAY_TRY_ASSIGN(const crypto::PublicKey key, crypto::PublicKey::FromPem(step.text));
      return repository->AddKey(step.role, key);
    }
    case ChangeStep::Kind::kRemoveKey:
      return repository->RemoveKey(step.role, step.text);
    case ChangeStep::Kind::kThreshold:
      return repository->SetThreshold(step.role, step.number);
    case ChangeStep::Kind::kTouch:
      return repository->Touch(step.role);
    case ChangeStep::Kind::kRules:
      return repository->AddTarget("targets", kReleaseRulesTarget, base::AsBytes(step.text),
                                   Json());
    case ChangeStep::Kind::kPolicy: {
      Json custom = Json::Object();
      custom.Set("text", Json::Text(step.text));
      return repository->AddTarget("targets", update::kPolicyTarget, base::AsBytes(step.text),
                                   custom);
    }
  }
  return MakeError(ErrorKind::kInternal, "an unknown step");
}

std::optional<Authority> AuthorityIn(const tuf::Repository& repository, std::string_view role) {
  for (const tuf::TopRole top : {tuf::TopRole::kRoot, tuf::TopRole::kTimestamp,
                                 tuf::TopRole::kSnapshot, tuf::TopRole::kTargets}) {
    if (tuf::TopRoleName(top) == role) {
      return Authority{repository.root().keys, repository.root().role(top)};
    }
  }
  const tuf::Targets* targets = repository.targets("targets");
  for (const tuf::Delegation& delegation : targets->delegations) {
    if (delegation.name == role) {
      return Authority{targets->keys, delegation.keys};
    }
  }
  return std::nullopt;
}

base::Status CheckThresholds(const tuf::Repository& repository) {
  std::vector<std::string> roles = repository.targets_roles();
  roles.insert(roles.end(), {"root", "timestamp", "snapshot"});
  for (const std::string& role : roles) {
    const auto authority = AuthorityIn(repository, role);
    if (!authority) {
      continue;
    }
    const auto keys = static_cast<std::int64_t>(authority->role.key_ids.size());
    if (keys < authority->role.threshold) {
      return MakeError(ErrorKind::kInvalidUse,
                       fmt::format("{} would need {} signatures and have {} keys", role,
                                   authority->role.threshold, keys));
    }
  }
  return base::OkStatus();
}

// Nothing is published yet: no timestamp.
base::Result<tuf::Repository> LoadPublished(const Workspace& workspace) {
  if (!workspace.Has("tuf/timestamp.json")) {
    return tuf::Repository();
  }
  FolderSource source(workspace);
  auto repository = tuf::Repository::Load(&source);
  if (!repository.ok()) {
    return MakeError(repository.error().kind,
                     "the metadata in tuf/ is damaged: " + repository.error().message +
                         ". Restore it from a copy or from a mirror");
  }
  return repository;
}

base::Result<tuf::Repository> Prepared(const Workspace& workspace, const MetadataChange& change) {
  DAY_TRY_ASSIGN(tuf::Repository repository, LoadPublished(workspace));
  for (const ChangeStep& step : change.steps) {
    DAY_TRY(Apply(step, &repository));
  }
  DAY_TRY(CheckThresholds(repository));
  DAY_TRY(repository.Prepare(change.time_s, tuf::Lifetimes{}));
  return repository;
}

// Puts the files of a finished change in place. Any part of it may have been done before.
base::Status PlayJournal(const Workspace& workspace) {
  if (!workspace.Has(kJournalFile)) {
    return base::OkStatus();
  }
  DAY_TRY_ASSIGN(const std::string text, workspace.Read(kJournalFile));
  DAY_TRY_ASSIGN(const Json json, ReadJson(text, kJournalFile));
  Fields fields(&json, kJournalFile);
  for (const Json& item : fields.Array("files", 10'000)) {
    Fields file(&item, kJournalFile);
    const std::string name = file.Text("name", 300);
    const std::string bytes = file.Text("text", 64u << 20);
    file.Check(!name.empty() && name.find('/') == std::string::npos && name[0] != '.', "name");
    DAY_TRY(file.Finish());
    DAY_TRY(workspace.Write("tuf/" + name, base::AsBytes(bytes)));
    if (name == "1.root.json") {
      DAY_TRY(workspace.Write("updates/root.json", base::AsBytes(bytes)));
    }
  }
  const std::string rules = fields.Text("rules", 16'384, Fields::Needed::kOptional);
  const std::string policy =
      fields.Text("policy", tlog::kPolicyBytesMax, Fields::Needed::kOptional);
  DAY_TRY(fields.Finish());
  if (!rules.empty()) {
    DAY_TRY(workspace.Write("rules.json", base::AsBytes(rules)));
  }
  if (!policy.empty()) {
    DAY_TRY(workspace.Write("policy", base::AsBytes(policy)));
    DAY_TRY(workspace.Write("updates/policy", base::AsBytes(policy)));
  }
  DAY_TRY(workspace.Erase(kChangeFile));
  return workspace.Erase(kJournalFile);
}

base::Result<MetadataChange> LoadChange(const Workspace& workspace) {
  if (!workspace.Has(kChangeFile)) {
    return MakeError(ErrorKind::kNotFound, "there is no change of the metadata to sign");
  }
  DAY_TRY_ASSIGN(const std::string text, workspace.Read(kChangeFile));
  return ParseChange(text);
}

}  // namespace

std::string WriteChange(const MetadataChange& change) {
  Json steps = Json::Array();
  for (const ChangeStep& step : change.steps) {
    Json item = Json::Object();
    item.Set("step", Json::Text(kStepNames[static_cast<std::size_t>(step.kind)]));
    item.Set("role", Json::Text(step.role));
    item.Set("text", Json::Text(step.text));
    item.Set("number", Json::Integer(step.number));
    steps.Append(std::move(item));
  }
  Json json = Json::Object();
  json.Set("time", Json::Integer(change.time_s));
  json.Set("reason", Json::Text(change.reason));
  json.Set("steps", std::move(steps));
  json.Set("signatures",
           Json::Text(WriteSignatureFile({.ticket = "change", .signatures = change.signatures})));
  return FileText(json);
}

base::Result<MetadataChange> ParseChange(std::string_view text) {
  DAY_TRY_ASSIGN(const Json json, ReadJson(text, kChangeFile));
  Fields fields(&json, kChangeFile);
  MetadataChange out;
  out.time_s = fields.Integer("time");
  out.reason = fields.Text("reason", update::kTextMaxBytes);
  for (const Json& item : fields.Array("steps", 10'000)) {
    Fields step(&item, kChangeFile);
    ChangeStep made;
    const std::string name = step.Text("step", 20);
    const auto found = std::find(kStepNames.begin(), kStepNames.end(), name);
    if (step.Check(found != kStepNames.end(), "step")) {
      made.kind = static_cast<ChangeStep::Kind>(found - kStepNames.begin());
    }
    made.role = step.Text("role", tuf::kRoleNameMaxBytes);
    made.text = step.Text("text", 16'384);
    made.number = step.Integer("number");
    DAY_TRY(step.Finish());
    out.steps.push_back(std::move(made));
  }
  const std::string signatures = fields.Text("signatures", 4u << 20);
  DAY_TRY(fields.Finish());
  DAY_TRY_ASSIGN(SignatureFile file, ParseSignatureFile(signatures));
  out.signatures = std::move(file.signatures);
  return out;
}

base::Result<Metadata> Metadata::Load(const Workspace& workspace) {
  DAY_TRY(PlayJournal(workspace));
  Metadata out;
  DAY_TRY_ASSIGN(out.repository_, LoadPublished(workspace));
  return out;
}

base::Result<Authority> Metadata::FindAuthority(std::string_view role) const {
  const std::optional<Authority> found = AuthorityIn(repository_, role);
  if (!found) {
    return MakeError(ErrorKind::kNotFound, fmt::format("the metadata has no role {}", role));
  }
  return *found;
}

base::Result<ReleaseRules> Metadata::Rules(const Workspace& workspace) const {
  DAY_TRY_ASSIGN(const std::string text, workspace.Read("rules.json"));
  const tuf::Targets* targets = repository_.targets("targets");
  const auto found = targets->targets.find(kReleaseRulesTarget);
  if (found == targets->targets.end() ||
      !tuf::CheckHashes(base::AsBytes(text), found->second.hashes, "rules.json").ok()) {
    return MakeError(ErrorKind::kPermission,
                     "rules.json is not what the role targets signed; change it only with "
                     "daylight-release rotate --rules FILE");
  }
  return ParseReleaseRules(text);
}

base::Status BeginChange(const Workspace& workspace, const MetadataChange& change) {
  if (workspace.Has(kChangeFile)) {
    return MakeError(ErrorKind::kInvalidUse,
                     "a change of the metadata is being signed already: finish it with "
                     "daylight-release sign change, or delete change.json to drop it");
  }
  DAY_TRY(Prepared(workspace, change));
  return workspace.Write(kChangeFile, base::AsBytes(WriteChange(change)));
}

base::Result<SigningRequest> ChangeRequest(const Workspace& workspace) {
  DAY_TRY_ASSIGN(const MetadataChange change, LoadChange(workspace));
  DAY_TRY_ASSIGN(const tuf::Repository repository, Prepared(workspace, change));
  SigningRequest out;
  out.ticket = "change";
  out.summary = {change.reason};
  for (const ChangeStep& step : change.steps) {
    out.summary.push_back(
        fmt::format("{} {}", kStepNames[static_cast<std::size_t>(step.kind)], step.role));
  }
  for (const auto& [role, envelope] : repository.pending()) {
    out.parts.push_back({role, PartKind::kTuf, envelope.Covered()});
  }
  return out;
}

base::Result<ChangeState> AddChangeSignatures(const Workspace& workspace,
                                              const std::vector<PartSignature>& signatures) {
  DAY_TRY_ASSIGN(MetadataChange change, LoadChange(workspace));
  DAY_TRY_ASSIGN(tuf::Repository repository, Prepared(workspace, change));
  for (const PartSignature& old : change.signatures) {
    DAY_TRY(repository.AddSignature(old.part, {.key_id = old.key_id, .signature = old.signature}));
  }
  std::size_t added = 0;
  for (const PartSignature& signature : signatures) {
    // A key signs every part; those of roles that do not list it are left out.
    const tuf::Signature made{.key_id = signature.key_id, .signature = signature.signature};
    if (repository.AddSignature(signature.part, made).ok()) {
      std::erase_if(change.signatures, [&](const PartSignature& old) {
        return old.part == signature.part && old.key_id == signature.key_id;
      });
      change.signatures.push_back(signature);
      ++added;
    }
  }
  if (added == 0 && !signatures.empty()) {
    return MakeError(ErrorKind::kPermission,
                     "none of these keys may sign any part of the change, or the signatures are of "
                     "other bytes");
  }
  ChangeState out;
  out.missing = repository.Missing();
  DAY_TRY(workspace.Write(kChangeFile, base::AsBytes(WriteChange(change))));
  if (!out.missing.empty()) {
    return out;
  }
  DAY_TRY_ASSIGN(const auto files, repository.Finish());
  Json list = Json::Array();
  for (const tuf::RepositoryFile& file : files) {
    Json item = Json::Object();
    item.Set("name", Json::Text(file.path));
    item.Set("text", Json::Text(file.bytes));
    list.Append(std::move(item));
    out.files.push_back(file.path);
  }
  Json journal = Json::Object();
  journal.Set("files", std::move(list));
  for (const ChangeStep& step : change.steps) {
    if (step.kind == ChangeStep::Kind::kRules) {
      journal.Set("rules", Json::Text(step.text));
    } else if (step.kind == ChangeStep::Kind::kPolicy) {
      journal.Set("policy", Json::Text(step.text));
    }
  }
  DAY_TRY(workspace.Write(kJournalFile, base::AsBytes(FileText(journal))));
  DAY_TRY(PlayJournal(workspace));
  return out;
}

base::Result<std::vector<update::UpdTufFile>> PublishedFiles(const Workspace& workspace) {
  std::vector<update::UpdTufFile> out;
  DAY_TRY_ASSIGN(const Metadata metadata, Metadata::Load(workspace));
  const auto add = [&](const std::string& name) -> base::Status {
    DAY_TRY_ASSIGN(std::string bytes, workspace.Read("tuf/" + name));
    out.push_back({name, std::move(bytes), std::nullopt});
    return base::OkStatus();
  };
  for (std::int64_t i = 1; i <= metadata.repository().root().common.version; ++i) {
    DAY_TRY(add(fmt::format("{}.root.json", i)));
  }
  DAY_TRY(add("timestamp.json"));
  DAY_TRY_ASSIGN(const tuf::Envelope timestamp_file,
                 tuf::ParseEnvelope(base::AsBytes(out.back().bytes), 64u << 20));
  DAY_TRY_ASSIGN(const tuf::Timestamp timestamp, tuf::ParseTimestamp(timestamp_file.signed_part));
  DAY_TRY(add(fmt::format("{}.snapshot.json", timestamp.snapshot.version)));
  DAY_TRY_ASSIGN(const tuf::Envelope snapshot_file,
                 tuf::ParseEnvelope(base::AsBytes(out.back().bytes), 64u << 20));
  DAY_TRY_ASSIGN(const tuf::Snapshot snapshot, tuf::ParseSnapshot(snapshot_file.signed_part));
  const auto targets = snapshot.meta.find("targets.json");
  if (targets == snapshot.meta.end()) {
    return MakeError(ErrorKind::kMalformed, "targets: not in the snapshot");
  }
  DAY_TRY(add(fmt::format("{}.targets.json", targets->second.version)));
  return out;
}

}  // namespace day::network::release
