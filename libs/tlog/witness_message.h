// What logs and witnesses say to each other: tlog-witness (C2SP, v1.0.0 and its main branch of July
// 2026), `POST <prefix>/add-checkpoint`.
//
// Only the texts and the judgement; HTTP and storage are elsewhere. Thread safety: free functions.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "libs/base/result.h"
#include "libs/tlog/checkpoint.h"
#include "libs/tlog/merkle.h"
#include "libs/tlog/note.h"

namespace day::tlog {

inline constexpr std::size_t kAddCheckpointBytesMax = 64u << 10;

struct AddCheckpointRequest {
  std::uint64_t old_size = 0;
  std::vector<Hash> proof;
  std::string checkpoint;  // the whole note, verbatim

  std::string ToText() const;
};

// Errors: kMalformed; kLimit for more than 63 hashes or kAddCheckpointBytesMax bytes. The
// checkpoint is not looked at.
base::Result<AddCheckpointRequest> ParseAddCheckpointRequest(std::string_view body);

// What a witness last cosigned for a log. A log never seen: size 0, EmptyRoot().
struct WitnessedTree {
  std::uint64_t size = 0;
  Hash root = EmptyRoot();
};

// A witness's judgement of one request, as the HTTP status of the specification.
struct WitnessVerdict {
  unsigned status = 0;  // 200: cosign, after the new tree was stored
  std::string why;      // for people, if not 200
};

// `log_keys` are the keys trusted for the checkpoint's origin; empty: the origin is not known.
WitnessVerdict JudgeAddCheckpoint(const AddCheckpointRequest& request, const CheckpointNote& note,
                                  std::span<const VerifierKey> log_keys, const WitnessedTree& last);

// The body of a 409: the size that the witness has. Errors: kMalformed.
std::string ConflictBody(std::uint64_t size);
base::Result<std::uint64_t> ParseConflictBody(std::string_view body);
inline constexpr std::string_view kConflictContentType = "text/x.tlog.size";

// The cosignature of `key` out of a witness's answer, verified over `note_text`, as a signature
// line. Other signatures are ignored. Errors: kMalformed if there is none or it is wrong.
base::Result<NoteSignature> TakeCosignature(std::string_view body, std::string_view note_text,
                                            const VerifierKey& key);

}  // namespace day::tlog
