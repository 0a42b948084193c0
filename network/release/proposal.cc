#include "network/release/proposal.h"

#include <fmt/core.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <system_error>
#include <utility>

#include "libs/crypto/hash.h"
#include "libs/os/file.h"
#include "network/release/fields.h"

namespace day::network::release {
namespace {

using base::ErrorKind;
using base::MakeError;
using wire::Json;

constexpr std::string_view kInToto = "https://in-toto.io/Statement/v1";
constexpr std::string_view kDecisionType = "https://daylight.example/update/decision/v1";
constexpr std::string_view kProvenanceType = "https://slsa.dev/provenance/v1";
constexpr std::string_view kBuildType = "https://daylight.example/build/rules-bundle/v1";
constexpr std::string_view kBuilder = "https://daylight.example/daylight-release";
constexpr std::size_t kNamesInDecision = 50;
constexpr std::size_t kDecisionMaxBytes = 40'000;  // signatures and base64 must fit an entry too

// At most kNamesInDecision of them, and how many there are.
Json Shortened(const std::vector<std::string>& names) {
  Json list = Json::Array();
  for (std::size_t i = 0; i < std::min(names.size(), kNamesInDecision); ++i) {
    list.Append(Json::Text(std::string_view(names[i]).substr(0, 200)));
  }
  Json out = Json::Object();
  out.Set("count", Json::Integer(static_cast<std::int64_t>(names.size())));
  out.Set("first", std::move(list));
  return out;
}

std::string InTotoStatement(const std::string& sha256, std::string_view type, Json predicate) {
  Json digest = Json::Object();
  digest.Set("sha256", Json::Text(sha256));
  Json subject = Json::Object();
  subject.Set("name", Json::Text("rules"));
  subject.Set("digest", std::move(digest));
  Json subjects = Json::Array();
  subjects.Append(std::move(subject));
  Json json = Json::Object();
  json.Set("_type", Json::Text(kInToto));
  json.Set("subject", std::move(subjects));
  json.Set("predicateType", Json::Text(type));
  json.Set("predicate", std::move(predicate));
  return wire::WriteJson(json, wire::JsonLayout::kOneLine);
}

std::string ProvenancePayload(const Proposal& proposal) {
  Json parameters = Json::Object();
  parameters.Set("engine", Json::Integer(1));
  parameters.Set("sequence", Json::Integer(proposal.statement.sequence));
  Json definition = Json::Object();
  definition.Set("buildType", Json::Text(kBuildType));
  definition.Set("externalParameters", std::move(parameters));
  Json dependencies = Json::Array();
  if (!proposal.statement.previous_sha256.empty()) {
    Json digest = Json::Object();
    digest.Set("sha256", Json::Text(proposal.statement.previous_sha256));
    Json previous = Json::Object();
    previous.Set("name", Json::Text("previous"));
    previous.Set("digest", std::move(digest));
    dependencies.Append(std::move(previous));
  }
  definition.Set("resolvedDependencies", std::move(dependencies));
  Json builder = Json::Object();
  builder.Set("id", Json::Text(kBuilder));
  Json metadata = Json::Object();
  metadata.Set("invocationId", Json::Text(proposal.id));
  metadata.Set("finishedOn", Json::Text(tuf::TimeText(proposal.statement.time_s)));
  Json run = Json::Object();
  run.Set("builder", std::move(builder));
  run.Set("metadata", std::move(metadata));
  Json predicate = Json::Object();
  predicate.Set("buildDefinition", std::move(definition));
  predicate.Set("runDetails", std::move(run));
  return InTotoStatement(proposal.sha256(), kProvenanceType, std::move(predicate));
}

Json ReviewsOf(const Proposal& proposal) {
  Json out = Json::Array();
  for (const Review& review : proposal.reviews) {
    Json item = Json::Object();
    item.Set("analyst", Json::Text(review.analyst));
    item.Set("decision", Json::Text(review.decision));
    item.Set("rule", Json::Text(review.rule));
    item.Set("reason", Json::Text(review.reason));
    item.Set("time", Json::Integer(review.time_s));
    out.Append(std::move(item));
  }
  return out;
}

std::string DecisionPayload(const Proposal& proposal, const std::string& provenance,
                            std::int64_t needed, const std::vector<std::string>& overridden,
                            const std::string& why) {
  const Blindness& blindness = proposal.test->blindness;
  Json changes = Json::Object();
  changes.Set("added", Shortened(blindness.added));
  changes.Set("removed", Shortened(blindness.removed));
  changes.Set("changed", Shortened(blindness.changed));
  changes.Set("hashesRemoved", Shortened(blindness.hashes_removed));
  changes.Set("allowed", Shortened(blindness.allowed));
  changes.Set("hashesAdded", Json::Integer(blindness.hashes_added));
  Json test = Json::Object();
  test.Set("passed", Json::Bool(proposal.test->failures.empty()));
  test.Set("failures", Shortened(proposal.test->failures));
  test.Set("skipped", Shortened(proposal.test->skipped));
  test.Set("report", Json::Text(crypto::ToHexDigest(
                         crypto::Sha256(base::AsBytes(WriteTestReport(*proposal.test))))));
  Json predicate = Json::Object();
  predicate.Set("time", Json::Integer(proposal.statement.time_s));
  predicate.Set("author", Json::Text(proposal.author));
  predicate.Set("reason", Json::Text(proposal.reason));
  predicate.Set("sequence", Json::Integer(proposal.statement.sequence));
  predicate.Set("signaturesNeeded", Json::Integer(needed));
  predicate.Set("changes", std::move(changes));
  predicate.Set("reviews", ReviewsOf(proposal));
  predicate.Set("test", std::move(test));
  predicate.Set("overridden", JsonTexts(overridden));
  predicate.Set("overriddenBecause", Json::Text(why));
  predicate.Set("provenance", Json::Text(crypto::Sha256Hex(base::AsBytes(provenance))));
  return InTotoStatement(proposal.sha256(), kDecisionType, std::move(predicate));
}

base::Status WriteEnvelope(const Workspace& workspace, const std::string& file,
                           const update::DsseEnvelope& envelope) {
  return workspace.Write(file, base::AsBytes(update::WriteDsse(envelope)));
}

base::Result<update::DsseEnvelope> ReadEnvelope(const Workspace& workspace,
                                                const std::string& file) {
  DAY_TRY_ASSIGN(const std::string text, workspace.Read(file));
  auto envelope = update::ParseDsse(base::AsBytes(text));
  if (!envelope.ok()) {
    return MakeError(envelope.error().kind, file + " is damaged: " + envelope.error().message +
                                                ". Restore it from a copy, or propose again");
  }
  return envelope;
}

base::Result<std::optional<update::DsseEnvelope>> ReadEnvelopeIfThere(const Workspace& workspace,
                                                                      const std::string& file) {
  if (!workspace.Has(file)) {
    return std::optional<update::DsseEnvelope>();
  }
  DAY_TRY_ASSIGN(update::DsseEnvelope envelope, ReadEnvelope(workspace, file));
  return std::optional<update::DsseEnvelope>(std::move(envelope));
}

bool IsId(std::string_view id) {
  return !id.empty() && id.size() <= 40 && id[0] != '.' &&
         std::all_of(id.begin(), id.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == '-';
         });
}

update::DsseEnvelope Envelope(std::string payload) {
  return {.payload_type = std::string(update::kInTotoType),
          .payload = std::move(payload),
          .signatures = {}};
}

}  // namespace

