// Publishing: from signed statements to entries of the log and the files that endpoints fetch.
//
//   updates/latest.upd    deltas from the last releases and the log's newest entries
//   updates/catchup.upd   the same with the hashes of all leaves: for who was away for long
//   updates/full.upd      the hashes of all leaves and the bundle whole: for who starts
//   updates/root.json     the first root       updates/policy   which log and witnesses to believe
//   updates/bundles/HASH.bundle, updates/provenance/HASH.json
//
// Every step can be repeated: an entry that the log has is not added again, and files follow from
// the log and the workspace. So after an interruption at any point the same command goes on.
// Thread safety: one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "libs/base/result.h"
#include "network/release/log_copy.h"
#include "network/release/notice.h"
#include "network/release/proposal.h"
#include "network/release/trial.h"
#include "network/release/workspace.h"

namespace day::network::release {

struct PublishOptions {
  std::string program_folder;
  std::uint32_t wait_ms = 60'000;  // for the log's checkpoint
  // The current time, asked anew as time goes on.
  std::function<std::int64_t()> now;
  Progress progress;
};

struct UpdateFile {
  std::string name;
  std::uint64_t size_bytes = 0;
};

struct Published {
  std::uint64_t index = 0;  // of the statement in the log
  std::vector<UpdateFile> files;
};

// The bundle that is released now; an empty one if there is none. Errors: kNotFound if the
// workspace does not have it; kMalformed.
base::Result<update::Bundle> ReleasedBundle(const Workspace& workspace, const LogCopy& log);

// Brings the copy up to date, and before that the metadata into the log: what an endpoint is to
// believe must be there. Errors: kTimeout if no checkpoint came; as LogCopy::Sync().
base::Status SyncLog(const Workspace& workspace, const PublishOptions& options, LogAccess* access,
                     LogCopy* log);

// Publishes a signed proposal. Errors: kPermission if signatures are missing; kInvalidUse if the
// log has moved on (propose again); kTimeout if no checkpoint came; the log's.
base::Result<Published> PublishProposal(const Workspace& workspace, const PublishOptions& options,
                                        const Proposal& proposal, LogAccess* access, LogCopy* log);

// Errors: as PublishProposal().
base::Result<Published> PublishNotice(const Workspace& workspace, const PublishOptions& options,
                                      const Notice& notice, const Authority& authority,
                                      LogAccess* access, LogCopy* log);

// Compresses what the update files will need if the proposal is released, from the releases that
// the log has: done when it is signed, so that little is left to do when it is published.
base::Status PrepareUpdates(const Workspace& workspace, const LogCopy& log,
                            const Proposal& proposal, const Progress& progress);

// Writes updates/ as it follows from the log. Each file is read back and followed as an endpoint
// does before it is put in place.
base::Result<std::vector<UpdateFile>> WriteUpdates(const Workspace& workspace, const LogCopy& log,
                                                   std::int64_t now_s, const Progress& progress);

}  // namespace day::network::release
