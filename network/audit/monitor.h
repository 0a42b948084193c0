// Following a log: every new entry is read, the tree grows by them, and must have the root that the
// log signed. Nothing can be hidden between two checkpoints this way.
//
// What can be found is an Anomaly; what the log proves against itself (two signed trees that do not
// fit) is kept as evidence that anyone can check. State is one file, replaced durably: after a
// crash the monitor goes on from the last checkpoint it had checked. Thread safety: an object for
// one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libs/base/result.h"
#include "libs/store/blobs.h"
#include "libs/tlog/merkle.h"
#include "libs/tlog/policy.h"
#include "network/audit/anomaly.h"
#include "network/audit/source.h"

namespace day::network::audit {

// What one look at the log found.
struct MonitorReport {
  std::uint64_t size = 0;         // checked so far
  std::uint64_t new_entries = 0;  // in this look
  std::optional<std::uint64_t> quorum_time_s;
  std::vector<Anomaly> anomalies;
};

struct MonitorOptions {
  std::uint64_t stale_after_s = 24 * 3600;
  bool ask_witnesses = true;
};

class Monitor {
 public:
  // Gets each new entry, in order, before the checkpoint that covers it was found right.
  using OnEntry = std::function<void(std::uint64_t index, base::Bytes entry)>;
  // Called when new entries were found right, before the monitor remembers that: what was made of
  // them is to be kept now, or they would be lost by a crash. Errors end the look.
  using OnRight = std::function<base::Status()>;

  // Goes on from the state folder, or begins with an empty tree. `open_source` opens witnesses'
  // URLs. REQUIRES: policy and state outlive the monitor. Errors: kMalformed for a damaged state;
  // as store::Blobs.
  static base::Result<Monitor> Open(const tlog::Policy* policy, store::Blobs* state,
                                    const MonitorOptions& options);

  // Looks once. Errors: only those of the state folder; everything about the log is in the report.
  base::Result<MonitorReport> Look(const Source& log, std::uint64_t now_s, const OnEntry& on_entry,
                                   const OnRight& on_right);

 private:
  Monitor(const tlog::Policy* policy, store::Blobs* state, const MonitorOptions& options)
      : policy_(policy), state_(state), options_(options) {}
  base::Status LookAtLog(const Source& log, std::uint64_t now_s, const OnEntry& on_entry,
                         const OnRight& on_right, MonitorReport* report);
  base::Status Advance(const Source& log, const std::string& note,
                       const tlog::Checkpoint& checkpoint, const OnEntry& on_entry,
                       const OnRight& on_right, MonitorReport* report);
  base::Status LookAtWitness(const Source& log, const tlog::PolicyWitness& witness,
                             MonitorReport* report);
  // Compares a signed tree with the one we know; adds what is wrong.
  base::Status Compare(const Source& log, const std::string& where, const std::string& note,
                       const tlog::Checkpoint& checkpoint, MonitorReport* report);
  base::Status AddFork(const std::string& where, const std::string& note, std::string why,
                       MonitorReport* report);
  base::Status Save();

  const tlog::Policy* policy_;
  store::Blobs* state_;
  MonitorOptions options_;
  tlog::CompactRange range_;
  std::string note_;  // the last checkpoint that was right; empty: none yet
};

}  // namespace day::network::audit
