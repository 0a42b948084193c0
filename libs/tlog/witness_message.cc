#include "libs/tlog/witness_message.h"

#include <fmt/format.h>

#include <utility>

#include "libs/tlog/text.h"

namespace day::tlog {
namespace {

using base::ErrorKind;
using base::MakeError;

constexpr std::string_view kOld = "old ";

base::Error Malformed(std::string message) {
  return MakeError(ErrorKind::kMalformed, std::move(message));
}

}  // namespace

std::string AddCheckpointRequest::ToText() const {
  std::string out = fmt::format("{}{}\n", kOld, old_size);
  for (const Hash& hash : proof) {
    out += HashText(hash) + "\n";
  }
  return out + "\n" + checkpoint;
}

base::Result<AddCheckpointRequest> ParseAddCheckpointRequest(std::string_view body) {
  if (body.size() > kAddCheckpointBytesMax) {
    return MakeError(ErrorKind::kLimit, "the request is larger than 64 KiB");
  }
  AddCheckpointRequest out;
  auto line = TakeLine(&body);
  const auto old_size =
      line && line->starts_with(kOld) ? ParseDecimal(line->substr(kOld.size())) : std::nullopt;
  if (!old_size) {
    return Malformed("the request has no valid old size line");
  }
  out.old_size = *old_size;
  for (;;) {
    line = TakeLine(&body);
    if (!line) {
      return Malformed("the request ends before its checkpoint");
    }
    if (line->empty()) {
      break;
    }
    const auto hash = ParseHash(*line);
    if (!hash) {
      return Malformed("a line of the proof is no hash");
    }
    if (out.proof.size() == kProofHashesMax) {
      return MakeError(ErrorKind::kLimit, "the proof has more than 63 hashes");
    }
    out.proof.push_back(*hash);
  }
  out.checkpoint = body;
  return out;
}

WitnessVerdict JudgeAddCheckpoint(const AddCheckpointRequest& request, const CheckpointNote& note,
                                  std::span<const VerifierKey> log_keys,
                                  const WitnessedTree& last) {
  const Checkpoint& checkpoint = note.checkpoint;
  if (log_keys.empty()) {
    return {404, "unknown origin"};
  }
  const base::Result<VerifiedNote> verified = VerifyNote(note.note, log_keys);
  if (!verified.ok()) {
    return {403, verified.error().message};
  }
  if (request.old_size > checkpoint.size) {
    return {400, "the old size is above the checkpoint's"};
  }
  if (request.old_size != last.size) {
    return {409, "the old size is not the one last cosigned"};
  }
  // The rules for size 0 and for equal sizes are the same as for any proof: old root and new root
  // must fit, which VerifyConsistency() checks with an empty proof.
  const base::Status proved = VerifyConsistency(request.proof, request.old_size, last.root,
                                                checkpoint.size, checkpoint.root);
  if (!proved.ok()) {
    return {422, proved.error().message};
  }
  return {200, {}};
}

std::string ConflictBody(std::uint64_t size) { return fmt::format("{}\n", size); }

base::Result<std::uint64_t> ParseConflictBody(std::string_view body) {
  const auto line = TakeLine(&body);
  const auto size = line && body.empty() ? ParseDecimal(*line) : std::nullopt;
  if (!size) {
    return Malformed("the witness answered 409 without a size");
  }
  return *size;
}

base::Result<NoteSignature> TakeCosignature(std::string_view body, std::string_view note_text,
                                            const VerifierKey& key) {
  DAY_TRY_ASSIGN(std::vector<NoteSignature> lines, ParseSignatureLines(body));
  for (NoteSignature& line : lines) {
    if (line.name != key.name() || line.key_id != key.id()) {
      continue;
    }
    if (!key.Verify(note_text, base::AsBytes(line.signature)) || line.CosignatureTime() == 0) {
      return Malformed("the cosignature of " + key.name() + " is wrong");
    }
    return std::move(line);
  }
  return Malformed("the witness answered without a cosignature of " + key.name());
}

}  // namespace day::tlog
