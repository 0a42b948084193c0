// The workspace's copy of the public log, checked as an endpoint checks it.
//
//   log/checkpoint      the newest note           log/state.json   libs/update's FollowerState
//   log/tile/entries/   the entries, as served    log/reports/N    what entries from N on mean
//
// Nothing of the log is believed before libs/update/follower.h has accepted it; so whoever works
// with a workspace is told of a fork or a hidden entry as every endpoint is. Thread safety: one
// thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libs/base/bytes.h"
#include "libs/base/result.h"
#include "libs/update/follower.h"
#include "network/release/workspace.h"

namespace day::network::release {

// Where the log is.
class LogAccess {
 public:
  virtual ~LogAccess() = default;
  // A static file of the log. Errors: kNotFound, others.
  virtual base::Result<std::string> Read(const std::string& path, std::uint64_t size_max) = 0;
  // Adds an entry durably. Errors: kLimit if the log is busy; others.
  virtual base::Status Add(base::Bytes entry) = 0;
};
// `program_folder`: where `daylight-node` is, for a log in a folder. Errors: kMalformed for a bad
// URL.
base::Result<std::unique_ptr<LogAccess>> OpenLog(const Workspace& workspace,
                                                 const std::string& program_folder);

class LogCopy {
 public:
  // What is there; a workspace without a copy starts with its own first root. Errors: kMalformed.
  static base::Result<LogCopy> Load(const Workspace& workspace);

  // Fetches what is new and checks it; nothing happens as long as the log lacks metadata that
  // endpoints could not believe otherwise (metadata_logged()). Errors: the log's; as
  // update::Follow(); kPermission for a fork, whose evidence is kept in log/fork-evidence.txt.
  base::Status Sync(LogAccess* log, std::int64_t now_s);
  // Whether the last Sync() found all of the workspace's metadata in the log.
  bool metadata_logged() const { return metadata_logged_; }

  const update::FollowerState& state() const { return state_; }
  std::uint64_t size() const { return state_.range.size(); }
  // All entries [first, size). Errors: kMalformed, as os::ReadFile().
  base::Result<std::vector<std::string>> Entries(std::uint64_t first) const;
  // The index of an entry from `first` on; nothing if it is not there.
  base::Result<std::optional<std::uint64_t>> Find(base::Bytes entry, std::uint64_t first) const;
  base::Result<std::string> Checkpoint() const;

 private:
  explicit LogCopy(const Workspace& workspace) : workspace_(&workspace) {}
  base::Result<std::vector<std::string>> Fetch(LogAccess* log, std::uint64_t size) const;
  base::Status ProveMetadata(update::Upd* upd) const;
  base::Status Keep(const std::vector<std::string>& entries, std::uint64_t size) const;
  base::Status KeepReports(const update::Followed& followed) const;

  const Workspace* workspace_;
  update::FollowerState state_;
  bool metadata_logged_ = false;
};

// One entry's meaning as it was judged when it came.
struct EntryNote {
  std::uint64_t index = 0;
  std::int64_t signers = 0;
  std::int64_t threshold = 0;
  std::string refused;  // empty: it counts
};
base::Result<std::vector<EntryNote>> ReadEntryNotes(const Workspace& workspace);
base::Result<std::vector<EntryNote>> ParseEntryNotes(std::string_view text);

}  // namespace day::network::release
