#include "libs/tlog/policy.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "libs/tlog/text.h"

namespace day::tlog {

using base::ErrorKind;
using base::MakeError;

// Reads the file line by line; every function handles one sort of line, given as its words.
class Policy::Parser {
 public:
  explicit Parser(Policy* policy) : policy_(*policy) {}

  base::Status Line(std::string_view line) {
    ++line_number_;
    for (const char c : line) {
      const auto byte = static_cast<unsigned char>(c);
      if ((byte < 0x20 && c != '\t') || byte == 0x7F) {
        return Malformed("a control character");
      }
    }
    const std::vector<std::string_view> words = Split(line);
    if (words.empty() || words[0][0] == '#') {
      return base::OkStatus();
    }
    if (words[0] == "log") {
      return Log(words);
    }
    if (words[0] == "witness") {
      return Witness(words);
    }
    if (words[0] == "group") {
      return Group(words);
    }
    if (words[0] == "quorum") {
      return Quorum(words);
    }
    return Malformed("a line is none of log, witness, group, quorum");
  }

  base::Status Finish() {
    if (!quorum_seen_) {
      return MakeError(ErrorKind::kMalformed, "policy: no quorum line");
    }
    return base::OkStatus();
  }

 private:
  static std::vector<std::string_view> Split(std::string_view line) {
    std::vector<std::string_view> words;
    for (std::size_t at = line.find_first_not_of(" \t"); at != std::string_view::npos;
         at = line.find_first_not_of(" \t", at)) {
      const std::size_t end = std::min(line.find_first_of(" \t", at), line.size());
      words.push_back(line.substr(at, end - at));
      at = end;
    }
    return words;
  }

  base::Error Malformed(std::string_view what) const {
    return MakeError(ErrorKind::kMalformed, fmt::format("policy, line {}: {}", line_number_, what));
  }
  base::Error AtLine(const base::Error& error) const {
    return MakeError(error.kind, fmt::format("policy, line {}: {}", line_number_, error.message));
  }

  base::Result<VerifierKey> NewKey(std::string_view text, bool of_log) {
    base::Result<VerifierKey> key = VerifierKey::Parse(text);
    if (!key.ok()) {
      return AtLine(key.error());
    }
    if (of_log ? key->kind() == KeyKind::kCosignatureMlDsa44 : key->kind() == KeyKind::kEd25519) {
      return MakeError(ErrorKind::kUnsupported,
                       fmt::format("policy, line {}: a key of this type cannot sign {}",
                                   line_number_, of_log ? "as a log here" : "as a witness"));
    }
    const auto same = [&key](const auto& other) {
      return other.key.public_key() == key->public_key();
    };
    // One key in two places would let one party sign twice.
    if (std::any_of(policy_.logs_.begin(), policy_.logs_.end(), same) ||
        std::any_of(policy_.witnesses_.begin(), policy_.witnesses_.end(), same)) {
      return Malformed("a key that stands in this file twice");
    }
    return key;
  }

  base::Status Log(const std::vector<std::string_view>& words) {
    if (words.size() < 2 || words.size() > 3) {
      return Malformed("expected: log VKEY [URL]");
    }
    if (policy_.logs_.size() == kPolicyEntriesMax) {
      return MakeError(ErrorKind::kLimit, "policy: more than 256 logs");
    }
    DAY_TRY_ASSIGN(VerifierKey key, NewKey(words[1], true));
    policy_.logs_.push_back({std::move(key), std::string(words.size() == 3 ? words[2] : "")});
    return base::OkStatus();
  }

  base::Status Witness(const std::vector<std::string_view>& words) {
    if (words.size() < 3 || words.size() > 4) {
      return Malformed("expected: witness NAME VKEY [URL]");
    }
    if (policy_.witnesses_.size() == kPolicyEntriesMax) {
      return MakeError(ErrorKind::kLimit, "policy: more than 256 witnesses");
    }
    DAY_TRY(CheckNewName(words[1]));
    DAY_TRY_ASSIGN(VerifierKey key, NewKey(words[2], false));
    Node node;
    node.name = words[1];
    node.witness = policy_.witnesses_.size();
    policy_.nodes_.push_back(std::move(node));
    policy_.witnesses_.push_back(
        {std::string(words[1]), std::move(key), std::string(words.size() == 4 ? words[3] : "")});
    return base::OkStatus();
  }

  base::Status Group(const std::vector<std::string_view>& words) {
    if (words.size() < 4) {
      return Malformed("expected: group NAME all|any|K MEMBER...");
    }
    if (++groups_ > kPolicyEntriesMax) {
      return MakeError(ErrorKind::kLimit, "policy: more than 256 groups");
    }
    DAY_TRY(CheckNewName(words[1]));
    Node node;
    node.name = words[1];
    for (std::size_t i = 3; i < words.size(); ++i) {
      const std::size_t member = Find(words[i]);
      if (member == kNone || policy_.nodes_[member].is_member) {
        return Malformed("a member that is not defined above or is in a group already");
      }
      policy_.nodes_[member].is_member = true;
      node.members.push_back(member);
    }
    if (words[2] == "all") {
      node.threshold = node.members.size();
    } else if (words[2] != "any") {
      const auto threshold = ParseDecimal(words[2]);
      if (!threshold || *threshold == 0 || *threshold > node.members.size()) {
        return Malformed("a threshold that is not between 1 and the number of members");
      }
      node.threshold = static_cast<std::size_t>(*threshold);
    }
    policy_.nodes_.push_back(std::move(node));
    return base::OkStatus();
  }

