#include "network/audit/release_watch.h"

#include <fmt/format.h>

#include <algorithm>

#include "libs/base/base64.h"
#include "libs/crypto/hash.h"
#include "libs/update/blindness.h"
#include "libs/update/dsse.h"
#include "libs/wire/json.h"
#include "network/core/compare.h"

namespace day::network::audit {
namespace {

using base::ErrorKind;
using base::MakeError;
using update::Statement;
using update::StatementKind;
using wire::Json;

constexpr std::string_view kStateKey = "watch-state";
constexpr std::size_t kStateBytesMax = 64u << 20;
constexpr std::size_t kReleasesKept = 64;
constexpr std::size_t kRootMaxBytes = 512'000;

base::Error Damaged() {
  return MakeError(ErrorKind::kMalformed, "the monitor's state of releases is damaged");
}

const Json& Field(const Json& json, std::string_view key) {
  static const Json none;
  const Json* found = json.Find(key);
  return found != nullptr ? *found : none;
}

Json StatementsJson(const std::vector<Statement>& statements) {
  Json list = Json::Array();
  for (const Statement& statement : statements) {
    list.Append(Json::Text(update::WriteStatement(statement)));
  }
  return list;
}

base::Status ReadStatements(const Json& json, std::vector<Statement>* out) {
  for (const Json& item : json.items()) {
    DAY_TRY_ASSIGN(Statement statement, update::ParseStatement(item.text()));
    if (statement.kind != StatementKind::kBundle) {
      return Damaged();
    }
    out->push_back(std::move(statement));
  }
  return base::OkStatus();
}

base::Result<tuf::Targets> ReadTargets(std::string_view text) {
  DAY_TRY_ASSIGN(const tuf::Envelope envelope,
                 tuf::ParseEnvelope(base::AsBytes(text), update::kEntryMaxBytes));
  return tuf::ParseTargets(envelope.signed_part);
}

}  // namespace

void ReleaseWatch::Report(AnomalyKind kind, std::uint64_t index, std::string what) {
  anomalies_.push_back({kind, fmt::format("entry {}", index), std::move(what), {}});
}

base::Status ReleaseWatch::TakeRoot(base::Bytes bytes) {
  DAY_TRY_ASSIGN(const tuf::Envelope envelope, tuf::ParseEnvelope(bytes, kRootMaxBytes));
  DAY_TRY_ASSIGN(root_, tuf::ParseRoot(envelope.signed_part));
  root_text_ = base::AsText(bytes);
  return tuf::VerifySignatures(envelope, root_.keys, root_.root, "root");
}

base::Status ReleaseWatch::Parse(std::string_view text) {
  const auto json = wire::ParseJson(base::AsBytes(text), {.size_max_bytes = kStateBytesMax});
  if (!json.ok() || Field(*json, "version").integer() != 1) {
    return Damaged();
  }
  next_ = static_cast<std::uint64_t>(Field(*json, "next").integer());
  release_count_ = static_cast<std::uint64_t>(Field(*json, "releaseCount").integer());
  const auto root = base::DecodeBase64(Field(*json, "root").text());
  const auto targets = base::DecodeBase64(Field(*json, "targets").text());
  if (!root || !targets) {
    return Damaged();
  }
  DAY_TRY(TakeRoot(base::AsBytes(*root)));
  if (!targets->empty()) {
    DAY_TRY_ASSIGN(targets_, ReadTargets(*targets));
    targets_text_ = *targets;
  }
  for (const Json& item : Field(*json, "stopped").items()) {
    stopped_.insert(item.text());
  }
  DAY_TRY(ReadStatements(Field(*json, "releases"), &releases_));
  return ReadStatements(Field(*json, "unchecked"), &unchecked_);
}

base::Result<ReleaseWatch> ReleaseWatch::Open(const std::string& root_json, store::Blobs* state,
                                              WatchOptions options) {
  ReleaseWatch watch(state, std::move(options));
  const auto text = state->Get(kStateKey, kStateBytesMax);
  if (text.ok()) {
    DAY_TRY(watch.Parse(*text));
    return watch;
  }
  if (text.error().kind != ErrorKind::kNotFound) {
    return text.error();
  }
  DAY_TRY(watch.TakeRoot(base::AsBytes(root_json)));
  return watch;
}

base::Status ReleaseWatch::Save() {
  Json json = Json::Object();
  json.Set("version", Json::Integer(1));
  json.Set("next", Json::Integer(static_cast<std::int64_t>(next_)));
  json.Set("releaseCount", Json::Integer(static_cast<std::int64_t>(release_count_)));
  json.Set("root", Json::Text(base::EncodeBase64(base::AsBytes(root_text_))));
  json.Set("targets", Json::Text(base::EncodeBase64(base::AsBytes(targets_text_))));
  Json stopped = Json::Array();
  for (const std::string& sha256 : stopped_) {
    stopped.Append(Json::Text(sha256));
  }
  json.Set("stopped", std::move(stopped));
  json.Set("releases", StatementsJson(releases_));
  json.Set("unchecked", StatementsJson(unchecked_));
  return state_->Put(kStateKey, base::AsBytes(wire::WriteJson(json, wire::JsonLayout::kOneLine)));
}

void ReleaseWatch::OnEntry(std::uint64_t index, base::Bytes entry) {
  if (index < next_) {
    return;
  }
  next_ = index + 1;
  if (const auto metadata = update::ReadLoggedMetadata(entry)) {
    OnMetadata(index, entry, *metadata);
  } else {
    OnStatement(index, entry);
  }
}

void ReleaseWatch::OnMetadata(std::uint64_t index, base::Bytes entry,
                              const update::LoggedMetadata& metadata) {
  const bool is_root = metadata.role == tuf::TopRole::kRoot;
  const std::string& known_text = is_root ? root_text_ : targets_text_;
  const std::int64_t known =
      is_root ? root_.common.version : (targets_ ? targets_->common.version : 0);
  const tuf::RoleKeys& role = root_.role(metadata.role);
  const std::int64_t signers = tuf::CountSigners(metadata.envelope, root_.keys, role);
  if (base::AsText(entry) == known_text || signers == 0) {
    return;
  }
  if (signers < role.threshold) {
    return Report(AnomalyKind::kMinority, index,
                  fmt::format("{} has {} of the {} signatures it needs", metadata.FileName(),
                              signers, role.threshold));
  }
  if (metadata.version == known) {
    return Report(AnomalyKind::kKeys, index,
                  fmt::format("another {} was logged before", metadata.FileName()));
  }
  if (metadata.version < known) {
    return;  // shown again
  }
  if (!is_root) {
    targets_ = tuf::ParseTargets(metadata.envelope.signed_part).value();
    targets_text_ = base::AsText(entry);
    return;
  }
  tuf::Root next = tuf::ParseRoot(metadata.envelope.signed_part).value();
  if (metadata.version != known + 1 ||
      tuf::CountSigners(metadata.envelope, next.keys, next.root) < next.root.threshold) {
    return Report(AnomalyKind::kKeys, index,
                  fmt::format("{} does not follow root {}", metadata.FileName(), known));
  }
  root_ = std::move(next);
  root_text_ = base::AsText(entry);
}

void ReleaseWatch::OnStatement(std::uint64_t index, base::Bytes entry) {
  const auto envelope = update::ParseDsse(entry);
  if (!envelope.ok() || envelope->payload_type != update::kInTotoType) {
    return;
  }
  auto statement = update::ParseStatement(envelope->payload);
  if (!statement.ok() || statement->kind == StatementKind::kUnknown) {
    return;
  }
  const std::string_view wanted = update::RoleOf(*statement);
  const tuf::Keys* keys = &root_.keys;
  const tuf::RoleKeys* role = wanted == "targets" ? &root_.targets : nullptr;
  for (std::size_t i = 0; targets_ && role == nullptr && i < targets_->delegations.size(); ++i) {
    if (targets_->delegations[i].name == wanted) {
      keys = &targets_->keys;
      role = &targets_->delegations[i].keys;
    }
  }
  const std::int64_t signers = role != nullptr ? update::CountSigners(*envelope, *keys, *role) : 0;
  if (signers == 0) {
    return;
  }
  if (signers < role->threshold) {
    return Report(
        AnomalyKind::kMinority, index,
        fmt::format("a {} has {} of the {} signatures of {}",
                    update::StatementKindName(statement->kind), signers, role->threshold, wanted));
  }
  if (statement->kind == StatementKind::kBundle) {
    return OnRelease(index, *statement);
  }
  if (statement->kind == StatementKind::kHalt || statement->kind == StatementKind::kRecall) {
    for (const update::Subject& subject : statement->subjects) {
      stopped_.insert(subject.sha256);
    }
  }
}

void ReleaseWatch::OnRelease(std::uint64_t index, const Statement& release) {
  const auto candidate = std::find_if(
      releases_.rbegin(), releases_.rend(),
      [this](const Statement& one) { return !stopped_.contains(one.subjects[0].sha256); });
  const std::string before = candidate != releases_.rend() ? candidate->subjects[0].sha256 : "";
  const auto hides = [&](const std::string& sha256) {
    return !std::binary_search(release.recalled.begin(), release.recalled.end(), sha256);
  };
  if (!releases_.empty() && release.sequence <= releases_.back().sequence) {
    return Report(AnomalyKind::kRelease, index,
                  fmt::format("release {} comes after release {}", release.sequence,
                              releases_.back().sequence));
  }
  if (release.log_size > index) {
    return Report(AnomalyKind::kRelease, index, "it speaks of entries behind itself");
  }
  if (release.previous_sha256 != before) {
    Report(AnomalyKind::kRelease, index,
           fmt::format("release {} does not name the release before it", release.sequence));
  }
  if (std::any_of(stopped_.begin(), stopped_.end(), hides)) {
    Report(AnomalyKind::kRelease, index,
           fmt::format("release {} hides that others were stopped", release.sequence));
  }
  if (stopped_.contains(release.subjects[0].sha256)) {
    Report(AnomalyKind::kRelease, index,
           fmt::format("release {} is a bundle that was stopped", release.sequence));
  }
  ++release_count_;
  releases_.push_back(release);
  if (releases_.size() > kReleasesKept) {
    releases_.erase(releases_.begin());
  }
  if (options_.bundles) {
    unchecked_.push_back(release);
  }
}

base::Result<update::Bundle> ReleaseWatch::FetchBundle(const std::string& sha256,
                                                       std::string* bytes) const {
  DAY_TRY_ASSIGN(*bytes, (*options_.bundles)(fmt::format("bundles/{}.bundle", sha256),
                                             update::kBundleMaxBytes));
  if (crypto::Sha256Hex(base::AsBytes(*bytes)) != sha256) {
    return MakeError(ErrorKind::kPermission, "a mirror has another file under its name");
  }
  return update::DecodeBundle(base::AsBytes(*bytes));
}

bool ReleaseWatch::CheckBundle(const Statement& release) {
  const auto report = [&](AnomalyKind kind, const std::string& what) {
    anomalies_.push_back({kind, fmt::format("release {}", release.sequence), what, {}});
  };
  std::string bytes;
  const auto bundle = FetchBundle(release.subjects[0].sha256, &bytes);
  if (!bundle.ok()) {
    const bool judged = bundle.error().kind == ErrorKind::kMalformed ||
                        bundle.error().kind == ErrorKind::kTruncated;
    report(judged || bundle.error().kind == ErrorKind::kPermission ? AnomalyKind::kBundle
                                                                   : AnomalyKind::kUnreachable,
           bundle.error().message);
    return judged;
  }
  // From the sources in it to the same bytes.
  const auto again = update::EncodeBundle(*bundle);
  const bool same = again.ok() && *again == bytes && bytes.size() == release.size_bytes;
  verdicts_.push_back({release, same});
  if (!same) {
    report(AnomalyKind::kBundle, "its sources do not give its bytes");
  }
  update::Bundle before;
  if (!release.previous_sha256.empty()) {
    std::string before_bytes;
    auto fetched = FetchBundle(release.previous_sha256, &before_bytes);
    if (!fetched.ok()) {
      report(AnomalyKind::kUnreachable,
             "the bundle before it cannot be had: " + fetched.error().message);
      return true;
    }
    before = std::move(*fetched);
  }
  const auto blindness = core::CompareBundles(options_.program, before, *bundle, options_.scratch);
  if (!blindness.ok()) {
    report(AnomalyKind::kBundle, blindness.error().message);
  } else if (blindness->Blinds() && !release.removes) {
    report(AnomalyKind::kRemoval, blindness->Lines().front());
  }
  return true;
}

void ReleaseWatch::CheckBundles() {
  std::erase_if(unchecked_, [this](const Statement& release) { return CheckBundle(release); });
}

}  // namespace day::network::audit
