#include "libs/update/statement.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "libs/base/bytes.h"
#include "libs/crypto/hash.h"

namespace day::update {
namespace {

using base::ErrorKind;
using wire::Json;

constexpr std::string_view kStatementType = "https://in-toto.io/Statement/v1";
constexpr std::string_view kPrefix = "https://daylight.example/update/";
constexpr std::string_view kSuffix = "/v1";
constexpr std::size_t kNameMaxBytes = 255;

struct KindFacts {
  StatementKind kind;
  std::string_view name;
  std::string_view role;
};

constexpr std::array<KindFacts, 6> kKinds = {{
    {StatementKind::kBundle, "bundle", "rules"},
    {StatementKind::kEngine, "engine", "engine"},
    {StatementKind::kText, "text", "targets"},
    {StatementKind::kRecall, "recall", "halt"},
    {StatementKind::kHalt, "halt", "halt"},
    {StatementKind::kRebuild, "rebuild", "rebuild"},
}};

bool HasSequence(StatementKind kind) {
  return kind == StatementKind::kBundle || kind == StatementKind::kEngine;
}

bool HasText(StatementKind kind) {
  return kind == StatementKind::kText || kind == StatementKind::kRecall ||
         kind == StatementKind::kHalt || kind == StatementKind::kEngine;
}

bool IsSha256(std::string_view text) {
  return text.size() == 64 && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

// Takes fields out of an object; after the first failure everything is zero.
class Taker {
 public:
  explicit Taker(const Json* json) : json_(json != nullptr ? *json : Json()) {
    Check(json_.IsObject(), "not an object");
  }

  bool Check(bool condition, std::string_view what) {
    if (!condition && !error_) {
      error_ = base::MakeError(ErrorKind::kMalformed, fmt::format("statement: {}", what));
    }
    return condition;
  }
  std::string Text(std::string_view key, std::size_t size_max) {
    const Json value = Take(key);
    Check(value.IsText() && value.text().size() <= size_max, key);
    return value.text();
  }
  std::int64_t Integer(std::string_view key) {
    const Json value = Take(key);
    Check(value.IsInteger() && value.integer() >= 0, key);
    return std::max<std::int64_t>(value.integer(), 0);
  }
  bool Bool(std::string_view key) {
    const Json value = Take(key);
    Check(value.IsBool(), key);
    return value.boolean();
  }
  std::vector<Json> Array(std::string_view key, std::size_t count_max) {
    const Json value = Take(key);
    Check(value.IsArray() && value.items().size() <= count_max, key);
    return error_ ? std::vector<Json>() : value.items();
  }
  Json Object(std::string_view key) {
    const Json value = Take(key);
    Check(value.IsObject(), key);
    return value;
  }
  // Fails if anything was not taken.
  base::Status Finish() {
    Check(json_.members().empty(), "a field that does not belong");
    return error_ ? base::Status(*error_) : base::OkStatus();
  }
  bool ok() const { return !error_; }

 private:
  Json Take(std::string_view key) {
    const Json* found = json_.Find(key);
    Json value = found != nullptr ? *found : Json();
    json_.Remove(key);
    return value;
  }

  Json json_;
  std::optional<base::Error> error_;
};

Json PredicateOf(const Statement& statement) {
  Json json = Json::Object();
  json.Set("time", Json::Integer(statement.time_s));
  if (HasSequence(statement.kind)) {
    json.Set("sequence", Json::Integer(statement.sequence));
  }
  if (HasText(statement.kind)) {
    json.Set("text", Json::Text(statement.text));
  }
  if (statement.kind == StatementKind::kRebuild) {
    json.Set("same", Json::Bool(statement.same));
  }
  if (statement.kind != StatementKind::kBundle) {
    return json;
  }
  json.Set("size", Json::Integer(static_cast<std::int64_t>(statement.size_bytes)));
  json.Set("previous", Json::Text(statement.previous_sha256));
  json.Set("logSize", Json::Integer(static_cast<std::int64_t>(statement.log_size)));
  json.Set("emergency", Json::Bool(statement.emergency));
  json.Set("removes", Json::Bool(statement.removes));
  Json recalled = Json::Array();
  for (const std::string& hash : statement.recalled) {
    recalled.Append(Json::Text(hash));
  }
  json.Set("recalled", std::move(recalled));
  Json rollout = Json::Array();
  for (const RolloutStep& step : statement.rollout) {
    Json item = Json::Object();
    item.Set("percent", Json::Integer(step.percent));
    item.Set("delay", Json::Integer(step.delay_s));
    rollout.Append(std::move(item));
  }
  json.Set("rollout", std::move(rollout));
  return json;
}

void TakeRollout(Taker* taker, Statement* out) {
  for (const Json& item : taker->Array("rollout", kRolloutStepsMax)) {
    Taker step(&item);
    const std::int64_t percent = step.Integer("percent");
    const std::int64_t delay = step.Integer("delay");
    const bool rising = out->rollout.empty() || (percent > out->rollout.back().percent &&
                                                 delay >= out->rollout.back().delay_s);
    if (!taker->Check(step.Finish().ok() && rising && percent <= 100 && delay <= 365 * 86'400,
                      "rollout")) {
      return;
    }
    out->rollout.push_back(
        {static_cast<std::uint32_t>(percent), static_cast<std::uint32_t>(delay)});
  }
  taker->Check(!out->rollout.empty() && out->rollout.back().percent == 100, "rollout");
}

base::Status ParsePredicate(const Json& json, Statement* out) {
  Taker taker(&json);
  out->time_s = taker.Integer("time");
  if (HasSequence(out->kind)) {
    out->sequence = taker.Integer("sequence");
    taker.Check(out->sequence >= 1, "sequence");
  }
  if (HasText(out->kind)) {
    out->text = taker.Text("text", kTextMaxBytes);
  }
  if (out->kind == StatementKind::kRebuild) {
    out->same = taker.Bool("same");
  }
  if (out->kind == StatementKind::kBundle) {
    out->size_bytes = static_cast<std::uint64_t>(taker.Integer("size"));
    out->previous_sha256 = taker.Text("previous", 64);
    taker.Check(out->previous_sha256.empty() || IsSha256(out->previous_sha256), "previous");
    out->log_size = static_cast<std::uint64_t>(taker.Integer("logSize"));
    out->emergency = taker.Bool("emergency");
    out->removes = taker.Bool("removes");
    for (const Json& item : taker.Array("recalled", kSubjectsMax)) {
      const bool sorted = out->recalled.empty() || out->recalled.back() < item.text();
      taker.Check(IsSha256(item.text()) && sorted, "recalled");
      out->recalled.push_back(item.text());
    }
    TakeRollout(&taker, out);
    taker.Check(out->subjects.size() == 1, "a bundle is one subject");
  }
  return taker.Finish();
}

}  // namespace

std::string_view StatementKindName(StatementKind kind) {
  for (const KindFacts& facts : kKinds) {
    if (facts.kind == kind) {
      return facts.name;
    }
  }
  return kind == StatementKind::kMetadata ? "metadata" : "unknown";
}

std::string WordsOf(const Statement& statement) {
  if (statement.kind == StatementKind::kRebuild) {
    return statement.same ? "a third party made the same bytes from its sources"
                          : "A THIRD PARTY MADE OTHER BYTES from its sources";
  }
  return statement.removes ? "takes detections away or changes them" : statement.text;
}

std::string_view RoleOf(const Statement& statement) {
  if (statement.removes) {
    return "removals";
  }
  for (const KindFacts& facts : kKinds) {
    if (facts.kind == statement.kind) {
      return facts.role;
    }
  }
  return "";
}

std::string WriteStatement(const Statement& statement) {
  Json subjects = Json::Array();
  for (const Subject& subject : statement.subjects) {
    Json digest = Json::Object();
    digest.Set("sha256", Json::Text(subject.sha256));
    Json item = Json::Object();
    item.Set("name", Json::Text(subject.name));
    item.Set("digest", std::move(digest));
    subjects.Append(std::move(item));
  }
  Json json = Json::Object();
  json.Set("_type", Json::Text(kStatementType));
  json.Set("subject", std::move(subjects));
  json.Set("predicateType",
           Json::Text(fmt::format("{}{}{}", kPrefix, StatementKindName(statement.kind), kSuffix)));
  json.Set("predicate", PredicateOf(statement));
  return wire::WriteJson(json, wire::JsonLayout::kOneLine);
}

base::Result<Statement> ParseStatement(std::string_view payload) {
  constexpr wire::JsonLimits kLimits{
      .size_max_bytes = 65'535, .depth_max = 8, .values_max = 20'000};
  DAY_TRY_ASSIGN(const Json json, wire::ParseJson(base::AsBytes(payload), kLimits));
  Taker taker(&json);
  Statement out;
  taker.Check(taker.Text("_type", kNameMaxBytes) == kStatementType, "not an in-toto Statement v1");
  out.predicate_type = taker.Text("predicateType", kNameMaxBytes);
  for (const KindFacts& facts : kKinds) {
    if (out.predicate_type == fmt::format("{}{}{}", kPrefix, facts.name, kSuffix)) {
      out.kind = facts.kind;
    }
  }
  for (const Json& item : taker.Array("subject", kSubjectsMax)) {
    Taker subject(&item);
    Subject made;
    made.name = subject.Text("name", kNameMaxBytes);
    const Json digests = subject.Object("digest");
    Taker digest(&digests);
    made.sha256 = digest.Text("sha256", 64);
    taker.Check(subject.Finish().ok() && digest.Finish().ok() && IsSha256(made.sha256), "subject");
    out.subjects.push_back(std::move(made));
  }
  const Json predicate = taker.Object("predicate");
  DAY_TRY(taker.Finish());
  if (out.kind != StatementKind::kUnknown) {
    DAY_TRY(ParsePredicate(predicate, &out));
  }
  return out;
}

std::uint32_t RingOf(std::string_view secret, std::string_view release_sha256) {
  crypto::Sha256Hasher hasher;
  hasher.Update(base::AsBytes(secret));
  hasher.Update(base::AsBytes(base::FromHex(release_sha256).value_or("")));
  const crypto::Sha256Digest digest = hasher.Finish();
  const auto head = base::ReadAt<std::uint64_t>(digest, 0, base::Endian::kBig);
  return static_cast<std::uint32_t>(head.value_or(0) % 100);
}

std::uint32_t DelayOf(const Statement& release, std::uint32_t ring) {
  if (release.emergency) {
    return 0;
  }
  for (const RolloutStep& step : release.rollout) {
    if (ring < step.percent) {
      return step.delay_s;
    }
  }
  return release.rollout.empty() ? 0 : release.rollout.back().delay_s;
}

}  // namespace day::update
