// Following the log: from what an endpoint knew to what a `.upd` file shows it, or a reason to
// refuse.
//
//   DAY_TRY_ASSIGN(FollowerState state, StartFollowing(root_json));        // once: first trust
//   DAY_TRY_ASSIGN(Followed followed, Follow(policy, upd, now_s, state));
//   ... store followed.state durably, then act on followed.state.Candidate()
//
// What is checked, in this order: the checkpoint's signatures and its quorum of witnesses; that it
// is no older than the one known, and no fork of it; that the leaves given are all leaves between
// the two (the root of the tree comes out right), so that nothing in between can be hidden, a
// recall least of all; the TUF metadata, of which roots and targets count only if they are in the
// log themselves, and the newest there are the newest that are given; then every entry by itself:
// its statement counts if the role that may say it has signed it. Leaves may be given as hashes
// without their entries only as far as a release that is signed by its role says that nothing below
// still counts (Statement::log_size). Nothing here does input or output or knows the time; the
// state is a value that the caller stores. Thread safety: values and functions without state.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "libs/base/result.h"
#include "libs/tlog/merkle.h"
#include "libs/tlog/policy.h"
#include "libs/update/statement.h"
#include "libs/update/upd.h"

namespace day::update {

constexpr std::size_t kReleasesKept = 16;
constexpr std::size_t kCheckpointsKept = 32;
constexpr std::int64_t kFreshSeconds = 24 * 3600;
constexpr std::int64_t kExpiredSeconds = 30 * 86'400;

// A release that its role signed, and where in the log it is.
struct KnownRelease {
  std::uint64_t index = 0;
  Statement statement;

  const std::string& sha256() const { return statement.subjects[0].sha256; }
};

struct SeenCheckpoint {
  std::uint64_t size = 0;
  tlog::Hash root{};
  std::string note;
};

enum class Freshness : std::uint8_t { kFresh, kStale, kExpired };

struct FollowerState {
  tlog::CompactRange range;  // over all leaves seen
  std::string origin;        // empty until the first checkpoint
  std::int64_t time_s = 0;   // the newest time that a quorum of witnesses vouched for
  std::int64_t metadata_expires_s = 0;
  std::vector<SeenCheckpoint> checkpoints;  // the newest kCheckpointsKept, oldest first
  std::vector<KnownRelease> releases;       // the newest kReleasesKept, by sequence
  std::set<std::string> stopped;            // bundles that were halted or recalled
  std::optional<Statement> engine;          // the newest release of the program
  std::map<std::string, std::string> tuf;   // trusted metadata by file name
  // The policy for logs and witnesses that the metadata orders; empty: the one trusted at first.
  std::string policy;
  // Not empty: two checkpoints that exclude each other, both signed as the policy demands. Nothing
  // is followed any more.
  std::string fork_evidence;

  // The newest release that was not stopped; nullptr if there is none.
  const KnownRelease* Candidate() const;
  const KnownRelease* FindRelease(std::string_view sha256) const;
  // By the local clock, which counts only if it is later than the witnesses' time.
  Freshness FreshnessAt(std::int64_t now_s) const;

  // One line of JSON. FromText errors: kMalformed, kLimit.
  std::string ToText() const;
  static base::Result<FollowerState> FromText(std::string_view text);
};

// One entry of the log, and whether it counts.
struct EntryReport {
  std::uint64_t index = 0;
  Statement statement;
  std::int64_t signers = 0;
  std::int64_t threshold = 0;
  std::string refused;  // in words; empty if it counts
};

// What a third party needs to see by itself that a release is in the log.
struct ReleaseProof {
  std::string sha256;  // of the bundle
  std::string entry;
  std::string proof;  // tlog-proof, under the update's checkpoint
};

struct Followed {
  FollowerState state;
  std::vector<ReleaseProof> proofs;  // of the new releases that count
  std::vector<EntryReport> entries;  // that are new
  std::uint64_t unread = 0;          // leaves that came as hashes only
  bool fork = false;                 // state.fork_evidence is new
};

// The state of an endpoint that trusts a TUF root and has seen nothing yet. Errors: as
// tuf::Client::Init().
base::Result<FollowerState> StartFollowing(base::Bytes root_json);

// What the file makes of the state. A fork is a value, not an error: its evidence must be stored.
// Errors: kPermission for what is not signed as it must be, older than known, hidden or expired;
// kNotFound if the file begins behind what is known (a catch-up file is needed); kMalformed for
// leaves that do not give the checkpoint's root; kInvalidUse for a policy without a quorum; others
// as of parsing.
base::Result<Followed> Follow(const tlog::Policy& policy, const Upd& upd, std::int64_t now_s,
                              const FollowerState& state);

// The policy that the trusted metadata orders, as the target kPolicyTarget with its text in
// "custom", is in the new state; it is for the next run.
constexpr std::string_view kPolicyTarget = "release/policy";

// The bundle of a release out of the file, `active` being the bundle that the endpoint has (empty:
// none). Errors: kNotFound if the file has neither it nor a delta from `active`; kMalformed,
// kPermission if what comes out is not the release's.
base::Result<std::string> TakeBundle(const Upd& upd, const Statement& release, base::Bytes active);

}  // namespace day::update
