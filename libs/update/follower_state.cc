// The follower's state as text.
#include <cstring>

#include "libs/base/base64.h"
#include "libs/update/follower.h"
#include "libs/wire/json.h"

namespace day::update {
namespace {

using base::ErrorKind;
using wire::Json;

constexpr std::size_t kStateMaxBytes = 256u << 20;

Json HashJson(const tlog::Hash& hash) { return Json::Text(base::ToHex(hash)); }

base::Error Malformed() {
  return base::MakeError(ErrorKind::kMalformed, "the stored state of updates is damaged");
}

base::Result<tlog::Hash> ReadHash(const Json* json) {
  const std::optional<std::string> bytes =
      json != nullptr ? base::FromHex(json->text()) : std::nullopt;
  tlog::Hash hash;
  if (!bytes || bytes->size() != hash.size()) {
    return Malformed();
  }
  std::memcpy(hash.data(), bytes->data(), hash.size());
  return hash;
}

const Json& Field(const Json& json, std::string_view key) {
  static const Json none;
  const Json* found = json.Find(key);
  return found != nullptr ? *found : none;
}

base::Status ReadCheckpoints(const Json& json, FollowerState* state) {
  for (const Json& item : json.items()) {
    SeenCheckpoint seen;
    seen.size = static_cast<std::uint64_t>(Field(item, "size").integer());
    DAY_TRY_ASSIGN(seen.root, ReadHash(item.Find("root")));
    seen.note = Field(item, "note").text();
    state->checkpoints.push_back(std::move(seen));
  }
  return base::OkStatus();
}

base::Status ReadReleases(const Json& json, FollowerState* state) {
  for (const Json& item : json.items()) {
    KnownRelease release;
    release.index = static_cast<std::uint64_t>(Field(item, "index").integer());
    DAY_TRY_ASSIGN(release.statement, ParseStatement(Field(item, "statement").text()));
    if (release.statement.kind != StatementKind::kBundle) {
      return Malformed();
    }
    state->releases.push_back(std::move(release));
  }
  return base::OkStatus();
}

}  // namespace

std::string FollowerState::ToText() const {
  Json json = Json::Object();
  json.Set("version", Json::Integer(1));
  json.Set("size", Json::Integer(static_cast<std::int64_t>(range.size())));
  Json hashes = Json::Array();
  for (const tlog::Hash& hash : range.hashes()) {
    hashes.Append(HashJson(hash));
  }
  json.Set("range", std::move(hashes));
  json.Set("origin", Json::Text(origin));
  json.Set("time", Json::Integer(time_s));
  json.Set("expires", Json::Integer(metadata_expires_s));
  Json seen = Json::Array();
  for (const SeenCheckpoint& checkpoint : checkpoints) {
    Json item = Json::Object();
    item.Set("size", Json::Integer(static_cast<std::int64_t>(checkpoint.size)));
    item.Set("root", HashJson(checkpoint.root));
    item.Set("note", Json::Text(checkpoint.note));
    seen.Append(std::move(item));
  }
  json.Set("checkpoints", std::move(seen));
  Json known = Json::Array();
  for (const KnownRelease& release : releases) {
    Json item = Json::Object();
    item.Set("index", Json::Integer(static_cast<std::int64_t>(release.index)));
    item.Set("statement", Json::Text(WriteStatement(release.statement)));
    known.Append(std::move(item));
  }
  json.Set("releases", std::move(known));
  Json stopped_json = Json::Array();
  for (const std::string& hash : stopped) {
    stopped_json.Append(Json::Text(hash));
  }
  json.Set("stopped", std::move(stopped_json));
  Json files = Json::Object();
  for (const auto& [name, bytes] : tuf) {
    files.Set(name, Json::Text(base::EncodeBase64(base::AsBytes(bytes))));
  }
  json.Set("tuf", std::move(files));
  json.Set("engine", Json::Text(engine ? WriteStatement(*engine) : ""));
  json.Set("policy", Json::Text(policy));
  json.Set("fork", Json::Text(base::EncodeBase64(base::AsBytes(fork_evidence))));
  return wire::WriteJson(json, wire::JsonLayout::kOneLine) + "\n";
}

base::Result<FollowerState> FollowerState::FromText(std::string_view text) {
  const auto json = wire::ParseJson(base::AsBytes(text), {.size_max_bytes = kStateMaxBytes});
  if (!json.ok() || Field(*json, "version").integer() != 1) {
    return Malformed();
  }
  FollowerState state;
  std::vector<tlog::Hash> hashes;
  for (const Json& item : Field(*json, "range").items()) {
    DAY_TRY_ASSIGN(const tlog::Hash hash, ReadHash(&item));
    hashes.push_back(hash);
  }
  DAY_TRY_ASSIGN(state.range,
                 tlog::CompactRange::Create(
                     static_cast<std::uint64_t>(Field(*json, "size").integer()), hashes));
  state.origin = Field(*json, "origin").text();
  state.time_s = Field(*json, "time").integer();
  state.metadata_expires_s = Field(*json, "expires").integer();
  DAY_TRY(ReadCheckpoints(Field(*json, "checkpoints"), &state));
  // What is followed next is compared with the last of them.
  const bool whole = state.checkpoints.empty()
                         ? state.range.size() == 0
                         : state.checkpoints.back().size == state.range.size() &&
                               state.checkpoints.back().root == state.range.Root();
  if (!whole) {
    return Malformed();
  }
  DAY_TRY(ReadReleases(Field(*json, "releases"), &state));
  for (const Json& item : Field(*json, "stopped").items()) {
    state.stopped.insert(item.text());
  }
  for (const Json::Member& member : Field(*json, "tuf").members()) {
    const std::optional<std::string> bytes = base::DecodeBase64(member.value.text());
    if (!bytes) {
      return Malformed();
    }
    state.tuf[member.key] = *bytes;
  }
  if (const std::string& engine = Field(*json, "engine").text(); !engine.empty()) {
    DAY_TRY_ASSIGN(state.engine, ParseStatement(engine));
    if (state.engine->kind != StatementKind::kEngine) {
      return Malformed();
    }
  }
  state.policy = Field(*json, "policy").text();
  const std::optional<std::string> fork = base::DecodeBase64(Field(*json, "fork").text());
  if (!fork) {
    return Malformed();
  }
  state.fork_evidence = *fork;
  return state;
}

}  // namespace day::update
