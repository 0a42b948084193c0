// Deriving a log again: fsck and mirror.
//
// Reads every entry, hashes it, builds the tree, and compares with the signed root and with every
// tile that is served. What is written by a mirror is what was derived, never what was served.
// Thread safety: free functions.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "libs/base/result.h"
#include "libs/store/blobs.h"
#include "libs/tlog/policy.h"
#include "libs/tlog/tile_builder.h"
#include "network/audit/source.h"

namespace day::network::audit {

struct FsckReport {
  tlog::TrustedCheckpoint trusted;
  std::uint64_t entries = 0;
  std::uint64_t tiles = 0;
  // Files that are missing or wrong, in words; the first kProblemsMax.
  std::vector<std::string> problems;
  std::uint64_t problem_count = 0;
  static constexpr std::size_t kProblemsMax = 100;
};

// Checks everything that the checkpoint covers. Errors: if the checkpoint cannot be read or the
// policy does not believe it; wrong files are in the report.
base::Result<FsckReport> Fsck(const Source& source, const tlog::Policy& policy);

struct MirrorReport {
  tlog::TrustedCheckpoint trusted;
  std::uint64_t entries_before = 0;
};

// Brings a copy up to the source's checkpoint: entries are read from where the copy ends, and the
// checkpoint is replaced last. The copy never goes back and never changes.
// Errors: kMalformed if the source does not extend the copy or contradicts its own checkpoint;
// the source's; as store::Blobs.
base::Result<MirrorReport> Mirror(const Source& source, const tlog::Policy& policy,
                                  store::Blobs& copy);

// Gives the entries [first, size) of a log to `take`, in order, bundle by bundle. Nothing is
// checked but that bundles are whole. Errors: the source's, kMalformed, and those of `take`.
base::Status ReadEntries(const Source& source, std::uint64_t first, std::uint64_t size,
                         const std::function<base::Status(base::Bytes entry)>& take);

}  // namespace day::network::audit
