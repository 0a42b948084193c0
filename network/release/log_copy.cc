#include "network/release/log_copy.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <utility>

#include "libs/net/http_client.h"
#include "libs/os/file.h"
#include "libs/tlog/checkpoint.h"
#include "libs/tlog/tile.h"
#include "libs/update/metadata_proof.h"
#include "network/core/add_entry.h"
#include "network/core/tools.h"
#include "network/release/fields.h"
#include "network/release/metadata.h"

namespace day::network::release {
namespace {

using base::ErrorKind;
using base::MakeError;
using wire::Json;

constexpr std::string_view kStateFile = "log/state.json";
constexpr std::string_view kCheckpointFile = "log/checkpoint";

class HttpLog : public LogAccess {
 public:
  HttpLog(std::string url, std::string submit)
      : url_(std::move(url)), submit_(std::move(submit)), client_(net::HttpClientOptions{}) {
    url_ += url_.ends_with('/') ? "" : "/";
  }
  base::Result<std::string> Read(const std::string& path, std::uint64_t size_max) override {
    DAY_TRY_ASSIGN(const net::Url url, net::ParseUrl(url_ + path));
    DAY_TRY_ASSIGN(net::HttpResponse response, client_.Get(url, {.body_max_bytes = size_max}));
    if (response.head.status != 200) {
      return MakeError(response.head.status == 404 ? ErrorKind::kNotFound : ErrorKind::kIo,
                       fmt::format("{}: status {}", url.ToText(), response.head.status));
    }
    return std::move(response.body);
  }
  base::Status Add(base::Bytes entry) override { return core::AddEntry(submit_, entry); }

 private:
  std::string url_;
  std::string submit_;
  net::HttpClient client_;
};

// A log on this machine: read as files, written by `daylight-node append`.
class FolderLog : public LogAccess {
 public:
  FolderLog(const Workspace& workspace, std::string program)
      : workspace_(workspace), program_(std::move(program)) {}
  base::Result<std::string> Read(const std::string& path, std::uint64_t size_max) override {
    return os::ReadFile(workspace_.config().log.folder + "/public/" + path, size_max);
  }
  base::Status Add(base::Bytes entry) override {
    DAY_TRY(workspace_.Write("log/entry.tmp", entry));
    const LogAddress& log = workspace_.config().log;
    DAY_TRY_ASSIGN(
        const os::ProgramOutput done,
        core::RunTool({program_, "append", "--dir", log.folder, "--key", log.key_path, "--policy",
                       workspace_.Path("policy"), workspace_.Path("log/entry.tmp")}));
    DAY_TRY(workspace_.Erase("log/entry.tmp"));
    if (done.status.signalled || done.status.code != 0) {
      return MakeError(ErrorKind::kIo, "daylight-node append: " + done.err);
    }
    return base::OkStatus();
  }

