// Any bytes as a note and as keys: what is read is written back the same, and nothing verifies that
// the key did not sign.
#include <cstdlib>
#include <string>

#include "libs/tlog/note.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace tlog = day::tlog;
  const std::string_view text = day::base::AsText(std::as_bytes(std::span(data, size)));
  static const std::string seed(tlog::kSeedBytes, 'f');
  static const tlog::VerifierKey keys[] = {
      tlog::SignerKey::Create("a", tlog::KeyKind::kEd25519, day::base::AsBytes(seed))->verifier(),
      tlog::SignerKey::Create("a", tlog::KeyKind::kCosignatureEd25519, day::base::AsBytes(seed))
          ->verifier()};
  const auto note = tlog::ParseNote(text);
  if (note.ok()) {
    if (note->ToText() != text || tlog::VerifyNote(*note, keys).ok()) {
      std::abort();
    }
  }
  const auto lines = tlog::ParseSignatureLines(text);
  const auto key = tlog::VerifierKey::Parse(text);
  if (key.ok() && key->ToText() != text) {
    std::abort();
  }
  const auto signer = tlog::SignerKey::Parse(text);
  if (signer.ok()) {
    const auto again = signer->RevealSecretText();
    if (day::base::AsText(again.RevealSecret()) != text) {
      std::abort();
    }
  }
  return 0;
}
