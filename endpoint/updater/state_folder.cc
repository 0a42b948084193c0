#include "endpoint/updater/state_folder.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <utility>

#include "endpoint/scan/user_key.h"
#include "libs/base/lines.h"
#include "libs/crypto/hash.h"
#include "libs/os/file.h"
#include "libs/update/dsse.h"
#include "libs/wire/json.h"

namespace day::endpoint::updater {
namespace {

using base::ErrorKind;
using wire::Json;

constexpr std::uint32_t kFolderMode = 0700;
constexpr std::uint32_t kFileMode = 0600;
constexpr std::uint64_t kFollowerMaxBytes = 256u << 20;
constexpr std::uint64_t kLogMaxBytes = 256u << 20;
constexpr std::uint64_t kSlotsMaxBytes = 1u << 20;
constexpr std::uint32_t kLockTimeoutMs = 30'000;
constexpr std::array<const char*, 2> kSlotNames = {"a", "b"};

base::Status WriteDurable(const std::string& path, std::string_view bytes) {
  return os::WriteFileAtomic(path, base::AsBytes(bytes), kFileMode,
                             os::Durability::kCrashOfMachine);
}

base::Status SyncFolder(const std::string& path) {
  const os::Fd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.valid() || ::fsync(fd.get()) != 0) {
    return os::ErrnoError("write " + path, errno);
  }
  return base::OkStatus();
}

base::Status RemoveAll(const std::string& path) {
  std::error_code failure;
  std::filesystem::remove_all(path, failure);
  return failure ? base::Status(os::ErrnoError("remove " + path, failure.value()))
                 : base::OkStatus();
}

const Json& Field(const Json& json, std::string_view key) {
  static const Json none;
  const Json* found = json.Find(key);
  return found != nullptr ? *found : none;
}

base::Error Damaged(const std::string& path) {
  return base::MakeError(ErrorKind::kMalformed, path + " is damaged");
}

Json LineJson(const update::EntryReport& entry) {
  Json subjects = Json::Array();
  for (const update::Subject& subject : entry.statement.subjects) {
    subjects.Append(Json::Text(subject.sha256));
  }
  Json json = Json::Object();
  json.Set("index", Json::Integer(static_cast<std::int64_t>(entry.index)));
  json.Set("kind", Json::Text(update::StatementKindName(entry.statement.kind)));
  json.Set("time", Json::Integer(entry.statement.time_s));
  json.Set("sequence", Json::Integer(entry.statement.sequence));
  json.Set("subjects", std::move(subjects));
  json.Set("text", Json::Text(update::WordsOf(entry.statement)));
  json.Set("signers", Json::Integer(entry.signers));
  json.Set("threshold", Json::Integer(entry.threshold));
  json.Set("refused", Json::Text(entry.refused));
  return json;
}

LogLine ParseLine(const Json& json) {
  LogLine line;
  line.index = static_cast<std::uint64_t>(Field(json, "index").integer());
  line.kind = Field(json, "kind").text();
  line.time_s = Field(json, "time").integer();
  line.sequence = Field(json, "sequence").integer();
  for (const Json& subject : Field(json, "subjects").items()) {
    line.subjects.push_back(subject.text());
  }
  line.text = Field(json, "text").text();
  line.signers = Field(json, "signers").integer();
  line.threshold = Field(json, "threshold").integer();
  line.refused = Field(json, "refused").text();
  return line;
}

}  // namespace

const Slot* Slots::Previous() const {
  if (!active || slots[1 - *active].sha256.empty()) {
    return nullptr;
  }
  return &slots[1 - *active];
}

std::optional<std::size_t> Slots::Find(const std::string& sha256) const {
  for (std::size_t i = 0; i < slots.size(); ++i) {
    if (!sha256.empty() && slots[i].sha256 == sha256) {
      return i;
    }
  }
  return std::nullopt;
}

std::string DefaultStateFolder() {
  const auto variable = [](const char* name) {
    const char* value = std::getenv(name);
    return std::string(value != nullptr ? value : "");
  };
  if (const std::string own = variable("DAYLIGHT_STATE"); !own.empty()) {
    return own;
  }
  if (const std::string state = variable("XDG_STATE_HOME"); !state.empty()) {
    return state + "/daylight";
  }
  const std::string home = variable("HOME");
  return home.empty() ? "" : home + "/.local/state/daylight";
}

bool StateFolder::Exists() const {
  return os::StatPath(folder_ + "/follower.json", os::Symlinks::kFollow).ok();
}

base::Result<os::Fd> StateFolder::Lock() const {
  DAY_TRY(os::MakeFolders(folder_, kFolderMode));
  DAY_TRY_ASSIGN(os::Fd lock, os::LockFile(folder_ + "/lock", kLockTimeoutMs));
  os::RemoveUnfinished(folder_);
  return lock;
}