 private:
  const Workspace& workspace_;
  std::string program_;
};

}  // namespace

base::Result<std::unique_ptr<LogAccess>> OpenLog(const Workspace& workspace,
                                                 const std::string& program_folder) {
  const LogAddress& log = workspace.config().log;
  if (!log.folder.empty()) {
    return std::unique_ptr<LogAccess>(
        std::make_unique<FolderLog>(workspace, program_folder + "/daylight-node"));
  }
  const std::string submit = log.submit_url.empty() ? log.url : log.submit_url;
  DAY_TRY(net::ParseUrl(log.url));
  DAY_TRY(net::ParseUrl(submit));
  return std::unique_ptr<LogAccess>(std::make_unique<HttpLog>(log.url, submit));
}

base::Result<LogCopy> LogCopy::Load(const Workspace& workspace) {
  LogCopy out(workspace);
  if (!workspace.Has(kStateFile)) {
    DAY_TRY_ASSIGN(const std::string root, workspace.Read("tuf/1.root.json"));
    DAY_TRY_ASSIGN(out.state_, update::StartFollowing(base::AsBytes(root)));
    return out;
  }
  DAY_TRY_ASSIGN(const std::string text, workspace.Read(kStateFile));
  auto state = update::FollowerState::FromText(text);
  if (!state.ok()) {
    return MakeError(state.error().kind,
                     "log/state.json is damaged (" + state.error().message +
                         "): delete the folder log/ and it is fetched and checked anew");
  }
  out.state_ = std::move(*state);
  return out;
}

base::Result<std::vector<std::string>> LogCopy::Fetch(LogAccess* log, std::uint64_t size) const {
  std::vector<std::string> entries;
  for (std::uint64_t at = this->size(); at < size;) {
    tlog::TileId id;
    id.kind = tlog::TileId::Kind::kEntries;
    id.index = at / tlog::kTileWidth;
    id.width = tlog::TileWidthAt(size, 0, id.index);
    auto bytes = log->Read(tlog::TilePath(id), tlog::kBundleBytesMax);
    if (!bytes.ok() && bytes.error().kind == ErrorKind::kNotFound) {
      id.width = tlog::kTileWidth;  // the log has grown meanwhile
      bytes = log->Read(tlog::TilePath(id), tlog::kBundleBytesMax);
    }
    if (!bytes.ok()) {
      return bytes.error();
    }
    DAY_TRY_ASSIGN(const auto found, tlog::ParseBundle(base::AsBytes(*bytes), id.width));
    const std::uint64_t end = std::min(size, (id.index + 1) * tlog::kTileWidth);
    for (; at < end; ++at) {
      entries.emplace_back(base::AsText(found[static_cast<std::size_t>(at % tlog::kTileWidth)]));
    }
  }
  return entries;
}

// Adds entries that were checked to the copy's files.
base::Status LogCopy::Keep(const std::vector<std::string>& entries, std::uint64_t size) const {
  const std::uint64_t first = size - entries.size();
  std::uint64_t at = first / tlog::kTileWidth * tlog::kTileWidth;
  std::vector<std::string> head;
  if (at < first) {
    DAY_TRY_ASSIGN(head, Entries(at));
  }
  while (at < size) {
    std::string bundle;
    const std::uint64_t end = std::min(size, at + tlog::kTileWidth);
    const std::uint64_t start = at;
    for (; at < end; ++at) {
      const std::string& entry = at < first ? head[static_cast<std::size_t>(at - start)]
                                            : entries[static_cast<std::size_t>(at - first)];
      tlog::AppendToBundle(base::AsBytes(entry), &bundle);
    }
    // Always under the name of the full bundle; how much of it counts is in the state.
    const tlog::TileId id{tlog::TileId::Kind::kEntries, 0, start / tlog::kTileWidth,
                          tlog::kTileWidth};
    DAY_TRY(workspace_->Write("log/" + tlog::TilePath(id), base::AsBytes(bundle)));
  }
  return base::OkStatus();
}

base::Status LogCopy::KeepReports(const update::Followed& followed) const {
  if (followed.entries.empty()) {
    return base::OkStatus();
  }
  Json list = Json::Array();
  for (const update::EntryReport& report : followed.entries) {
    Json item = Json::Object();
    item.Set("index", Json::Integer(static_cast<std::int64_t>(report.index)));
    item.Set("signers", Json::Integer(report.signers));
    item.Set("threshold", Json::Integer(report.threshold));
    item.Set("refused", Json::Text(report.refused));
    list.Append(std::move(item));
  }
  Json json = Json::Object();
  json.Set("entries", std::move(list));
  return workspace_->Write(fmt::format("log/reports/{:012}", followed.entries.front().index),
                           base::AsBytes(FileText(json)));
}

// Proofs for metadata that is not trusted yet. Errors: kNotFound if some is not in the log.
base::Status LogCopy::ProveMetadata(update::Upd* upd) const {
  const auto trusted = [this](const update::UpdTufFile& file) {
    return update::UseOf(file.name) != update::MetadataUse::kLogged ||
           std::any_of(state_.tuf.begin(), state_.tuf.end(),
                       [&](const auto& known) { return known.second == file.bytes; });
  };
  // The newest of each counts: older roots are not asked for any more.
  const bool known = !state_.origin.empty() && trusted(upd->tuf_files.back()) &&
                     trusted(*std::find_if(upd->tuf_files.rbegin(), upd->tuf_files.rend(),
                                           [](const update::UpdTufFile& file) {
                                             return file.name.ends_with(".root.json");
                                           }));
  if (known) {
    return base::OkStatus();
  }
  DAY_TRY_ASSIGN(const auto before, Entries(0));
  std::vector<tlog::Hash> leaves;
  for (const std::vector<std::string>* entries : {&before, &std::as_const(upd->entries)}) {
    for (const std::string& entry : *entries) {
      leaves.push_back(tlog::LeafHash(base::AsBytes(entry)));
    }
  }
  return update::AddProofs(leaves, &upd->tuf_files);
}

base::Status LogCopy::Sync(LogAccess* log, std::int64_t now_s) {
  metadata_logged_ = false;
  auto note = log->Read("checkpoint", tlog::kNoteBytesMax);
  if (!note.ok() && note.error().kind == ErrorKind::kNotFound && size() == 0) {
    return base::OkStatus();  // a log that has published nothing yet
  }
  if (!note.ok()) {
    return note.error();
  }
  DAY_TRY_ASSIGN(const std::string policy_text, workspace_->Read("policy"));
  DAY_TRY_ASSIGN(const tlog::Policy policy, tlog::Policy::Parse(policy_text));
  DAY_TRY_ASSIGN(const tlog::TrustedCheckpoint trusted, policy.Open(*note));
  update::Upd upd;
  upd.checkpoint = *note;
  upd.first_index = std::min(size(), trusted.checkpoint.size);
  DAY_TRY_ASSIGN(upd.entries, Fetch(log, trusted.checkpoint.size));
  DAY_TRY_ASSIGN(upd.tuf_files, PublishedFiles(*workspace_));
  if (const base::Status proved = ProveMetadata(&upd); !proved.ok()) {
    return proved.error().kind == ErrorKind::kNotFound ? base::OkStatus() : proved;
  }
  metadata_logged_ = true;
  auto followed = update::Follow(policy, upd, now_s, state_);
  if (!followed.ok()) {
    return followed.error();
  }
  if (followed->fork) {
    DAY_TRY(
        workspace_->Write("log/fork-evidence.txt", base::AsBytes(followed->state.fork_evidence)));
    DAY_TRY(workspace_->Write(kStateFile, base::AsBytes(followed->state.ToText())));
    return MakeError(
        ErrorKind::kPermission,
        "the log shows two histories that exclude each other. Evidence that anyone can "
        "check is in log/fork-evidence.txt: publish nothing, and show it to auditors");
  }
  DAY_TRY(Keep(upd.entries, trusted.checkpoint.size));
  DAY_TRY(KeepReports(*followed));
  DAY_TRY(workspace_->Write(kCheckpointFile, base::AsBytes(*note)));
  DAY_TRY(workspace_->Write(kStateFile, base::AsBytes(followed->state.ToText())));
  state_ = std::move(followed->state);
  return base::OkStatus();
}

base::Result<std::vector<std::string>> LogCopy::Entries(std::uint64_t first) const {
  std::vector<std::string> out;
  for (std::uint64_t at = first; at < size();) {
    const tlog::TileId id{tlog::TileId::Kind::kEntries, 0, at / tlog::kTileWidth, tlog::kTileWidth};
    DAY_TRY_ASSIGN(const std::string bytes,
                   workspace_->Read("log/" + tlog::TilePath(id), tlog::kBundleBytesMax));
    base::ByteReader reader(base::AsBytes(bytes), base::Endian::kBig);
    const std::uint64_t end = std::min(size(), (id.index + 1) * tlog::kTileWidth);
    for (std::uint64_t i = id.index * tlog::kTileWidth; i < end; ++i) {
      const base::Bytes entry = reader.Take(reader.U16());
      if (i >= at) {
        out.emplace_back(base::AsText(entry));
      }
    }
    if (!reader.ok()) {
      return MakeError(ErrorKind::kMalformed,
                       "the copy of the log is damaged: delete the folder log/ and it is fetched "
                       "and checked anew");
    }
    at = end;
  }
  return out;
}

base::Result<std::optional<std::uint64_t>> LogCopy::Find(base::Bytes entry,
                                                         std::uint64_t first) const {
  DAY_TRY_ASSIGN(const auto entries, Entries(first));
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (entries[i] == base::AsText(entry)) {
      return std::optional<std::uint64_t>(first + i);
    }
  }
  return std::optional<std::uint64_t>();
}

