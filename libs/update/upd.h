// The `.upd` file: everything an endpoint needs to get from where it is to now
// (docs/formats/upd.md).
//
// One checkpoint with its cosignatures; the log's leaves from `first_index` to the checkpoint's
// size, old ones as hashes, newer ones whole; the TUF metadata; and bundles, compressed by
// themselves or against an earlier one. The same file serves everybody, from any mirror or medium:
// nothing in it is trusted until libs/update/follower.h has checked it. Thread safety: values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "libs/base/bytes.h"
#include "libs/base/result.h"
#include "libs/tlog/merkle.h"

namespace day::update {

constexpr std::size_t kUpdMaxBytes = 512u << 20;
constexpr std::size_t kUpdHashesMax = 4'000'000;
constexpr std::size_t kUpdEntriesMax = 200'000;
constexpr std::size_t kUpdTufFilesMax = 2000;
constexpr std::size_t kUpdPayloadsMax = 64;

// That something is an entry of the log: leads from its leaf to the checkpoint's root.
struct LogProof {
  std::uint64_t index = 0;
  std::vector<tlog::Hash> hashes;
};

struct UpdTufFile {
  std::string name;  // as in a repository's metadata folder: "2.root.json"
  std::string bytes;
  // Of those that count only if they are in the log (libs/update/metadata_proof.h).
  std::optional<LogProof> proof;
};

struct UpdPayload {
  std::string base_sha256;    // hexadecimal; empty: not a delta
  std::string result_sha256;  // of the bundle that comes out
  std::uint64_t result_size = 0;
  std::string compressed;
};

struct Upd {
  std::string checkpoint;  // the note, verbatim
  std::uint64_t first_index = 0;
  std::vector<tlog::Hash> leaf_hashes;  // of the leaves from first_index on
  std::vector<std::string> entries;     // of the leaves behind those
  std::vector<UpdTufFile> tuf_files;
  std::vector<UpdPayload> payloads;

  // The index behind the last leaf.
  std::uint64_t EndIndex() const { return first_index + leaf_hashes.size() + entries.size(); }
};

std::string EncodeUpd(const Upd& upd);
// Errors: kMalformed (also for damage: the file ends in a checksum), kLimit.
base::Result<Upd> DecodeUpd(base::Bytes bytes);

}  // namespace day::update