base::Result<Proposal> MakeProposal(const Workspace& workspace, const LogCopy& log,
                                    const update::Bundle& bundle, const NewProposal& wanted) {
  DAY_TRY_ASSIGN(const std::string bytes, update::EncodeBundle(bundle));
  const std::string sha256 = crypto::Sha256Hex(base::AsBytes(bytes));
  const update::FollowerState& state = log.state();
  const update::KnownRelease* candidate = state.Candidate();
  Proposal out;
  out.author = wanted.author;
  out.reason = wanted.reason;
  update::Statement& statement = out.statement;
  statement.kind = update::StatementKind::kBundle;
  statement.subjects = {{"rules", sha256}};
  statement.time_s = wanted.time_s;
  statement.sequence = state.releases.empty() ? 1 : state.releases.back().statement.sequence + 1;
  statement.size_bytes = bytes.size();
  statement.previous_sha256 = candidate != nullptr ? candidate->sha256() : "";
  statement.log_size = log.size();
  statement.recalled.assign(state.stopped.begin(), state.stopped.end());
  statement.rollout = wanted.rollout;
  statement.emergency = wanted.emergency;
  if (state.stopped.contains(sha256)) {
    return MakeError(ErrorKind::kInvalidUse,
                     "this very bundle was halted or recalled: endpoints will never use it again. "
                     "Change at least one byte of it");
  }
  if (sha256 == statement.previous_sha256 && !wanted.again) {
    return MakeError(ErrorKind::kInvalidUse,
                     "nothing changed: this bundle is the released one. --again releases it once "
                     "more, as is needed after keys were replaced");
  }
  if (out.author.empty() || out.author.size() > 100 || out.reason.empty() ||
      out.reason.size() > 2000) {
    return MakeError(ErrorKind::kInvalidUse,
                     "a proposal needs its author (100 bytes) and a reason (2000 bytes)");
  }
  out.id = fmt::format("{}-{}", statement.sequence, sha256.substr(0, 8));
  if (workspace.Has(out.File("proposal.json"))) {
    return MakeError(ErrorKind::kInvalidUse,
                     fmt::format("proposal {} exists already; delete proposals/{} to make it anew",
                                 out.id, out.id));
  }
  out.release = Envelope(update::WriteStatement(statement));
  DAY_TRY(workspace.Write(out.File("bundle"), base::AsBytes(bytes)));
  DAY_TRY(WriteEnvelope(workspace, out.File("release.dsse"), out.release));
  Json json = Json::Object();
  json.Set("author", Json::Text(out.author));
  json.Set("reason", Json::Text(out.reason));
  DAY_TRY(workspace.Write(out.File("proposal.json"), base::AsBytes(FileText(json))));
  return out;
}

