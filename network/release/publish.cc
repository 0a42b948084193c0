#include "network/release/publish.h"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

#include "libs/crypto/hash.h"
#include "libs/os/system.h"
#include "libs/update/metadata_proof.h"
#include "network/release/fields.h"

namespace day::network::release {
namespace {

using base::ErrorKind;
using base::MakeError;
using wire::Json;

constexpr std::int64_t kMsNs = 1'000'000;
constexpr auto kPause = std::chrono::milliseconds(50);

// The entries as they were when publishing began, so that a second attempt posts the same bytes.
struct Entries {
  std::string decision;
  std::string release;
};

base::Result<Entries> FixEntries(const Workspace& workspace, const Proposal& proposal) {
  const std::string file = proposal.File("entries.json");
  if (workspace.Has(file)) {
    DAY_TRY_ASSIGN(const std::string text, workspace.Read(file));
    DAY_TRY_ASSIGN(const Json json, ReadJson(text, file));
    Fields fields(&json, file);
    Entries out;
    out.decision = fields.Text("decision", update::kEntryMaxBytes);
    out.release = fields.Text("release", update::kEntryMaxBytes);
    DAY_TRY(fields.Finish());
    return out;
  }
  const Entries out{update::WriteDsse(*proposal.decision), update::WriteDsse(proposal.release)};
  if (out.decision.size() > update::kEntryMaxBytes || out.release.size() > update::kEntryMaxBytes) {
    return MakeError(ErrorKind::kLimit, "an entry of the log holds at most 65,535 bytes");
  }
  Json json = Json::Object();
  json.Set("decision", Json::Text(out.decision));
  json.Set("release", Json::Text(out.release));
  DAY_TRY(workspace.Write(file, base::AsBytes(FileText(json))));
  return out;
}

// Syncs until `there` says that what was added has come: a Result<bool>.
template <typename There>
base::Status SyncUntil(const PublishOptions& options, LogAccess* access, LogCopy* log,
                       const There& there) {
  const std::int64_t end = os::MonotonicNs() + options.wait_ms * kMsNs;
  for (;;) {
    DAY_TRY(log->Sync(access, options.now()));
    DAY_TRY_ASSIGN(const bool done, there());
    if (done) {
      return base::OkStatus();
    }
    if (os::MonotonicNs() > end) {
      return MakeError(ErrorKind::kTimeout,
                       "the log has the entry, but published no checkpoint with it yet; are its "
                       "witnesses reachable? Publish again later: it goes on from here");
    }
    std::this_thread::sleep_for(kPause);
  }
}

// Adds an entry unless the log has it, and waits until a checkpoint that counts includes it.
base::Result<std::uint64_t> Post(const PublishOptions& options, const std::string& entry,
                                 std::uint64_t from, LogAccess* access, LogCopy* log) {
  DAY_TRY_ASSIGN(auto index, log->Find(base::AsBytes(entry), from));
  if (!index) {
    DAY_TRY(access->Add(base::AsBytes(entry)));
    DAY_TRY(SyncUntil(options, access, log, [&]() -> base::Result<bool> {
      DAY_TRY_ASSIGN(index, log->Find(base::AsBytes(entry), from));
      return index.has_value();
    }));
  }
  return *index;
}

base::Status CheckSigned(const update::DsseEnvelope& envelope, const Authority& authority,
                         std::string_view what, std::string_view why) {
  const std::int64_t needed = authority.role.threshold;
  const std::int64_t signers = update::CountSigners(envelope, authority.keys, authority.role);
  if (signers < needed) {
    return MakeError(
        ErrorKind::kPermission,
        fmt::format("the {} has {} of the {} signatures it needs{}", what, signers, needed, why));
  }
  return base::OkStatus();
}

}  // namespace

base::Status SyncLog(const Workspace& workspace, const PublishOptions& options, LogAccess* access,
                     LogCopy* log) {
  DAY_TRY(log->Sync(access, options.now()));
  if (log->metadata_logged()) {
    return base::OkStatus();
  }
  options.progress("adding the metadata to the log");
  DAY_TRY_ASSIGN(const auto files, PublishedFiles(workspace));
  for (const update::UpdTufFile& file : files) {
    if (update::UseOf(file.name) == update::MetadataUse::kLogged) {
      DAY_TRY(access->Add(base::AsBytes(file.bytes)));  // again changes nothing
    }
  }
  return SyncUntil(options, access, log,
                   [log]() -> base::Result<bool> { return log->metadata_logged(); });
}

base::Result<Published> PublishProposal(const Workspace& workspace, const PublishOptions& options,
                                        const Proposal& proposal, LogAccess* access, LogCopy* log) {
  const update::Statement& statement = proposal.statement;
  if (!proposal.decision || !proposal.provenance) {
    return MakeError(ErrorKind::kPermission,
                     "nobody signed it yet: daylight-release sign " + proposal.id);
  }
  DAY_TRY(log->Sync(access, options.now()));
  const auto known =
      std::find_if(log->state().releases.begin(), log->state().releases.end(),
                   [&](const auto& release) { return release.statement == statement; });
  Published out;
  if (known == log->state().releases.end()) {
    DAY_TRY_ASSIGN(const Metadata metadata, Metadata::Load(workspace));
    DAY_TRY_ASSIGN(const Authority authority, metadata.FindAuthority(update::RoleOf(statement)));
    DAY_TRY_ASSIGN(const std::string bytes,
                   workspace.Read(proposal.File("bundle"), update::kBundleMaxBytes));
    const update::KnownRelease* candidate = log->state().Candidate();
    const bool follows =
        statement.previous_sha256 == (candidate != nullptr ? candidate->sha256() : "") &&
        (log->state().releases.empty() ||
         statement.sequence > log->state().releases.back().statement.sequence) &&
        !log->state().stopped.contains(proposal.sha256());
    if (!follows) {
      return MakeError(ErrorKind::kInvalidUse,
                       "another release or a halt came between: propose, test and sign again");
    }
    const std::string why =
        statement.removes
            ? " (a release that takes detections away, changes them or lets files through needs "
              "more than one that only adds)"
            : "";
    DAY_TRY(CheckSigned(proposal.release, authority, "release", why));
    DAY_TRY(CheckSigned(*proposal.decision, authority, "decision", why));
    DAY_TRY(CheckSigned(*proposal.provenance, authority, "provenance", why));
    DAY_TRY_ASSIGN(const Entries entries, FixEntries(workspace, proposal));
    DAY_TRY(
        workspace.Write("updates/bundles/" + proposal.sha256() + ".bundle", base::AsBytes(bytes)));
    DAY_TRY(workspace.Write("updates/provenance/" + proposal.sha256() + ".json",
                            base::AsBytes(update::WriteDsse(*proposal.provenance))));
    DAY_TRY(PrepareUpdates(workspace, *log, proposal, options.progress));
    options.progress("adding the decision to the log");
    DAY_TRY(Post(options, entries.decision, statement.log_size, access, log));
    options.progress("adding the release to the log");
    DAY_TRY_ASSIGN(out.index, Post(options, entries.release, statement.log_size, access, log));
    if (log->state().FindRelease(proposal.sha256()) == nullptr) {
      return MakeError(ErrorKind::kPermission,
                       fmt::format("entry {} of the log is this release, but endpoints refuse it; "
                                   "daylight-release log says why",
                                   out.index));
    }
  } else {
    out.index = known->index;
  }
  DAY_TRY_ASSIGN(out.files, WriteUpdates(workspace, *log, options.now(), options.progress));
  return out;
}

base::Result<Published> PublishNotice(const Workspace& workspace, const PublishOptions& options,
                                      const Notice& notice, const Authority& authority,
                                      LogAccess* access, LogCopy* log) {
  DAY_TRY(CheckSigned(notice.envelope, authority, notice.id, ""));
  DAY_TRY(log->Sync(access, options.now()));
  Published out;
  options.progress("adding it to the log");
  DAY_TRY_ASSIGN(out.index, Post(options, update::WriteDsse(notice.envelope), 0, access, log));
  DAY_TRY_ASSIGN(out.files, WriteUpdates(workspace, *log, options.now(), options.progress));
  return out;
}

}  // namespace day::network::release
