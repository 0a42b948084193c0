#include "libs/tlog/tlog_proof.h"

#include <fmt/format.h>

#include "libs/base/base64.h"
#include "libs/tlog/text.h"

namespace day::tlog {
namespace {

constexpr std::string_view kMagic = "c2sp.org/tlog-proof@v1";
constexpr std::string_view kExtra = "extra ";
constexpr std::string_view kIndex = "index ";

base::Error Malformed(const char* message) {
  return base::MakeError(base::ErrorKind::kMalformed, message);
}

}  // namespace

std::string TlogProof::ToText() const {
  std::string out = fmt::format("{}\n", kMagic);
  if (extra) {
    out += fmt::format("{}{}\n", kExtra, base::EncodeBase64(base::AsBytes(*extra)));
  }
  out += fmt::format("{}{}\n", kIndex, index);
  for (const Hash& hash : hashes) {
    out += HashText(hash) + "\n";
  }
  return out + "\n" + checkpoint;
}

base::Result<TlogProof> ParseTlogProof(std::string_view file) {
  if (file.size() > kTlogProofBytesMax) {
    return base::MakeError(base::ErrorKind::kLimit, "a proof is larger than 1.1 MiB");
  }
  TlogProof out;
  if (TakeLine(&file) != kMagic) {
    return Malformed("not a c2sp.org/tlog-proof@v1 file");
  }
  auto line = TakeLine(&file);
  if (line && line->starts_with(kExtra)) {
    out.extra = base::DecodeBase64(line->substr(kExtra.size()));
    if (!out.extra) {
      return Malformed("a proof's extra data is not base64");
    }
    if (out.extra->size() > kTlogProofExtraBytesMax) {
      return base::MakeError(base::ErrorKind::kLimit, "a proof's extra data is above 64 KiB");
    }
    line = TakeLine(&file);
  }
  const auto index =
      line && line->starts_with(kIndex) ? ParseDecimal(line->substr(kIndex.size())) : std::nullopt;
  if (!index) {
    return Malformed("a proof has no valid index line");
  }
  out.index = *index;
  for (;;) {
    line = TakeLine(&file);
    if (!line) {
      return Malformed("a proof ends before its checkpoint");
    }
    if (line->empty()) {
      break;
    }
    const auto hash = ParseHash(*line);
    if (!hash || out.hashes.size() == kProofHashesMax) {
      return Malformed(hash ? "a proof has more than 63 hashes"
                            : "a proof has a line that is no hash");
    }
    out.hashes.push_back(*hash);
  }
  out.checkpoint = file;
  return out;
}

base::Result<TrustedCheckpoint> VerifyTlogProof(const TlogProof& proof, const Hash& leaf_hash,
                                                const Policy& policy) {
  DAY_TRY_ASSIGN(TrustedCheckpoint trusted, policy.Open(proof.checkpoint));
  DAY_TRY(VerifyInclusion(proof.hashes, proof.index, trusted.checkpoint.size, leaf_hash,
                          trusted.checkpoint.root));
  return trusted;
}

}  // namespace day::tlog