std::vector<std::string> ListProposals(const Workspace& workspace) {
  std::vector<std::string> out;
  for (const std::string& name : workspace.List("proposals")) {
    if (IsId(name) && workspace.Has("proposals/" + name + "/proposal.json")) {
      out.push_back(name);
    }
  }
  return out;
}

base::Result<Proposal> LoadProposal(const Workspace& workspace, const std::string& id) {
  Proposal out;
  out.id = id;
  if (!IsId(id) || !workspace.Has(out.File("proposal.json"))) {
    std::string known;
    for (const std::string& name : ListProposals(workspace)) {
      known += (known.empty() ? "" : ", ") + name;
    }
    return MakeError(ErrorKind::kNotFound, fmt::format("there is no proposal {}; there are: {}", id,
                                                       known.empty() ? "none" : known));
  }
  DAY_TRY_ASSIGN(const std::string text, workspace.Read(out.File("proposal.json")));
  DAY_TRY_ASSIGN(const Json json, ReadJson(text, out.File("proposal.json")));
  Fields fields(&json, out.File("proposal.json"));
  out.author = fields.Text("author", 100);
  out.reason = fields.Text("reason", 2000);
  DAY_TRY(fields.Finish());
  DAY_TRY_ASSIGN(out.release, ReadEnvelope(workspace, out.File("release.dsse")));
  DAY_TRY_ASSIGN(out.statement, update::ParseStatement(out.release.payload));
  if (out.statement.kind != update::StatementKind::kBundle) {
    return MakeError(ErrorKind::kMalformed, out.File("release.dsse") + " is not of a bundle");
  }
  DAY_TRY_ASSIGN(const std::string bundle,
                 workspace.Read(out.File("bundle"), update::kBundleMaxBytes));
  if (crypto::Sha256Hex(base::AsBytes(bundle)) != out.sha256()) {
    return MakeError(ErrorKind::kMalformed,
                     out.File("bundle") + " is damaged: it is not the one that was proposed");
  }
  if (workspace.Has(out.File("reviews.json"))) {
    DAY_TRY_ASSIGN(const std::string reviews, workspace.Read(out.File("reviews.json")));
    DAY_TRY_ASSIGN(out.reviews, ParseReviews(reviews));
  }
  if (workspace.Has(out.File("test.json"))) {
    DAY_TRY_ASSIGN(const std::string report, workspace.Read(out.File("test.json")));
    DAY_TRY_ASSIGN(out.test, ParseTestReport(report));
    if (out.test->bundle_sha256 != out.sha256()) {
      return MakeError(ErrorKind::kMalformed, out.File("test.json") + " is of another bundle");
    }
  }
  DAY_TRY_ASSIGN(out.decision, ReadEnvelopeIfThere(workspace, out.File("decision.dsse")));
  DAY_TRY_ASSIGN(out.provenance, ReadEnvelopeIfThere(workspace, out.File("provenance.dsse")));
  out.publishing = workspace.Has(out.File("entries.json"));
  return out;
}

base::Status AddReview(const Workspace& workspace, Proposal* proposal, const Review& review) {
  if (proposal->decision) {
    return MakeError(ErrorKind::kInvalidUse,
                     "the proposal has signatures, which cover its reviews: propose again to say "
                     "something else");
  }
  if (review.analyst.empty() || review.analyst.size() > 100 || review.reason.empty() ||
      review.reason.size() > 2000 || review.rule.size() > 200 || proposal->reviews.size() >= 30) {
    return MakeError(ErrorKind::kInvalidUse,
                     "a review needs the analyst's name (100 bytes) and a reason (2000 bytes); at "
                     "most 30 reviews");
  }
  proposal->reviews.push_back(review);
  return workspace.Write(proposal->File("reviews.json"),
                         base::AsBytes(WriteReviews(proposal->reviews)));
}