base::Status StateFolder::Create(const std::string& policy,
                                 const update::FollowerState& state) const {
  DAY_TRY(os::MakeFolders(folder_, kFolderMode));
  // In this order a crash leaves no state at all, never half of two.
  DAY_TRY(RemoveAll(folder_ + "/follower.json"));
  DAY_TRY(RemoveAll(folder_ + "/slots.json"));
  DAY_TRY(RemoveAll(folder_ + "/slots"));
  DAY_TRY(RemoveAll(folder_ + "/proofs"));
  DAY_TRY(RemoveAll(folder_ + "/log.jsonl"));
  DAY_TRY(WriteDurable(folder_ + "/policy", policy));
  DAY_TRY(Secret());
  return WriteFollower(state);
}

base::Result<std::vector<std::string>> StateFolder::ReadMirrors() const {
  std::vector<std::string> urls;
  const auto text = os::ReadFile(folder_ + "/mirrors", kSlotsMaxBytes);
  if (!text.ok()) {
    return text.error().kind == ErrorKind::kNotFound
               ? base::Result<std::vector<std::string>>(std::move(urls))
               : base::Result<std::vector<std::string>>(text.error());
  }
  for (std::string_view rest = *text; !rest.empty();) {
    const std::string_view url = base::TakeLine(&rest);
    if (!url.empty()) {
      urls.emplace_back(url);
    }
  }
  return urls;
}

base::Status StateFolder::WriteMirrors(const std::vector<std::string>& urls) const {
  std::string text;
  for (const std::string& url : urls) {
    text += url + "\n";
  }
  return WriteDurable(folder_ + "/mirrors", text);
}

base::Result<std::string> StateFolder::ReadPolicy() const {
  return os::ReadFile(folder_ + "/policy", tlog::kPolicyBytesMax);
}

base::Result<update::FollowerState> StateFolder::ReadFollower() const {
  DAY_TRY_ASSIGN(const std::string text,
                 os::ReadFile(folder_ + "/follower.json", kFollowerMaxBytes));
  return update::FollowerState::FromText(text);
}

base::Status StateFolder::WriteFollower(const update::FollowerState& state) const {
  return WriteDurable(folder_ + "/follower.json", state.ToText());
}

base::Result<Slots> StateFolder::ReadSlots() const {
  const std::string path = folder_ + "/slots.json";
  const auto text = os::ReadFile(path, kSlotsMaxBytes);
  if (!text.ok()) {
    return text.error().kind == ErrorKind::kNotFound ? base::Result<Slots>(Slots())
                                                     : base::Result<Slots>(text.error());
  }
  const auto json = wire::ParseJson(base::AsBytes(*text), {.size_max_bytes = kSlotsMaxBytes});
  if (!json.ok()) {
    return Damaged(path);
  }
  Slots slots;
  for (std::size_t i = 0; i < kSlotNames.size(); ++i) {
    const Json& slot = Field(*json, kSlotNames[i]);
    slots.slots[i] = {Field(slot, "sha256").text(), Field(slot, "sequence").integer()};
    if (Field(*json, "active").text() == kSlotNames[i]) {
      slots.active = i;
    }
  }
  for (const Json::Member& member : Field(*json, "rejected").members()) {
    slots.rejected[member.key] = member.value.text();
  }
  if (slots.active && slots.Active()->sha256.empty()) {
    return Damaged(path);
  }
  return slots;
}

base::Status StateFolder::WriteSlots(const Slots& slots) const {
  Json json = Json::Object();
  for (std::size_t i = 0; i < kSlotNames.size(); ++i) {
    Json slot = Json::Object();
    slot.Set("sha256", Json::Text(slots.slots[i].sha256));
    slot.Set("sequence", Json::Integer(slots.slots[i].sequence));
    json.Set(kSlotNames[i], std::move(slot));
  }
  json.Set("active", Json::Text(slots.active ? kSlotNames[*slots.active] : ""));
  Json rejected = Json::Object();
  for (const auto& [sha256, why] : slots.rejected) {
    rejected.Set(sha256, Json::Text(why));
  }
  json.Set("rejected", std::move(rejected));
  return WriteDurable(folder_ + "/slots.json", wire::WriteJson(json, wire::JsonLayout::kIndented));
}

std::string StateFolder::SlotFolder(std::size_t slot) const {
  return folder_ + "/slots/" + kSlotNames[slot];
}

std::string StateFolder::RulesFolder(std::size_t slot) const { return SlotFolder(slot) + "/rules"; }

base::Result<std::string> StateFolder::ReadBundle(std::size_t slot) const {
  return os::ReadFile(SlotFolder(slot) + "/bundle", update::kBundleMaxBytes);
}