base::Result<std::string> LogCopy::Checkpoint() const { return workspace_->Read(kCheckpointFile); }

base::Result<std::vector<EntryNote>> ParseEntryNotes(std::string_view text) {
  DAY_TRY_ASSIGN(const Json json, ReadJson(text, "log/reports"));
  Fields fields(&json, "log/reports");
  std::vector<EntryNote> out;
  for (const Json& item : fields.Array("entries", 1'000'000)) {
    Fields note(&item, "log/reports");
    EntryNote made;
    made.index = static_cast<std::uint64_t>(note.Integer("index"));
    made.signers = note.Integer("signers");
    made.threshold = note.Integer("threshold");
    made.refused = note.Text("refused", 65'535);
    DAY_TRY(note.Finish());
    out.push_back(std::move(made));
  }
  DAY_TRY(fields.Finish());
  return out;
}

base::Result<std::vector<EntryNote>> ReadEntryNotes(const Workspace& workspace) {
  std::map<std::uint64_t, EntryNote> by_index;
  for (const std::string& name : workspace.List("log/reports")) {
    DAY_TRY_ASSIGN(const std::string text, workspace.Read("log/reports/" + name));
    DAY_TRY_ASSIGN(const std::vector<EntryNote> notes, ParseEntryNotes(text));
    for (const EntryNote& note : notes) {
      by_index.insert_or_assign(note.index, note);
    }
  }
  std::vector<EntryNote> out;
  for (const auto& [index, note] : by_index) {
    out.push_back(note);
  }
  return out;
}

}  // namespace day::network::release