std::vector<std::string> Objections(const Proposal& proposal, const ReleaseRules& rules) {
  std::vector<std::string> out;
  if (!proposal.test) {
    return {"it was not tested"};
  }
  for (std::size_t i = 0; i < std::min<std::size_t>(proposal.test->failures.size(), 10); ++i) {
    out.push_back("test failed: " + proposal.test->failures[i]);
  }
  std::set<std::string> accepting;
  for (const Review& review : proposal.reviews) {
    // The last word of each analyst on the whole proposal counts.
    if (review.decision == "reject") {
      accepting.erase(review.analyst);
    } else if (review.rule.empty() && review.analyst != proposal.author) {
      accepting.insert(review.analyst);
    }
  }
  std::set<std::string> rejecting;
  for (const Review& review : proposal.reviews) {
    if (review.decision == "reject") {
      rejecting.insert(review.analyst);
    } else if (review.rule.empty()) {
      rejecting.erase(review.analyst);
    }
  }
  for (const std::string& analyst : rejecting) {
    out.push_back(analyst + " rejected it");
  }
  if (static_cast<std::int64_t>(accepting.size()) < rules.reviews) {
    out.push_back(fmt::format("{} of the {} reviews it needs, by others than its author, accept it",
                              accepting.size(), rules.reviews));
  }
  return out;
}

std::string_view RoleOf(const Proposal& proposal) {
  return proposal.test && proposal.test->blindness.Blinds() ? "removals" : "rules";
}

base::Status Freeze(const Workspace& workspace, Proposal* proposal, std::int64_t needed,
                    const std::vector<std::string>& overridden, const std::string& why) {
  if (proposal->decision && proposal->provenance) {
    return base::OkStatus();
  }
  if (!proposal->test) {
    return MakeError(ErrorKind::kInvalidUse,
                     "it was not tested: daylight-release test " + proposal->id);
  }
  const std::string provenance = ProvenancePayload(*proposal);
  const std::string decision = DecisionPayload(*proposal, provenance, needed, overridden, why);
  if (decision.size() > kDecisionMaxBytes) {
    return MakeError(ErrorKind::kLimit,
                     "reviews and reasons are too long for one entry of the log: shorten them");
  }
  proposal->statement.removes = proposal->test->blindness.Blinds();
  proposal->release = Envelope(update::WriteStatement(proposal->statement));
  DAY_TRY(WriteEnvelope(workspace, proposal->File("release.dsse"), proposal->release));
  proposal->provenance = Envelope(provenance);
  proposal->decision = Envelope(decision);
  DAY_TRY(WriteEnvelope(workspace, proposal->File("provenance.dsse"), *proposal->provenance));
  return WriteEnvelope(workspace, proposal->File("decision.dsse"), *proposal->decision);
}

SigningRequest ProposalRequest(const Proposal& proposal) {
  SigningRequest out;
  out.ticket = proposal.id;
  out.summary = {
      fmt::format("release {} by {}: {}", proposal.id, proposal.author, proposal.reason)};
  if (proposal.test) {
    const auto lines = proposal.test->blindness.Lines();
    out.summary.insert(
        out.summary.end(), lines.begin(),
        lines.begin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>(lines.size(), 1000)));
  }
  out.parts = {{"release", PartKind::kDsse, proposal.release.payload}};
  if (proposal.decision && proposal.provenance) {
    out.parts.push_back({"decision", PartKind::kDsse, proposal.decision->payload});
    out.parts.push_back({"provenance", PartKind::kDsse, proposal.provenance->payload});
  }
  return out;
}

base::Status AddProposalSignatures(const Workspace& workspace, const Authority& authority,
                                   const std::vector<PartSignature>& signatures,
                                   Proposal* proposal) {
  if (proposal->publishing) {
    return MakeError(ErrorKind::kInvalidUse,
                     "its publication has begun: daylight-release publish " + proposal->id);
  }
  const struct {
    std::string_view name;
    update::DsseEnvelope* envelope;
  } kParts[] = {{"provenance", &*proposal->provenance},
                {"decision", &*proposal->decision},
                {"release", &proposal->release}};
  for (const auto& part : kParts) {
    for (const PartSignature& signature : signatures) {
      if (signature.part != part.name) {
        continue;
      }
      update::DsseEnvelope alone = *part.envelope;
      alone.signatures = {{signature.key_id, signature.signature}};
      if (update::CountSigners(alone, authority.keys, authority.role) != 1) {
        return MakeError(ErrorKind::kPermission,
                         fmt::format("{}: not a signature of a key of this role over this {}",
                                     signature.key_id.substr(0, 16), part.name));
      }
      auto& list = part.envelope->signatures;
      std::erase_if(list, [&](const auto& old) { return old.key_id == signature.key_id; });
      list.push_back({signature.key_id, signature.signature});
      std::sort(list.begin(), list.end(),
                [](const auto& a, const auto& b) { return a.key_id < b.key_id; });
    }
    DAY_TRY(
        WriteEnvelope(workspace, proposal->File(std::string(part.name) + ".dsse"), *part.envelope));
  }
  return base::OkStatus();
}

}  // namespace day::network::release