base::Result<std::string> StateFolder::WriteNew(const std::string& bytes,
                                                const update::Bundle& bundle) const {
  const std::string folder = folder_ + "/slots/new";
  DAY_TRY(RemoveAll(folder));
  DAY_TRY(os::MakeFolders(folder + "/rules", kFolderMode));
  for (const auto& [path, content] : bundle.files) {
    const std::string file = folder + "/rules/" + path;
    DAY_TRY(os::MakeFolders(file.substr(0, file.rfind('/')), kFolderMode));
    DAY_TRY(WriteDurable(file, content));
  }
  DAY_TRY(WriteDurable(folder + "/bundle", bytes));
  DAY_TRY(SyncFolder(folder));
  return folder + "/rules";
}

base::Status StateFolder::AdoptNew(std::size_t slot) const {
  const std::string folder = SlotFolder(slot);
  DAY_TRY(RemoveAll(folder));
  if (std::rename((folder_ + "/slots/new").c_str(), folder.c_str()) != 0) {
    return os::ErrnoError("rename to " + folder, errno);
  }
  return SyncFolder(folder_ + "/slots");
}

base::Status StateFolder::WriteProof(const update::ReleaseProof& proof) const {
  const std::string name = folder_ + "/proofs/" + proof.sha256;
  DAY_TRY(os::MakeFolders(folder_ + "/proofs", kFolderMode));
  DAY_TRY(WriteDurable(name + ".entry", proof.entry));
  return WriteDurable(name + ".tlog-proof", proof.proof);
}

base::Result<std::string> StateFolder::ReadEntry(const std::string& sha256) const {
  return os::ReadFile(folder_ + "/proofs/" + sha256 + ".entry", update::kEntryMaxBytes);
}

base::Status StateFolder::PruneProofs(const Slots& slots,
                                      const update::FollowerState& state) const {
  std::error_code failure;
  for (const auto& entry : std::filesystem::directory_iterator(folder_ + "/proofs", failure)) {
    const std::string name = entry.path().filename().string();
    const std::string sha256 = name.substr(0, name.find('.'));
    if (!slots.Find(sha256) && state.FindRelease(sha256) == nullptr) {
      std::filesystem::remove(entry.path(), failure);
    }
  }
  return base::OkStatus();
}

base::Result<std::string> StateFolder::Secret() const {
  DAY_TRY_ASSIGN(const scan::UserKey key, scan::LoadUserKey(folder_));
  return std::string(base::AsText(key));
}

base::Status StateFolder::AppendLog(const std::vector<update::EntryReport>& entries) const {
  if (entries.empty()) {
    return base::OkStatus();
  }
  std::string text = "\n";  // ends what a crash may have left unfinished
  for (const update::EntryReport& entry : entries) {
    text += wire::WriteJson(LineJson(entry), wire::JsonLayout::kOneLine) + "\n";
  }
  const std::string path = folder_ + "/log.jsonl";
  const os::Fd fd(::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, kFileMode));
  if (!fd.valid()) {
    return os::ErrnoError("open " + path, errno);
  }
  DAY_TRY(os::WriteAll(fd.get(), base::AsBytes(text)));
  return ::fsync(fd.get()) == 0 ? base::OkStatus()
                                : base::Status(os::ErrnoError("write " + path, errno));
}

// A crash may leave half a line, or lines that the next run wrote again: those are passed over.
base::Result<std::vector<LogLine>> StateFolder::ReadLog() const {
  const auto text = os::ReadFile(folder_ + "/log.jsonl", kLogMaxBytes);
  std::vector<LogLine> lines;
  if (!text.ok()) {
    return text.error().kind == ErrorKind::kNotFound
               ? base::Result<std::vector<LogLine>>(std::move(lines))
               : base::Result<std::vector<LogLine>>(text.error());
  }
  std::map<std::uint64_t, LogLine> by_index;
  std::string_view rest = *text;
  while (!rest.empty()) {
    const auto json = wire::ParseJson(base::AsBytes(base::TakeLine(&rest)), {});
    if (json.ok()) {
      LogLine line = ParseLine(*json);
      by_index.insert_or_assign(line.index, std::move(line));
    }
  }
  for (auto& [index, line] : by_index) {
    lines.push_back(std::move(line));
  }
  return lines;
}

base::Result<std::string> StateFolder::WriteEvidence(const std::string& evidence) const {
  const std::string hash = crypto::Sha256Hex(base::AsBytes(evidence));
  const std::string path = fmt::format("{}/fork-evidence.{}", folder_, hash.substr(0, 16));
  DAY_TRY(WriteDurable(path, evidence));
  return path;
}

std::optional<std::string> ActiveRules(const std::string& state_folder, std::string* problem) {
  if (state_folder.empty()) {
    return std::nullopt;
  }
  const StateFolder state(state_folder);
  const auto slots = state.ReadSlots();
  if (!slots.ok()) {
    if (problem != nullptr) {
      *problem = slots.error().message;
    }
    return std::nullopt;
  }
  return slots->active ? std::optional(state.RulesFolder(*slots->active)) : std::nullopt;
}

}  // namespace day::endpoint::updater
