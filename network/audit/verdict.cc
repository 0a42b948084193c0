#include "network/audit/verdict.h"

#include <fmt/format.h>

#include "libs/crypto/hash.h"
#include "libs/update/dsse.h"
#include "libs/wire/json_writer.h"
#include "network/core/add_entry.h"
#include "network/core/key_file.h"
#include "network/core/rule_folder.h"

namespace day::network::audit {

using base::ErrorKind;
using base::MakeError;

base::Result<VerdictSigner> VerdictSigner::Open(const Flags& flags) {
  if (flags.submit.empty()) {
    return MakeError(ErrorKind::kInvalidUse, "--key needs --submit URL: where verdicts go");
  }
  DAY_TRY_ASSIGN(crypto::PrivateKey key, core::LoadPemKeyFile(flags.key, flags.passphrase));
  return VerdictSigner(std::move(key), flags.submit);
}

base::Status VerdictSigner::Post(const Verdict& verdict) const {
  update::Statement statement;
  statement.kind = update::StatementKind::kRebuild;
  statement.subjects = verdict.release.subjects;
  statement.time_s = verdict.release.time_s;
  statement.same = verdict.same;
  update::DsseEnvelope envelope{.payload_type = std::string(update::kInTotoType),
                                .payload = update::WriteStatement(statement),
                                .signatures = {}};
  DAY_TRY(update::SignDsse(key_, &envelope));
  return core::AddEntry(submit_, base::AsBytes(update::WriteDsse(envelope)));
}

base::Result<int> RunRebuild(const Flags& flags) {
  DAY_TRY_ASSIGN(const core::RuleFolder folder, core::ReadRuleFolder(flags.sources));
  DAY_TRY_ASSIGN(const std::string bytes, update::EncodeBundle(folder.bundle));
  const std::string made = crypto::Sha256Hex(base::AsBytes(bytes));
  Verdict verdict;
  verdict.release.subjects = {{"rules", flags.sha256}};
  verdict.same = made == flags.sha256;
  if (base::FromHex(flags.sha256).value_or("").size() != sizeof(crypto::Sha256Digest)) {
    return MakeError(ErrorKind::kInvalidUse, "--sha256 is not 64 hexadecimal digits");
  }
  if (!flags.key.empty()) {
    DAY_TRY_ASSIGN(const VerdictSigner signer, VerdictSigner::Open(flags));
    DAY_TRY(signer.Post(verdict));
  }
  if (flags.json) {
    std::string line;
    wire::JsonWriter json(&line);
    json.BeginObject();
    json.Field("result", verdict.same ? "same" : "different");
    json.Field("released", std::string_view(flags.sha256));
    json.Field("made", std::string_view(made));
    json.Field("files", std::uint64_t{folder.bundle.files.size()});
    json.Field("posted", !flags.key.empty());
    json.EndObject();
    Print(line + "\n");
  } else {
    Print(fmt::format("{}: {} files give {}{}\n", verdict.same ? "same" : "DIFFERENT",
                      folder.bundle.files.size(), made,
                      flags.key.empty() ? "" : "; the verdict is in the log"));
  }
  return verdict.same ? 0 : 1;
}

}  // namespace day::network::audit
