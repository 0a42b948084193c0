// Which checkpoints to believe: tlog-policy (C2SP, draft of July 2026).
//
//   DAY_TRY_ASSIGN(const Policy policy, Policy::Parse(file));
//   DAY_TRY_ASSIGN(const TrustedCheckpoint trusted, policy.Open(note));   // use only this
//
// A policy names logs, witnesses, nested groups of witnesses (k of n), and one of them as the
// quorum. A checkpoint is believed if one of the logs signed it, the log's key name being its
// origin, and witnesses cosigned it as the quorum demands; and rejected if a signature of any key
// of the policy is wrong. Witness keys of type ML-DSA-44 are accepted in the file and never count.
// Thread safety: const operations are safe. Ownership: values.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "libs/base/result.h"
#include "libs/tlog/checkpoint.h"
#include "libs/tlog/note.h"

namespace day::tlog {

inline constexpr std::size_t kPolicyBytesMax = 1u << 20;
inline constexpr std::size_t kPolicyEntriesMax = 256;  // of logs, of witnesses and of groups

struct PolicyLog {
  VerifierKey key;
  std::string url;  // empty: none
};

struct PolicyWitness {
  std::string name;  // in this file only
  VerifierKey key;
  std::string url;
};

// One witness's valid cosignature.
struct Cosignature {
  std::size_t witness = 0;  // index into Policy::witnesses()
  std::uint64_t time_s = 0;
};

// A checkpoint that satisfied the policy.
struct TrustedCheckpoint {
  Checkpoint checkpoint;
  std::size_t log = 0;  // index into Policy::logs()
  std::vector<Cosignature> cosignatures;
  // Names of known witnesses whose ML-DSA-44 signatures were there but could not be verified.
  std::vector<std::string> not_verified;

  // A time at which the quorum had seen this checkpoint: the latest time for which the cosignatures
  // that are at least as new satisfy the quorum. Nothing if the quorum is "none".
  std::optional<std::uint64_t> quorum_time_s;
};

class Policy {
 public:
  // Errors: kMalformed with the line in words; kLimit; kUnsupported for types of keys that cannot
  // sign checkpoints.
  static base::Result<Policy> Parse(std::string_view file);

  const std::vector<PolicyLog>& logs() const { return logs_; }
  const std::vector<PolicyWitness>& witnesses() const { return witnesses_; }
  bool quorum_is_none() const { return nodes_.empty() || quorum_ == kNone; }

  // Whether these witnesses (indices into witnesses()) make the quorum.
  bool QuorumHolds(std::span<const std::size_t> witnesses) const;

  // Verifies a checkpoint. Errors: kMalformed, in words, if it is none or is not to be believed.
  base::Result<TrustedCheckpoint> Open(const CheckpointNote& note) const;
  base::Result<TrustedCheckpoint> Open(std::string_view note) const;

 private:
  class Parser;
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);

  // A witness or a group; members stand before their group, so one pass evaluates all.
  struct Node {
    std::string name;
    std::optional<std::size_t> witness;
    std::size_t threshold = 1;
    std::vector<std::size_t> members;
    bool is_member = false;
  };

  std::vector<PolicyLog> logs_;
  std::vector<PolicyWitness> witnesses_;
  std::vector<Node> nodes_;
  std::size_t quorum_ = kNone;
};

}  // namespace day::tlog
