#include "network/release/workspace.h"

#include <fmt/core.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <filesystem>
#include <system_error>
#include <utility>

#include "libs/os/file.h"
#include "network/release/fields.h"

namespace day::network::release {
namespace {

using base::ErrorKind;
using base::MakeError;
using wire::Json;

constexpr std::size_t kAddressMaxBytes = 4096;
constexpr std::uint32_t kFolderMode = 0755;
constexpr std::uint32_t kLockTimeoutMs = 10'000;

base::Status CheckRollout(const std::vector<update::RolloutStep>& steps) {
  bool good =
      !steps.empty() && steps.size() <= update::kRolloutStepsMax && steps.back().percent == 100;
  for (std::size_t i = 1; i < steps.size(); ++i) {
    good =
        good && steps[i].percent > steps[i - 1].percent && steps[i].delay_s >= steps[i - 1].delay_s;
  }
  if (!good) {
    return MakeError(ErrorKind::kInvalidUse,
                     "a roll-out is steps PERCENT:SECONDS with rising percents up to 100, such as "
                     "1:0,10:3600,100:21600");
  }
  return base::OkStatus();
}

}  // namespace

base::Result<std::vector<update::RolloutStep>> ParseRollout(std::string_view text) {
  std::vector<update::RolloutStep> steps;
  while (!text.empty()) {
    const std::string_view part = text.substr(0, text.find(','));
    text.remove_prefix(std::min(text.size(), part.size() + 1));
    update::RolloutStep step;
    const char* end = part.data() + part.size();
    const auto first = std::from_chars(part.data(), end, step.percent);
    bool good = first.ec == std::errc() && first.ptr != end && *first.ptr == ':';
    if (good) {
      const auto second = std::from_chars(first.ptr + 1, end, step.delay_s);
      good = second.ec == std::errc() && second.ptr == end && step.delay_s <= 365 * 86'400;
    }
    if (!good) {
      steps.clear();
      break;
    }
    steps.push_back(step);
  }
  DAY_TRY(CheckRollout(steps));
  return steps;
}

base::Result<Config> ParseConfig(std::string_view text) {
  DAY_TRY_ASSIGN(const Json json, ReadJson(text, "release.json"));
  Fields fields(&json, "release.json");
  Config out;
  fields.Check(fields.Integer("version") == 1, "version");
  const Json log = fields.Object("log");
  Fields address(&log, "release.json: log");
  constexpr auto kOptional = Fields::Needed::kOptional;
  out.log.url = address.Text("url", kAddressMaxBytes, kOptional);
  out.log.submit_url = address.Text("submit", kAddressMaxBytes, kOptional);
  out.log.folder = address.Text("folder", kAddressMaxBytes, kOptional);
  out.log.key_path = address.Text("key", kAddressMaxBytes, kOptional);
  out.entries_whole = fields.Integer("entriesWhole");
  out.deltas = fields.Integer("deltas");
  out.rollout.clear();
  for (const Json& item : fields.Array("rollout", update::kRolloutStepsMax)) {
    Fields step(&item, "release.json: rollout");
    const std::int64_t percent = step.Integer("percent");
    const std::int64_t delay = step.Integer("delay");
    step.Check(percent <= 100 && delay <= 365 * 86'400, "percent or delay");
    DAY_TRY(step.Finish());
    out.rollout.push_back({static_cast<std::uint32_t>(percent), static_cast<std::uint32_t>(delay)});
  }
  DAY_TRY(address.Finish());
  fields.Check(out.log.url.empty() != out.log.folder.empty(), "log: url or folder, one of them");
  fields.Check(out.entries_whole <= 100'000 && out.deltas <= 60, "entriesWhole or deltas");
  DAY_TRY(fields.Finish());
  DAY_TRY(CheckRollout(out.rollout));
  return out;
}

std::string WriteConfig(const Config& config) {
  Json log = Json::Object();
  const auto set = [&](std::string_view key, const std::string& value) {
    if (!value.empty()) {
      log.Set(key, Json::Text(value));
    }
  };
  set("url", config.log.url);
  set("submit", config.log.submit_url);
  set("folder", config.log.folder);
  set("key", config.log.key_path);
  Json rollout = Json::Array();
  for (const update::RolloutStep& step : config.rollout) {
    Json item = Json::Object();
    item.Set("percent", Json::Integer(step.percent));
    item.Set("delay", Json::Integer(step.delay_s));
    rollout.Append(std::move(item));
  }
  Json json = Json::Object();
  json.Set("version", Json::Integer(1));
  json.Set("log", std::move(log));
  json.Set("rollout", std::move(rollout));
  json.Set("entriesWhole", Json::Integer(config.entries_whole));
  json.Set("deltas", Json::Integer(config.deltas));
  return FileText(json);
}

base::Result<ReleaseRules> ParseReleaseRules(std::string_view text) {
  DAY_TRY_ASSIGN(const Json json, ReadJson(text, "rules.json"));
  Fields fields(&json, "rules.json");
  ReleaseRules out;
  out.reviews = fields.Integer("reviews");
  out.cost_percent_max = fields.Integer("costPercentMax");
  out.false_alarms_max = fields.Integer("falseAlarmsMax");
  DAY_TRY(fields.Finish());
  return out;
}

std::string WriteReleaseRules(const ReleaseRules& rules) {
  Json json = Json::Object();
  json.Set("reviews", Json::Integer(rules.reviews));
  json.Set("costPercentMax", Json::Integer(rules.cost_percent_max));
  json.Set("falseAlarmsMax", Json::Integer(rules.false_alarms_max));
  return FileText(json);
}

base::Result<Workspace> Workspace::Open(const std::string& folder) {
  if (!os::StatPath(folder + "/release.json", os::Symlinks::kFollow).ok()) {
    return MakeError(ErrorKind::kNotFound,
                     folder +
                         ": no workspace (release.json is not there). Make one with "
                         "daylight-release init, or name one with --workspace");
  }
  auto lock = os::LockFile(folder + "/.lock", kLockTimeoutMs);
  if (!lock.ok()) {
    return lock.error().kind == ErrorKind::kTimeout
               ? MakeError(ErrorKind::kTimeout,
                           folder + ": another daylight-release works on it; try again later")
               : lock.error();
  }
  os::RemoveUnfinished(folder);
  Workspace out(folder, std::move(*lock));
  DAY_TRY_ASSIGN(const std::string text, out.Read("release.json"));
  DAY_TRY_ASSIGN(out.config_, ParseConfig(text));
  return out;
}

base::Result<Workspace> Workspace::Create(const std::string& folder, const Config& config,
                                          const ReleaseRules& rules, std::string_view policy) {
  for (const char* name : {"/release.json", "/tuf", "/keys", "/policy"}) {
    if (os::StatPath(folder + name, os::Symlinks::kRefuse).ok()) {
      return MakeError(ErrorKind::kInvalidUse,
                       folder + name + " exists already: init never overwrites");
    }
  }
  DAY_TRY(os::MakeFolders(folder, kFolderMode));
  DAY_TRY_ASSIGN(os::Fd lock, os::LockFile(folder + "/.lock", kLockTimeoutMs));
  Workspace out(folder, std::move(lock));
  out.config_ = config;
  DAY_TRY(out.Write("policy", base::AsBytes(policy)));
  DAY_TRY(out.Write("rules.json", base::AsBytes(WriteReleaseRules(rules))));
  return out;
}

bool Workspace::Has(std::string_view name) const {
  return os::StatPath(Path(name), os::Symlinks::kFollow).ok();
}

base::Result<std::string> Workspace::Read(std::string_view name,
                                          std::uint64_t size_max_bytes) const {
  return os::ReadFile(Path(name), size_max_bytes);
}

base::Status Workspace::Write(std::string_view name, base::Bytes bytes, std::uint32_t mode) const {
  const std::string path = Path(name);
  DAY_TRY(os::MakeFolders(path.substr(0, path.rfind('/')), kFolderMode));
  return os::WriteFileAtomic(path, bytes, mode, os::Durability::kCrashOfMachine);
}

base::Status Workspace::Erase(std::string_view name) const {
  const std::string path = Path(name);
  if (std::remove(path.c_str()) != 0 && errno != ENOENT) {
    return os::ErrnoError("remove " + path, errno);
  }
  return base::OkStatus();
}

std::vector<std::string> Workspace::List(std::string_view folder) const {
  std::vector<std::string> names;
  std::error_code error;
  for (std::filesystem::directory_iterator it(Path(folder), error), end; !error && it != end;
       it.increment(error)) {
    names.push_back(it->path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace day::network::release
