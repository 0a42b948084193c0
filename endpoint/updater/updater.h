// One run of the updater: from a `.upd` file, or mirrors that have one, to the rules that are
// active.
//
//   Updater updater(StateFolder(folder), options);
//   DAY_TRY_ASSIGN(const UpdateOutcome outcome, updater.FromMirrors(&mirrors));
//
// Follows the log first and stores that, whatever happens next; then activates the newest release
// that was not stopped, if its time for this machine has come (libs/update/statement.h: rings), its
// bundle is the released one, and it passes its trial (trial.h). If anything fails, the rules that
// were active stay so; protection is never less than before but for releases that were stopped:
// those are left at once, for the release before if that may still be used, and what replaces them
// waits for its turn as ever. A release that failed its trial is not tried again; one that could
// not be tried (no worker starts, no space) is, at the next run.
// Thread safety: one thread. Processes are kept apart by the state's lock.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "endpoint/updater/mirrors.h"
#include "endpoint/updater/pinned_trust.h"
#include "endpoint/updater/state_folder.h"
#include "endpoint/updater/trial.h"
#include "libs/base/result.h"
#include "libs/update/follower.h"

namespace day::endpoint::updater {

// The newest version of the bundle's rule language that this program reads.
inline constexpr std::uint32_t kEngineVersion = 1;

struct UpdaterOptions {
  TrialOptions trial;
  std::string program_folder;  // where this program is
  std::int64_t now_s = 0;      // time of day
};

struct UpdateOutcome {
  enum class Kind : std::uint8_t {
    kNothingNew,  // the newest release is active
    kActivated,   // `sequence` is active now
    kWentBack,    // the active one was stopped: `sequence` is active now
    kStoppedAll,  // it was stopped and nothing is left to go back to
    kWaits,       // `sequence` is for later: `activates_s`
    kRejected,    // `sequence` failed its trial: `reason`
    kNotTried,    // `sequence` could not be tried now: `reason`; the next run tries again
    kNoRelease,   // the log has no release
    kFork,        // updates are stopped: `evidence_path`
  };
  Kind kind = Kind::kNothingNew;
  std::int64_t sequence = 0;
  std::int64_t activates_s = 0;
  std::string reason;
  std::string evidence_path;
  std::vector<update::EntryReport> entries;  // that were new
  std::uint64_t unread = 0;
  std::uint64_t log_size = 0;
  update::Freshness freshness = update::Freshness::kExpired;
  std::int64_t witnessed_s = 0;
  TrialReport trial;
  std::string program;  // in words, if this is not the newest program that was released
};

class Updater {
 public:
  Updater(StateFolder state, UpdaterOptions options)
      : state_(std::move(state)), options_(std::move(options)) {}

  // First trust in a network: its TUF root and its policy. Errors: kInvalidUse for a policy without
  // a quorum; as of parsing.
  static base::Status Trust(const StateFolder& state, const std::string& root_json,
                            const std::string& policy);

  // Trusts the network that is pinned in the program, if none is trusted yet. Errors: kNotFound if
  // none is pinned; as Trust().
  static base::Status EnsureTrust(const StateFolder& state, const PinnedTrust& pinned);

  // Errors: kNotFound if nothing is trusted yet; as update::Follow(), os::ErrnoError.
  base::Result<UpdateOutcome> FromFile(const std::string& bytes);
  // Asks for "latest.upd", and for "full.upd" if that is not enough, or for the full one at once.
  // Errors: likewise, the last mirror's.
  enum class Ask : std::uint8_t { kLatestFirst, kFull };
  base::Result<UpdateOutcome> FromMirrors(Mirrors* mirrors, Ask ask = Ask::kLatestFirst);

  // The slot before the active one, which is rejected from then on. Errors: kNotFound if it is
  // empty.
  base::Result<UpdateOutcome> Rollback();

  // The bytes of the last file that was accepted. Errors: kNotFound.
  base::Result<std::string> LastFile() const;

 private:
  base::Result<UpdateOutcome> Apply(const std::string& bytes);
  base::Status Choose(const update::Upd& upd, const update::FollowerState& state,
                      UpdateOutcome* outcome);
  base::Result<bool> LeaveStopped(const update::FollowerState& state, Slots* slots);
  base::Status TakeNewer(const update::Upd& upd, const update::FollowerState& state, Slots* slots,
                         UpdateOutcome* outcome);
  base::Status Activate(const update::Upd& upd, const update::KnownRelease& release, Slots* slots,
                        UpdateOutcome* outcome);
  base::Status SwitchTo(std::size_t slot, Slots* slots, UpdateOutcome* outcome);

  StateFolder state_;
  UpdaterOptions options_;
};

// What `daylight verify` checks, without a network: that the stored state is consistent in itself
// and with the policy, and that the active rules are those that were released.
struct VerifyReport {
  std::vector<std::string> good;      // one line each
  std::vector<std::string> notes;     // likewise: worth knowing
  std::vector<std::string> problems;  // empty: all is well
  update::Freshness freshness = update::Freshness::kExpired;
  std::int64_t witnessed_s = 0;
};
// `program_folder`: where this program is. Errors: kNotFound if nothing is trusted yet; the files
// cannot be read.
base::Result<VerifyReport> VerifyState(const StateFolder& state, const std::string& program_folder,
                                       std::int64_t now_s);

}  // namespace day::endpoint::updater
