// Any bytes as a proof: what is read is written back the same, and no policy believes it that knows
// only keys that never signed.
#include <cstdlib>
#include <string>

#include "libs/tlog/tlog_proof.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace tlog = day::tlog;
  static const std::string seed(tlog::kSeedBytes, 'f');
  static const tlog::Policy policy =
      tlog::Policy::Parse(
          "log " +
          tlog::SignerKey::Create("a", tlog::KeyKind::kEd25519, day::base::AsBytes(seed))
              ->verifier()
              .ToText() +
          "\nquorum none\n")
          .value();
  const std::string_view text = day::base::AsText(std::as_bytes(std::span(data, size)));
  const auto proof = tlog::ParseTlogProof(text);
  if (proof.ok() && (proof->ToText() != text || tlog::VerifyTlogProof(*proof, {}, policy).ok())) {
    std::abort();
  }
  return 0;
}
