// TUF metadata says whose signatures count, so it reaches an endpoint only through the log: each
// root and each version of the targets is an entry of it, byte for byte, and comes with a proof of
// that. Timestamps and snapshots are not: they release nothing and empower nobody, they only
// expire. Metadata of delegated roles is not used at all: what the targets say of their keys is
// enough.
//
//   DAY_TRY(AddProofs(leaves, &upd.tuf_files));            // who writes a `.upd` file
//   DAY_TRY(CheckLogged(file, checkpoint));                // who reads one
//
// Thread safety: free functions.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "libs/base/bytes.h"
#include "libs/base/result.h"
#include "libs/tlog/checkpoint.h"
#include "libs/tlog/merkle.h"
#include "libs/tuf/metadata.h"
#include "libs/update/upd.h"

namespace day::update {

// How a metadata file of that name is treated. Names are as in a repository: "2.root.json".
enum class MetadataUse : std::uint8_t {
  kLogged,  // a root or targets: counts if it is in the log
  kFree,    // a timestamp or snapshot
  kNone,    // anything else
};
MetadataUse UseOf(std::string_view file_name);

// Gives each file that must be logged its proof, from all leaves of the tree. Errors: kNotFound if
// one is not in the log; the others have theirs.
base::Status AddProofs(std::span<const tlog::Hash> leaves, std::vector<UpdTufFile>* files);

// Errors: kPermission if the file must be logged and is not proved to be in the checkpoint's tree.
base::Status CheckLogged(const UpdTufFile& file, const tlog::Checkpoint& checkpoint);

// An entry of the log that is a metadata file.
struct LoggedMetadata {
  tuf::TopRole role = tuf::TopRole::kRoot;  // or kTargets
  std::int64_t version = 0;
  tuf::Envelope envelope;

  std::string FileName() const;  // "2.root.json"
};
// Nothing if the entry is none. Whether its signatures count is not checked.
std::optional<LoggedMetadata> ReadLoggedMetadata(base::Bytes entry);

}  // namespace day::update
