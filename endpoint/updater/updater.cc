#include "endpoint/updater/updater.h"

#include <fmt/core.h>

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "endpoint/updater/program_check.h"
#include "libs/base/lines.h"
#include "libs/crypto/hash.h"
#include "libs/os/file.h"
#include "libs/tlog/policy.h"

namespace day::endpoint::updater {
namespace {

using base::ErrorKind;
using base::MakeError;
using Kind = UpdateOutcome::Kind;

// The policy that the network orders, or the one that was trusted first.
base::Result<tlog::Policy> LoadPolicy(const StateFolder& state,
                                      const update::FollowerState& follower) {
  if (!follower.policy.empty()) {
    return tlog::Policy::Parse(follower.policy);
  }
  DAY_TRY_ASSIGN(const std::string text, state.ReadPolicy());
  return tlog::Policy::Parse(text);
}

// A release that says that it takes nothing away must not: whoever has its predecessor can tell.
// What speaks against it; empty if nothing does. Errors: as CompareInSandbox().
base::Result<std::string> CheckClaim(const update::Statement& release, const std::string& active,
                                     const update::Bundle& bundle, const TrialOptions& options) {
  if (release.removes || active.empty() ||
      crypto::Sha256Hex(base::AsBytes(active)) != release.previous_sha256) {
    return std::string();
  }
  DAY_TRY_ASSIGN(const update::Bundle before, update::DecodeBundle(base::AsBytes(active)));
  const auto blindness = CompareInSandbox(before, bundle, options);
  if (!blindness.ok()) {
    return SpeaksAgainstBundle(blindness.error())
               ? base::Result<std::string>("it cannot be compared with the release before: " +
                                           blindness.error().message)
               : blindness.error();
  }
  return blindness->Blinds()
             ? "it says that it takes no detection away, but it " + blindness->Lines().front()
             : std::string();
}

base::Status NeedTrust(const StateFolder& state) {
  if (!state.Exists()) {
    return MakeError(ErrorKind::kNotFound,
                     "no network is trusted yet: `daylight trust ROOT --policy FILE`");
  }
  return base::OkStatus();
}

}  // namespace

base::Status Updater::Trust(const StateFolder& state, const std::string& root_json,
                            const std::string& policy) {
  DAY_TRY_ASSIGN(const tlog::Policy parsed, tlog::Policy::Parse(policy));
  if (parsed.quorum_is_none() || parsed.logs().empty()) {
    return MakeError(ErrorKind::kInvalidUse,
                     "the policy must name a log and a quorum of witnesses");
  }
  DAY_TRY_ASSIGN(const update::FollowerState start,
                 update::StartFollowing(base::AsBytes(root_json)));
  DAY_TRY_ASSIGN(const os::Fd lock, state.Lock());
  return state.Create(policy, start);
}

base::Status Updater::EnsureTrust(const StateFolder& state, const PinnedTrust& pinned) {
  if (state.Exists() || pinned.root_json.empty()) {
    return NeedTrust(state);
  }
  std::vector<std::string> urls;
  for (std::string_view rest = pinned.mirrors; !rest.empty();) {
    const std::string_view url = base::TakeLine(&rest);
    if (!url.empty()) {
      urls.emplace_back(url);
    }
  }
  DAY_TRY(Trust(state, std::string(pinned.root_json), std::string(pinned.policy)));
  return state.WriteMirrors(urls);
}

base::Result<UpdateOutcome> Updater::FromFile(const std::string& bytes) {
  DAY_TRY(NeedTrust(state_));
  DAY_TRY_ASSIGN(const os::Fd lock, state_.Lock());
  return Apply(bytes);
}

base::Result<UpdateOutcome> Updater::FromMirrors(Mirrors* mirrors, Ask ask) {
  DAY_TRY(NeedTrust(state_));
  DAY_TRY_ASSIGN(const os::Fd lock, state_.Lock());
  std::optional<UpdateOutcome> outcome;
  const auto accept = [&](const std::string& bytes) -> base::Status {
    auto applied = Apply(bytes);
    if (!applied.ok()) {
      return applied.error();
    }
    outcome = std::move(*applied);
    return base::OkStatus();
  };
  base::Status fetched = mirrors->Fetch(ask == Ask::kFull ? "full.upd" : "latest.upd", accept);
  if (ask == Ask::kLatestFirst && !fetched.ok() && fetched.error().kind == ErrorKind::kNotFound) {
    fetched = mirrors->Fetch("full.upd", accept);
  }
  DAY_TRY(fetched);
  return std::move(*outcome);
}

base::Result<UpdateOutcome> Updater::Apply(const std::string& bytes) {
  DAY_TRY_ASSIGN(const update::Upd upd, update::DecodeUpd(base::AsBytes(bytes)));
  DAY_TRY_ASSIGN(const update::FollowerState before, state_.ReadFollower());
  DAY_TRY_ASSIGN(const tlog::Policy policy, LoadPolicy(state_, before));
  DAY_TRY_ASSIGN(update::Followed followed, update::Follow(policy, upd, options_.now_s, before));
  UpdateOutcome outcome;
  outcome.log_size = followed.state.range.size();
  outcome.unread = followed.unread;
  outcome.freshness = followed.state.FreshnessAt(options_.now_s);
  outcome.witnessed_s = followed.state.time_s;
  if (followed.fork) {
    outcome.kind = Kind::kFork;
    DAY_TRY_ASSIGN(outcome.evidence_path, state_.WriteEvidence(followed.state.fork_evidence));
    DAY_TRY(state_.WriteFollower(followed.state));
    return outcome;
  }
  // The lines first: a crash in between writes them twice, never not at all.
  DAY_TRY(state_.AppendLog(followed.entries));
  for (const update::ReleaseProof& proof : followed.proofs) {
    DAY_TRY(state_.WriteProof(proof));
  }
  DAY_TRY(state_.WriteFollower(followed.state));
  DAY_TRY(os::WriteFileAtomic(state_.path() + "/last.upd", base::AsBytes(bytes), 0600,
                              os::Durability::kCrashOfProcess));
  outcome.entries = std::move(followed.entries);
  if (followed.state.engine) {
    const ProgramCheck check = CheckProgram(*followed.state.engine, options_.program_folder);
    outcome.program = check.released ? "" : check.words;
  }
  DAY_TRY(Choose(upd, followed.state, &outcome));
  if (!followed.proofs.empty()) {
    DAY_TRY_ASSIGN(const Slots slots, state_.ReadSlots());
    DAY_TRY(state_.PruneProofs(slots, followed.state));
  }
  return outcome;
}

// Leaves a release that was stopped: for the one before it, or for the rules that ship.
base::Result<bool> Updater::LeaveStopped(const update::FollowerState& state, Slots* slots) {
  const Slot* active = slots->Active();
  if (active == nullptr || !state.stopped.contains(active->sha256)) {
    return false;
  }
  const Slot* previous = slots->Previous();
  const bool usable = previous != nullptr && !state.stopped.contains(previous->sha256) &&
                      !slots->rejected.contains(previous->sha256);
  slots->active = usable ? std::optional(1 - *slots->active) : std::nullopt;
  DAY_TRY(state_.WriteSlots(*slots));
  return true;
}

// Which release should be active, and whether it is time.
base::Status Updater::Choose(const update::Upd& upd, const update::FollowerState& state,
                             UpdateOutcome* outcome) {
  DAY_TRY_ASSIGN(Slots slots, state_.ReadSlots());
  DAY_TRY_ASSIGN(const bool left, LeaveStopped(state, &slots));
  const base::Status taken = TakeNewer(upd, state, &slots, outcome);
  if (!left) {
    return taken;
  }
  if (slots.Active() == nullptr) {
    DAY_TRY(taken);  // another file may have what is needed
    outcome->kind = Kind::kStoppedAll;
    return base::OkStatus();
  }
  // Whatever became of a newer one, that is the news.
  outcome->kind = Kind::kWentBack;
  outcome->sequence = slots.Active()->sequence;
  return base::OkStatus();
}

base::Status Updater::TakeNewer(const update::Upd& upd, const update::FollowerState& state,
                                Slots* slots, UpdateOutcome* outcome) {
  const Slot* active = slots->Active();
  const update::KnownRelease* wanted = state.Candidate();
  if (wanted == nullptr) {
    outcome->kind = Kind::kNoRelease;
    return base::OkStatus();
  }
  if (active != nullptr && wanted->statement.sequence <= active->sequence) {
    outcome->kind = Kind::kNothingNew;
    outcome->sequence = active->sequence;
    return base::OkStatus();
  }
  outcome->sequence = wanted->statement.sequence;
  if (const auto rejected = slots->rejected.find(wanted->sha256());
      rejected != slots->rejected.end()) {
    outcome->kind = Kind::kRejected;
    outcome->reason = rejected->second;
    return base::OkStatus();
  }
  DAY_TRY_ASSIGN(const std::string secret, state_.Secret());
  const std::uint32_t ring = update::RingOf(secret, wanted->sha256());
  outcome->activates_s = wanted->statement.time_s + update::DelayOf(wanted->statement, ring);
  if (active != nullptr && std::max(options_.now_s, state.time_s) < outcome->activates_s) {
    outcome->kind = Kind::kWaits;
    return base::OkStatus();
  }
  outcome->kind = Kind::kActivated;
  return Activate(upd, *wanted, slots, outcome);
}

base::Status Updater::SwitchTo(std::size_t slot, Slots* slots, UpdateOutcome* outcome) {
  slots->active = slot;
  outcome->sequence = slots->slots[slot].sequence;
  return state_.WriteSlots(*slots);
}

base::Status Updater::Activate(const update::Upd& upd, const update::KnownRelease& release,
                               Slots* slots, UpdateOutcome* outcome) {
  if (const std::optional<std::size_t> ready = slots->Find(release.sha256())) {
    return SwitchTo(*ready, slots, outcome);  // it was active before
  }
  // Without it (damaged, deleted) there is no delta, and a whole bundle mends that.
  const std::string active =
      slots->active ? state_.ReadBundle(*slots->active).value_or("") : std::string();
  DAY_TRY_ASSIGN(const std::string bytes,
                 update::TakeBundle(upd, release.statement, base::AsBytes(active)));
  DAY_TRY_ASSIGN(const update::Bundle bundle, update::DecodeBundle(base::AsBytes(bytes)));
  const auto not_tried = [outcome](std::string why) {
    outcome->kind = Kind::kNotTried;
    outcome->reason = std::move(why);
    return base::OkStatus();
  };
  if (bundle.engine > kEngineVersion) {
    return not_tried("it needs a newer version of Daylight");
  }
  DAY_TRY_ASSIGN(const std::string rules, state_.WriteNew(bytes, bundle));
  const auto report = TryBundle(rules, options_.trial);
  if (!report.ok()) {
    return not_tried(report.error().message);
  }
  outcome->trial = *report;
  std::string objection = report->objection;
  if (objection.empty()) {
    auto claim = CheckClaim(release.statement, active, bundle, options_.trial);
    if (!claim.ok()) {
      return not_tried(claim.error().message);
    }
    objection = std::move(*claim);
  }
  if (!objection.empty()) {
    slots->rejected[release.sha256()] = objection;
    outcome->kind = Kind::kRejected;
    outcome->reason = objection;
    return state_.WriteSlots(*slots);
  }
  const std::size_t spare = slots->active ? 1 - *slots->active : 0;
  // Said before it is done: at no time does slots.json name what is not there.
  slots->slots[spare] = {};
  DAY_TRY(state_.WriteSlots(*slots));
  DAY_TRY(state_.AdoptNew(spare));
  slots->slots[spare] = {release.sha256(), release.statement.sequence};
  return SwitchTo(spare, slots, outcome);
}

base::Result<UpdateOutcome> Updater::Rollback() {
  DAY_TRY(NeedTrust(state_));
  DAY_TRY_ASSIGN(const os::Fd lock, state_.Lock());
  DAY_TRY_ASSIGN(Slots slots, state_.ReadSlots());
  DAY_TRY_ASSIGN(const update::FollowerState state, state_.ReadFollower());
  const Slot* previous = slots.Previous();
  if (previous == nullptr) {
    return MakeError(ErrorKind::kNotFound, "there is no earlier release to go back to");
  }
  if (state.stopped.contains(previous->sha256)) {
    return MakeError(ErrorKind::kPermission, "the earlier release was halted or recalled");
  }
  UpdateOutcome outcome;
  outcome.kind = Kind::kWentBack;
  outcome.freshness = state.FreshnessAt(options_.now_s);
  outcome.witnessed_s = state.time_s;
  slots.rejected[slots.Active()->sha256] = "somebody went back from it";
  DAY_TRY(SwitchTo(1 - *slots.active, &slots, &outcome));
  return outcome;
}

base::Result<std::string> Updater::LastFile() const {
  return os::ReadFile(state_.path() + "/last.upd", update::kUpdMaxBytes);
}

namespace {

// The stored checkpoint, by the policy and by the leaves that were followed.
void VerifyLog(const tlog::Policy& policy, const update::FollowerState& state,
               VerifyReport* report) {
  if (!state.fork_evidence.empty()) {
    report->problems.push_back("the log has forked; updates are stopped");
  }
  if (state.checkpoints.empty()) {
    report->problems.push_back("the log was never followed: run `daylight update`");
    return;
  }
  const update::SeenCheckpoint& last = state.checkpoints.back();
  const auto opened = policy.Open(last.note);
  if (!opened.ok()) {
    report->problems.push_back("the stored checkpoint: " + opened.error().message);
  } else if (opened->checkpoint.size != state.range.size() ||
             opened->checkpoint.root != state.range.Root()) {
    report->problems.push_back("the stored checkpoint is not of the entries that were followed");
  } else {
    report->good.push_back(fmt::format("log {}: {} entries, cosigned by {} witnesses", state.origin,
                                       state.range.size(), opened->cosignatures.size()));
  }
}

// A file below the folder that the bundle does not have; empty if there is none.
std::string ExtraFile(const std::string& folder, const update::Bundle& bundle) {
  std::error_code failure;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder, failure)) {
    const std::string path = entry.path().string().substr(folder.size() + 1);
    if (!entry.is_directory(failure) && !bundle.files.contains(path)) {
      return path;
    }
  }
  return "";
}

