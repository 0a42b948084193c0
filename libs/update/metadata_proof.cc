#include "libs/update/metadata_proof.h"

#include <fmt/core.h>

#include <algorithm>

#include "libs/update/dsse.h"

namespace day::update {

using base::ErrorKind;
using base::MakeError;

MetadataUse UseOf(std::string_view file_name) {
  const std::size_t digits = file_name.find_first_not_of("0123456789");
  const bool versioned = digits != 0 && digits != std::string_view::npos;
  const std::string_view rest = versioned ? file_name.substr(digits) : "";
  if (rest == ".root.json" || rest == ".targets.json") {
    return MetadataUse::kLogged;
  }
  return file_name == "timestamp.json" || rest == ".snapshot.json" ? MetadataUse::kFree
                                                                   : MetadataUse::kNone;
}

base::Status AddProofs(std::span<const tlog::Hash> leaves, std::vector<UpdTufFile>* files) {
  tlog::LeafNodes nodes(leaves);
  base::Status all = base::OkStatus();
  for (UpdTufFile& file : *files) {
    if (UseOf(file.name) != MetadataUse::kLogged) {
      continue;
    }
    const auto found =
        std::find(leaves.begin(), leaves.end(), tlog::LeafHash(base::AsBytes(file.bytes)));
    if (found == leaves.end()) {
      all = MakeError(ErrorKind::kNotFound, file.name + ": not in the log yet");
      continue;
    }
    LogProof proof;
    proof.index = static_cast<std::uint64_t>(found - leaves.begin());
    DAY_TRY_ASSIGN(proof.hashes, tlog::MakeInclusionProof(nodes, proof.index, leaves.size()));
    file.proof = std::move(proof);
  }
  return all;
}

base::Status CheckLogged(const UpdTufFile& file, const tlog::Checkpoint& checkpoint) {
  if (UseOf(file.name) != MetadataUse::kLogged) {
    return base::OkStatus();
  }
  const bool logged = file.proof && tlog::VerifyInclusion(
                                        file.proof->hashes, file.proof->index, checkpoint.size,
                                        tlog::LeafHash(base::AsBytes(file.bytes)), checkpoint.root)
                                        .ok();
  if (!logged) {
    return MakeError(
        ErrorKind::kPermission,
        fmt::format("{} says whose signatures count, but is not in the log", file.name));
  }
  return base::OkStatus();
}

std::string LoggedMetadata::FileName() const {
  return fmt::format("{}.{}.json", version, tuf::TopRoleName(role));
}

std::optional<LoggedMetadata> ReadLoggedMetadata(base::Bytes entry) {
  auto envelope = tuf::ParseEnvelope(entry, kEntryMaxBytes);
  if (!envelope.ok()) {
    return std::nullopt;
  }
  LoggedMetadata out;
  out.envelope = std::move(*envelope);
  if (const auto root = tuf::ParseRoot(out.envelope.signed_part); root.ok()) {
    out.role = tuf::TopRole::kRoot;
    out.version = root->common.version;
    return out;
  }
  if (const auto targets = tuf::ParseTargets(out.envelope.signed_part); targets.ok()) {
    out.role = tuf::TopRole::kTargets;
    out.version = targets->common.version;
    return out;
  }
  return std::nullopt;
}

}  // namespace day::update
