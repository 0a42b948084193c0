// Any bytes as a request to a witness and as its answers: what is read is written back the same,
// and nothing is cosigned that no trusted key signed.
#include <cstdlib>
#include <string>

#include "libs/tlog/witness_message.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace tlog = day::tlog;
  static const std::string seed(tlog::kSeedBytes, 'f');
  static const tlog::VerifierKey key =
      tlog::SignerKey::Create("a", tlog::KeyKind::kEd25519, day::base::AsBytes(seed))->verifier();
  const std::string_view text = day::base::AsText(std::as_bytes(std::span(data, size)));
  const auto request = tlog::ParseAddCheckpointRequest(text);
  if (request.ok()) {
    if (request->ToText() != text) {
      std::abort();
    }
    const auto note = tlog::ParseCheckpointNote(request->checkpoint);
    if (note.ok() &&
        tlog::JudgeAddCheckpoint(*request, *note, std::span(&key, 1), {}).status == 200) {
      std::abort();
    }
  }
  const auto conflict = tlog::ParseConflictBody(text);
  if (conflict.ok() && tlog::ConflictBody(*conflict) != text) {
    std::abort();
  }
  if (tlog::TakeCosignature(text, "a\n", key).ok()) {
    std::abort();
  }
  return 0;
}
