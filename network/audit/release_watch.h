// What the entries of a log say, judged as they come: who may speak is taken from the log itself,
// which has every version of the roles' keys (ADR 6), and each release is held against its bundle.
//
//   DAY_TRY_ASSIGN(ReleaseWatch watch, ReleaseWatch::Open(root_json, state, options));
//   monitor.Look(log, now_s, [&](std::uint64_t i, base::Bytes entry) { watch.OnEntry(i, entry); });
//   watch.CheckBundles();  ... watch.TakeAnomalies(), watch.TakeVerdicts()
//
// An entry counts by the keys in force when it came. What nobody of the role signed is anybody's
// talk and no anomaly; what some but too few signed is. State is one file, replaced durably, that
// knows which entry comes next: what is given twice counts once. Thread safety: one thread.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "libs/base/result.h"
#include "libs/store/blobs.h"
#include "libs/tuf/metadata.h"
#include "libs/update/bundle.h"
#include "libs/update/metadata_proof.h"
#include "libs/update/statement.h"
#include "network/audit/anomaly.h"
#include "network/audit/source.h"

namespace day::network::audit {

struct WatchOptions {
  std::optional<Source> bundles;  // has bundles/HASH.bundle; without it bundles are not checked
  std::string program;            // `daylight`, which compares rules in its sandbox
  std::string scratch;            // folder to work in
};

// A release whose bundle was made anew from the sources in it.
struct Verdict {
  update::Statement release;
  bool same = false;
};

class ReleaseWatch {
 public:
  // Goes on from the state, or begins with the network's first root. Errors: kMalformed for a
  // damaged state or root; kPermission for a root that its own keys did not sign; as store::Blobs.
  static base::Result<ReleaseWatch> Open(const std::string& root_json, store::Blobs* state,
                                         WatchOptions options);

  // Judges the entry of that index. Entries come in order, without gaps.
  void OnEntry(std::uint64_t index, base::Bytes entry);
  // Fetches and checks the bundles of releases that were not checked yet; those that cannot be had
  // stay for the next time.
  void CheckBundles();
  // Errors: as store::Blobs::Put().
  base::Status Save();

  // What was found since the last call.
  std::vector<Anomaly> TakeAnomalies() { return std::move(anomalies_); }
  std::vector<Verdict> TakeVerdicts() { return std::move(verdicts_); }
  std::uint64_t releases() const { return release_count_; }

 private:
  ReleaseWatch(store::Blobs* state, WatchOptions options)
      : state_(state), options_(std::move(options)) {}

  base::Status Parse(std::string_view text);
  base::Status TakeRoot(base::Bytes bytes);
  void OnMetadata(std::uint64_t index, base::Bytes entry, const update::LoggedMetadata& metadata);
  void OnStatement(std::uint64_t index, base::Bytes entry);
  void OnRelease(std::uint64_t index, const update::Statement& release);
  // False if it must be tried again.
  bool CheckBundle(const update::Statement& release);
  base::Result<update::Bundle> FetchBundle(const std::string& sha256, std::string* bytes) const;
  void Report(AnomalyKind kind, std::uint64_t index, std::string what);

  store::Blobs* state_;
  WatchOptions options_;
  std::uint64_t next_ = 0;  // the first entry that was not judged
  std::string root_text_;
  std::string targets_text_;  // empty: none yet
  tuf::Root root_;
  std::optional<tuf::Targets> targets_;
  std::vector<update::Statement> releases_;  // the newest ones that count
  std::set<std::string> stopped_;
  std::vector<update::Statement> unchecked_;  // releases whose bundles are to be checked
  std::uint64_t release_count_ = 0;
  std::vector<Anomaly> anomalies_;
  std::vector<Verdict> verdicts_;
};

}  // namespace day::network::audit