base::Status VerifySlot(const StateFolder& folder, const Slots& slots, std::size_t index,
                        const update::FollowerState& state, VerifyReport* report) {
  const Slot& slot = slots.slots[index];
  if (slot.sha256.empty()) {
    return base::OkStatus();
  }
  const bool active = slots.active == index;
  const std::string name =
      fmt::format("release {} ({})", slot.sequence, active ? "active" : "the one before");
  const auto bytes = folder.ReadBundle(index);
  if (!bytes.ok() || crypto::Sha256Hex(base::AsBytes(*bytes)) != slot.sha256) {
    report->problems.push_back(name + ": the bundle is not the one that was released");
    return base::OkStatus();
  }
  // The newest releases are remembered; an older one was found in the log when it was activated.
  const bool forgotten =
      !state.releases.empty() && slot.sequence < state.releases.front().statement.sequence;
  if (!forgotten && state.FindRelease(slot.sha256) == nullptr) {
    report->problems.push_back(name + ": no release in the log");
    return base::OkStatus();
  }
  if (active && state.stopped.contains(slot.sha256)) {
    report->problems.push_back(name + ": was halted or recalled");
  }
  DAY_TRY_ASSIGN(const update::Bundle bundle, update::DecodeBundle(base::AsBytes(*bytes)));
  for (const auto& [path, content] : bundle.files) {
    const auto file = os::ReadFile(folder.RulesFolder(index) + "/" + path, update::kBundleMaxBytes);
    if (!file.ok() || *file != content) {
      report->problems.push_back(fmt::format("{}: {} was changed", name, path));
      return base::OkStatus();
    }
  }
  const std::string extra = ExtraFile(folder.RulesFolder(index), bundle);
  if (!extra.empty()) {
    report->problems.push_back(fmt::format("{}: {} does not belong to it", name, extra));
    return base::OkStatus();
  }
  report->good.push_back(
      fmt::format("{}: {} files, as released, SHA-256 {}", name, bundle.files.size(), slot.sha256));
  return base::OkStatus();
}

}  // namespace

base::Result<VerifyReport> VerifyState(const StateFolder& state, const std::string& program_folder,
                                       std::int64_t now_s) {
  DAY_TRY(NeedTrust(state));
  DAY_TRY_ASSIGN(const update::FollowerState follower, state.ReadFollower());
  DAY_TRY_ASSIGN(const tlog::Policy policy, LoadPolicy(state, follower));
  DAY_TRY_ASSIGN(const Slots slots, state.ReadSlots());
  VerifyReport report;
  report.freshness = follower.FreshnessAt(now_s);
  report.witnessed_s = follower.time_s;
  VerifyLog(policy, follower, &report);
  for (std::size_t i = 0; i < slots.slots.size(); ++i) {
    DAY_TRY(VerifySlot(state, slots, i, follower, &report));
  }
  if (follower.engine) {
    const ProgramCheck check = CheckProgram(*follower.engine, program_folder);
    (check.released ? report.good : report.notes).push_back(check.words);
  }
  if (!slots.active) {
    report.problems.push_back("no released rules are active; scans use those that ship");
  }
  return report;
}

}  // namespace day::endpoint::updater
