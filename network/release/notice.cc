#include "network/release/notice.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "libs/crypto/hash.h"
#include "libs/os/file.h"

namespace day::network::release {
namespace {

using base::ErrorKind;
using base::MakeError;

constexpr std::uint64_t kProgramMaxBytes = 1u << 30;

bool IsHex(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

std::string FileOf(const std::string& id) { return "notices/" + id + "/notice.dsse"; }

// The statement as it would be at any time.
std::string Timeless(update::Statement statement) {
  statement.time_s = 0;
  return update::WriteStatement(statement);
}

// Keeps a new notice, or finds the one that says the same. `hash`: what its name comes from.
base::Result<Notice> Keep(const Workspace& workspace, const std::string& hash,
                          update::Statement statement) {
  Notice out;
  out.id = fmt::format("{}-{}", update::StatementKindName(statement.kind), hash.substr(0, 8));
  if (workspace.Has(FileOf(out.id))) {
    return LoadNotice(workspace, out.id);
  }
  out.envelope = {.payload_type = std::string(update::kInTotoType),
                  .payload = update::WriteStatement(statement),
                  .signatures = {}};
  out.statement = std::move(statement);
  DAY_TRY(workspace.Write(FileOf(out.id), base::AsBytes(update::WriteDsse(out.envelope))));
  return out;
}

}  // namespace

base::Result<Notice> MakeStop(const Workspace& workspace, const LogCopy& log,
                              update::StatementKind kind, std::string_view hash_prefix,
                              std::string_view reason, std::int64_t time_s) {
  std::string found;
  std::string known;
  for (const update::KnownRelease& release : log.state().releases) {
    known += fmt::format("\n  {} (release {})", release.sha256(), release.statement.sequence);
    if (release.sha256().starts_with(hash_prefix) && release.sha256() != found) {
      if (!found.empty()) {
        return MakeError(ErrorKind::kNotFound,
                         fmt::format("more than one release begins with {}", hash_prefix));
      }
      found = release.sha256();
    }
  }
  if (found.empty() || hash_prefix.size() < 8 || !IsHex(hash_prefix)) {
    return MakeError(ErrorKind::kNotFound,
                     fmt::format("no release of that hash (at least 8 digits); the newest are:{}",
                                 known.empty() ? " none" : known));
  }
  if (reason.empty() || reason.size() > 2000) {
    return MakeError(ErrorKind::kInvalidUse, "a reason is needed, of at most 2000 bytes");
  }
  update::Statement statement;
  statement.kind = kind;
  statement.subjects = {{"rules", found}};
  statement.time_s = time_s;
  statement.text = reason;
  return Keep(workspace, found, std::move(statement));
}

base::Result<Notice> MakeEngine(const Workspace& workspace, const LogCopy& log,
                                const std::vector<std::string>& files, std::string_view version,
                                std::int64_t time_s) {
  if (files.empty() || version.empty() || version.size() > 100) {
    return MakeError(ErrorKind::kInvalidUse,
                     "name the program's files and its version (at most 100 bytes)");
  }
  update::Statement statement;
  statement.kind = update::StatementKind::kEngine;
  for (const std::string& file : files) {
    DAY_TRY_ASSIGN(const std::string bytes, os::ReadFile(file, kProgramMaxBytes));
    statement.subjects.push_back(
        {file.substr(file.rfind('/') + 1), crypto::Sha256Hex(base::AsBytes(bytes))});
  }
  std::sort(statement.subjects.begin(), statement.subjects.end(),
            [](const auto& a, const auto& b) { return a.name < b.name; });
  const auto& known = log.state().engine;
  statement.sequence = known ? known->sequence + 1 : 1;
  statement.text = version;
  statement.time_s = time_s;
  return Keep(workspace, crypto::Sha256Hex(base::AsBytes(Timeless(statement))),
              std::move(statement));
}

base::Result<Notice> MakeText(const Workspace& workspace, std::string_view text,
                              std::int64_t time_s) {
  if (text.empty() || text.size() > update::kTextMaxBytes) {
    return MakeError(ErrorKind::kInvalidUse,
                     fmt::format("say something, of at most {} bytes", update::kTextMaxBytes));
  }
  update::Statement statement;
  statement.kind = update::StatementKind::kText;
  statement.text = text;
  statement.time_s = time_s;
  return Keep(workspace, crypto::Sha256Hex(base::AsBytes(Timeless(statement))),
              std::move(statement));
}

bool IsNoticeId(std::string_view id) {
  constexpr std::string_view kKinds[] = {"halt", "recall", "engine", "text"};
  const std::size_t dash = id.find('-');
  const std::string_view kind = id.substr(0, dash);
  return dash != std::string_view::npos &&
         std::find(std::begin(kKinds), std::end(kKinds), kind) != std::end(kKinds) &&
         id.size() == dash + 9 && IsHex(id.substr(dash + 1));
}

base::Result<Notice> LoadNotice(const Workspace& workspace, const std::string& id) {
  const std::string file = FileOf(id);
  if (!IsNoticeId(id) || !workspace.Has(file)) {
    return MakeError(ErrorKind::kNotFound, "there is no " + id);
  }
  Notice out;
  out.id = id;
  DAY_TRY_ASSIGN(const std::string text, workspace.Read(file));
  auto envelope = update::ParseDsse(base::AsBytes(text));
  if (!envelope.ok()) {
    return MakeError(envelope.error().kind, file + " is damaged: " + envelope.error().message);
  }
  out.envelope = std::move(*envelope);
  DAY_TRY_ASSIGN(out.statement, update::ParseStatement(out.envelope.payload));
  return out;
}

base::Status AddNoticeSignatures(const Workspace& workspace, const Authority& authority,
                                 const std::vector<PartSignature>& signatures, Notice* notice) {
  for (const PartSignature& signature : signatures) {
    update::DsseEnvelope alone = notice->envelope;
    alone.signatures = {{signature.key_id, signature.signature}};
    if (update::CountSigners(alone, authority.keys, authority.role) != 1) {
      return MakeError(ErrorKind::kPermission,
                       signature.key_id.substr(0, 16) + ": not a signature of a key of this role");
    }
    auto& list = notice->envelope.signatures;
    std::erase_if(list, [&](const auto& old) { return old.key_id == signature.key_id; });
    list.push_back({signature.key_id, signature.signature});
  }
  std::sort(notice->envelope.signatures.begin(), notice->envelope.signatures.end(),
            [](const auto& a, const auto& b) { return a.key_id < b.key_id; });
  return workspace.Write(FileOf(notice->id), base::AsBytes(update::WriteDsse(notice->envelope)));
}

}  // namespace day::network::release
