// Proofs that stand alone: tlog-proof (C2SP, draft of July 2026). File extension ".tlog-proof".
//
//   DAY_TRY_ASSIGN(const TlogProof proof, ParseTlogProof(file));
//   DAY_TRY_ASSIGN(const TrustedCheckpoint trusted, VerifyTlogProof(proof, LeafHash(entry),
//   policy));
//
// A proof shows that an entry is in a log and that the policy's witnesses have seen the log with
// it. It does not show that nothing newer exists. `extra` is not authenticated by anything. Thread
// safety: values and free functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libs/base/result.h"
#include "libs/tlog/checkpoint.h"
#include "libs/tlog/merkle.h"
#include "libs/tlog/policy.h"

namespace day::tlog {

inline constexpr std::size_t kTlogProofBytesMax = kNoteBytesMax + (1u << 17);
inline constexpr std::size_t kTlogProofExtraBytesMax = 1u << 16;

struct TlogProof {
  std::optional<std::string> extra;
  std::uint64_t index = 0;
  std::vector<Hash> hashes;  // leaf's sibling first
  std::string checkpoint;    // the whole note, verbatim

  std::string ToText() const;
};

// Errors: kMalformed; kLimit beyond the sizes above. The checkpoint is not looked at.
base::Result<TlogProof> ParseTlogProof(std::string_view file);

// Verifies the checkpoint by the policy and the inclusion of a leaf in it.
// Errors: kMalformed, in words.
base::Result<TrustedCheckpoint> VerifyTlogProof(const TlogProof& proof, const Hash& leaf_hash,
                                                const Policy& policy);

}  // namespace day::tlog