  base::Status Quorum(const std::vector<std::string_view>& words) {
    if (words.size() != 2 || quorum_seen_) {
      return Malformed(quorum_seen_ ? "a second quorum" : "expected: quorum NAME|none");
    }
    quorum_seen_ = true;
    if (words[1] == "none") {
      return base::OkStatus();
    }
    policy_.quorum_ = Find(words[1]);
    if (policy_.quorum_ == kNone) {
      return Malformed("a quorum that is not defined above");
    }
    return base::OkStatus();
  }

  base::Status CheckNewName(std::string_view name) {
    if (name == "none" || Find(name) != kNone) {
      return Malformed("a name that is taken");
    }
    return base::OkStatus();
  }

  std::size_t Find(std::string_view name) const {
    for (std::size_t i = 0; i < policy_.nodes_.size(); ++i) {
      if (policy_.nodes_[i].name == name) {
        return i;
      }
    }
    return kNone;
  }

  Policy& policy_;
  std::size_t line_number_ = 0;
  std::size_t groups_ = 0;
  bool quorum_seen_ = false;
};

base::Result<Policy> Policy::Parse(std::string_view file) {
  if (file.size() > kPolicyBytesMax) {
    return MakeError(ErrorKind::kLimit, "policy: larger than 1 MiB");
  }
  Policy policy;
  Parser parser(&policy);
  while (!file.empty()) {
    const auto line = TakeLine(&file);
    if (!line) {
      return MakeError(ErrorKind::kMalformed, "policy: the last line does not end in a newline");
    }
    DAY_TRY(parser.Line(*line));
  }
  DAY_TRY(parser.Finish());
  return policy;
}

bool Policy::QuorumHolds(std::span<const std::size_t> witnesses) const {
  if (quorum_ == kNone) {
    return true;
  }
  std::vector<bool> holds(nodes_.size(), false);
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    const Node& node = nodes_[i];
    if (node.witness) {
      holds[i] = std::find(witnesses.begin(), witnesses.end(), *node.witness) != witnesses.end();
      continue;
    }
    const auto count = std::count_if(node.members.begin(), node.members.end(),
                                     [&holds](std::size_t member) { return holds[member]; });
    holds[i] = static_cast<std::size_t>(count) >= node.threshold;
  }
  return holds[quorum_];
}

base::Result<TrustedCheckpoint> Policy::Open(const CheckpointNote& note) const {
  if (note.checkpoint.size == 0 && note.checkpoint.root != EmptyRoot()) {
    return MakeError(ErrorKind::kMalformed, "the root of the empty tree is not SHA-256 of nothing");
  }
  std::vector<VerifierKey> keys;
  keys.reserve(logs_.size() + witnesses_.size());
  for (const PolicyLog& log : logs_) {
    keys.push_back(log.key);
  }
  for (const PolicyWitness& witness : witnesses_) {
    keys.push_back(witness.key);
  }
  DAY_TRY_ASSIGN(const VerifiedNote verified, VerifyNote(note.note, keys));
  TrustedCheckpoint out;
  out.checkpoint = note.checkpoint;
  out.log = kNone;
  std::vector<std::size_t> signers;
  for (const VerifiedNote::Match& match : verified.good) {
    if (match.key < logs_.size()) {
      if (logs_[match.key].key.name() == note.checkpoint.origin && out.log == kNone) {
        out.log = match.key;
      }
      continue;
    }
    const std::size_t witness = match.key - logs_.size();
    out.cosignatures.push_back({witness, note.note.signatures[match.signature].CosignatureTime()});
    signers.push_back(witness);
  }
  for (const VerifiedNote::Match& match : verified.not_verified) {
    out.not_verified.push_back(keys[match.key].name());
  }
  if (out.log == kNone) {
    return MakeError(
        ErrorKind::kMalformed,
        "the checkpoint is not signed by a log of the policy whose name is its origin");
  }
  if (!QuorumHolds(signers)) {
    return MakeError(ErrorKind::kMalformed,
                     fmt::format("the checkpoint has {} valid cosignatures, which do not make the "
                                 "policy's quorum",
                                 signers.size()));
  }
  if (quorum_ != kNone) {
    // Newest first, until those taken make the quorum.
    std::sort(out.cosignatures.begin(), out.cosignatures.end(),
              [](const Cosignature& a, const Cosignature& b) { return a.time_s > b.time_s; });
    std::vector<std::size_t> newest;
    for (const Cosignature& cosignature : out.cosignatures) {
      newest.push_back(cosignature.witness);
      if (QuorumHolds(newest)) {
        out.quorum_time_s = cosignature.time_s;
        break;
      }
    }
  }
  return out;
}

base::Result<TrustedCheckpoint> Policy::Open(std::string_view note) const {
  DAY_TRY_ASSIGN(const CheckpointNote parsed, ParseCheckpointNote(note));
  return Open(parsed);
}

}  // namespace day::tlog
