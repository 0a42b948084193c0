#include "network/release/commands.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "libs/crypto/hash.h"
#include "libs/os/file.h"
#include "libs/update/metadata_proof.h"
#include "network/core/compare.h"
#include "network/core/rule_folder.h"
#include "network/release/fields.h"
#include "network/release/metadata.h"
#include "network/release/output.h"
#include "network/release/proposal.h"
#include "network/release/publish.h"
#include "network/release/trial.h"

namespace day::network::release {
namespace {

using base::ErrorKind;
using base::MakeError;
using wire::Json;

// A workspace with its copy of the log, as far as it is known or newly fetched.
struct Desk {
  Workspace workspace;
  std::unique_ptr<LogAccess> access;
  LogCopy log;
};

enum class Fetch : std::uint8_t { kNo, kYes };

base::Result<std::unique_ptr<Desk>> OpenDesk(const Options& options, Fetch fetch) {
  DAY_TRY_ASSIGN(Workspace workspace, Workspace::Open(options.workspace));
  DAY_TRY(Metadata::Load(workspace));
  if (!workspace.Has("tuf/timestamp.json")) {
    return MakeError(ErrorKind::kInvalidUse,
                     "the first metadata is not signed yet: daylight-release sign change");
  }
  DAY_TRY_ASSIGN(std::unique_ptr<LogAccess> access, OpenLog(workspace, options.program_folder));
  DAY_TRY_ASSIGN(LogCopy log, LogCopy::Load(workspace));
  auto desk = std::make_unique<Desk>(Desk{std::move(workspace), std::move(access), std::move(log)});
  // The copy points to the workspace that stays.
  DAY_TRY_ASSIGN(desk->log, LogCopy::Load(desk->workspace));
  if (fetch == Fetch::kYes) {
    const base::Status synced =
        SyncLog(desk->workspace, MakePublishOptions(options), desk->access.get(), &desk->log);
    if (!synced.ok() && synced.error().message.find("expired") != std::string::npos) {
      return MakeError(
          synced.error().kind,
          synced.error().message + "; daylight-release rotate --refresh --key keys/online-1.pem");
    }
    DAY_TRY(synced);
  }
  return desk;
}

// Signatures from --key and --import.
base::Result<std::vector<PartSignature>> GatherSignatures(const Options& options,
                                                          const SigningRequest& request) {
  std::vector<PartSignature> all;
  if (!options.import_file.empty()) {
    DAY_TRY_ASSIGN(const std::string text, os::ReadFile(options.import_file, 16u << 20));
    DAY_TRY_ASSIGN(const SignatureFile file, ParseSignatureFile(text));
    if (file.ticket != request.ticket) {
      return MakeError(ErrorKind::kInvalidUse,
                       fmt::format("{} has signatures for {}, not for {}", options.import_file,
                                   file.ticket, request.ticket));
    }
    all = file.signatures;
  }
  DAY_TRY_ASSIGN(const Signers keys, LoadSigners(options.keys, options.passphrase));
  for (const auto& key : keys) {
    DAY_TRY_ASSIGN(const std::vector<PartSignature> some, SignParts(request.parts, *key));
    all.insert(all.end(), some.begin(), some.end());
  }
  return all;
}

base::Status Export(const Options& options, const SigningRequest& request) {
  DAY_TRY(os::WriteFileAtomic(options.export_file, base::AsBytes(WriteSigningRequest(request)),
                              0644, os::Durability::kCrashOfMachine));
  Json json = Json::Object();
  json.Set("request", Json::Text(options.export_file));
  Show(options,
       {"wrote " + options.export_file + ": take it to where the key is, and there",
        "  daylight-release sign --request FILE --key KEY --answer ANSWER",
        fmt::format("then here: daylight-release sign {} --import ANSWER", request.ticket)},
       json);
  return base::OkStatus();
}

// On the machine without a network: shows what the bytes say and signs them.
base::Status SignRequest(const Options& options) {
  DAY_TRY_ASSIGN(const std::string text, os::ReadFile(options.request_file, 64u << 20));
  DAY_TRY_ASSIGN(const SigningRequest request, ParseSigningRequest(text));
  if (options.answer_file.empty() || options.keys.empty()) {
    return MakeError(ErrorKind::kInvalidUse, "--request needs --key KEY and --answer FILE");
  }
  std::vector<std::string> lines = {"signing " + request.ticket + ":"};
  for (const SigningPart& part : request.parts) {
    for (const std::string& line : DescribePart(part)) {
      lines.push_back("  " + line);
    }
  }
  lines.push_back("what the request says about itself (not what is signed):");
  for (const std::string& line : request.summary) {
    lines.push_back("  " + line);
  }
  SignatureFile answer;
  answer.ticket = request.ticket;
  DAY_TRY_ASSIGN(const Signers keys, LoadSigners(options.keys, options.passphrase));
  for (const auto& key : keys) {
    DAY_TRY_ASSIGN(const auto some, SignParts(request.parts, *key));
    answer.signatures.insert(answer.signatures.end(), some.begin(), some.end());
  }
  DAY_TRY(os::WriteFileAtomic(options.answer_file, base::AsBytes(WriteSignatureFile(answer)), 0644,
                              os::Durability::kCrashOfMachine));
  Json json = Json::Object();
  json.Set("signatures", Json::Integer(static_cast<std::int64_t>(answer.signatures.size())));
  Show(options, lines, json);
  return base::OkStatus();
}

Json SignedJson(std::int64_t have, std::int64_t need) {
  Json json = Json::Object();
  json.Set("signatures", Json::Integer(have));
  json.Set("needed", Json::Integer(need));
  return json;
}

base::Status SignChange(const Options& options) {
  DAY_TRY_ASSIGN(const Workspace workspace, Workspace::Open(options.workspace));
  DAY_TRY(Metadata::Load(workspace));
  DAY_TRY_ASSIGN(const SigningRequest request, ChangeRequest(workspace));
  if (!options.export_file.empty()) {
    return Export(options, request);
  }
  DAY_TRY_ASSIGN(const auto signatures, GatherSignatures(options, request));
  DAY_TRY_ASSIGN(const ChangeState state, AddChangeSignatures(workspace, signatures));
  std::vector<std::string> lines = {state.missing.empty()
                                        ? "all signatures are there; the metadata is in place"
                                        : "signatures are still missing:"};
  for (const tuf::MissingSignatures& missing : state.missing) {
    lines.push_back(fmt::format("  {}: {} of {}", missing.role, missing.have, missing.need));
  }
  Json json = Json::Object();
  json.Set("done", Json::Bool(state.missing.empty()));
  Show(options, lines, json);
  return base::OkStatus();
}

SigningRequest NoticeRequest(const Notice& notice) {
  return {notice.id,
          {update::WordsOf(notice.statement)},
          {{"notice", PartKind::kDsse, notice.envelope.payload}}};
}

base::Status SignNotice(const Options& options) {
  DAY_TRY_ASSIGN(const Workspace workspace, Workspace::Open(options.workspace));
  DAY_TRY_ASSIGN(const Metadata metadata, Metadata::Load(workspace));
  DAY_TRY_ASSIGN(Notice notice, LoadNotice(workspace, options.subject));
  DAY_TRY_ASSIGN(const Authority authority,
                 metadata.FindAuthority(update::RoleOf(notice.statement)));
  const SigningRequest request = NoticeRequest(notice);
  if (!options.export_file.empty()) {
    return Export(options, request);
  }
  DAY_TRY_ASSIGN(const auto signatures, GatherSignatures(options, request));
  DAY_TRY(AddNoticeSignatures(workspace, authority, signatures, &notice));
  const std::int64_t have = update::CountSigners(notice.envelope, authority.keys, authority.role);
  Show(options, {fmt::format("{} of {} signatures", have, authority.role.threshold)},
       SignedJson(have, authority.role.threshold));
  return base::OkStatus();
}

// Signs a notice with the keys that were given, and publishes it if they are enough.
base::Status FinishNotice(const Options& options, Desk* desk, Notice notice) {
  DAY_TRY_ASSIGN(const Metadata metadata, Metadata::Load(desk->workspace));
  DAY_TRY_ASSIGN(const Authority authority,
                 metadata.FindAuthority(update::RoleOf(notice.statement)));
  DAY_TRY_ASSIGN(const Signers keys, LoadSigners(options.keys, options.passphrase));
  for (const auto& key : keys) {
    DAY_TRY_ASSIGN(const auto some, SignParts(NoticeRequest(notice).parts, *key));
    DAY_TRY(AddNoticeSignatures(desk->workspace, authority, some, &notice));
  }
  const std::int64_t have = update::CountSigners(notice.envelope, authority.keys, authority.role);
  if (have < authority.role.threshold) {
    Show(options,
         {fmt::format("{}: {} of {} signatures; daylight-release sign {}, then publish {}",
                      notice.id, have, authority.role.threshold, notice.id, notice.id)},
         SignedJson(have, authority.role.threshold));
    return base::OkStatus();
  }
  DAY_TRY_ASSIGN(const Published published,
                 PublishNotice(desk->workspace, MakePublishOptions(options), notice, authority,
                               desk->access.get(), &desk->log));
  Show(options, PublishedLines(published), PublishedJson(published));
  return base::OkStatus();
}

// What is signed says whether the release sees less: each signer compares anew, for the report in
// the workspace could have been changed.
base::Status CheckBlindness(const Options& options, const Desk& desk, const Proposal& proposal) {
  ShowProgress(options)("comparing with the released rules");
  DAY_TRY_ASSIGN(const std::string bytes,
                 desk.workspace.Read(proposal.File("bundle"), update::kBundleMaxBytes));
  DAY_TRY_ASSIGN(const update::Bundle bundle, update::DecodeBundle(base::AsBytes(bytes)));
  DAY_TRY_ASSIGN(const update::Bundle previous, ReleasedBundle(desk.workspace, desk.log));
  DAY_TRY_ASSIGN(const Blindness blindness,
                 core::CompareBundles(options.program_folder + "/daylight", previous, bundle,
                                      desk.workspace.Path(proposal.File("work"))));
  if (blindness.Blinds() != proposal.test->blindness.Blinds()) {
    return MakeError(ErrorKind::kPermission,
                     "its test report does not say what it takes away or changes: test it again, "
                     "and find out who changed the report");
  }
  return base::OkStatus();
}

base::Status SignProposal(const Options& options) {
  DAY_TRY_ASSIGN(const auto desk, OpenDesk(options, Fetch::kNo));
  DAY_TRY_ASSIGN(const Metadata metadata, Metadata::Load(desk->workspace));
  DAY_TRY_ASSIGN(const ReleaseRules rules, metadata.Rules(desk->workspace));
  DAY_TRY_ASSIGN(Proposal proposal, LoadProposal(desk->workspace, options.subject));
  DAY_TRY_ASSIGN(const Authority authority, metadata.FindAuthority(RoleOf(proposal)));
  const std::vector<std::string> objections = Objections(proposal, rules);
  if (!objections.empty() && !proposal.decision && options.despite.empty()) {
    std::string message = "it is not ready to be signed:";
    for (const std::string& objection : objections) {
      message += "\n  " + objection;
    }
    return MakeError(ErrorKind::kPermission,
                     message + "\nTo sign all the same, for all to see: --despite REASON");
  }
  if (!proposal.test) {
    return MakeError(ErrorKind::kPermission,
                     "it was not tested: daylight-release test " + proposal.id);
  }
  const std::int64_t needed = authority.role.threshold;
  DAY_TRY(CheckBlindness(options, *desk, proposal));
  DAY_TRY(Freeze(desk->workspace, &proposal, needed, objections, options.despite));
  const SigningRequest request = ProposalRequest(proposal);
  if (!options.export_file.empty()) {
    return Export(options, request);
  }
  DAY_TRY_ASSIGN(const auto signatures, GatherSignatures(options, request));
  if (signatures.empty()) {
    return MakeError(ErrorKind::kInvalidUse, "sign with what? --key FILE, --export or --import");
  }
  DAY_TRY(AddProposalSignatures(desk->workspace, authority, signatures, &proposal));
  const std::int64_t have = update::CountSigners(proposal.release, authority.keys, authority.role);
  if (have >= needed) {
    DAY_TRY(PrepareUpdates(desk->workspace, desk->log, proposal, ShowProgress(options)));
  }
  std::vector<std::string> lines = {
      fmt::format("release {}: {} ({})", proposal.id, proposal.reason, proposal.author)};
  for (const std::string& line : proposal.test->blindness.Lines()) {
    lines.push_back("  " + line);
  }
  for (const std::string& note : proposal.test->notes) {
    lines.push_back("  " + note);
  }
  for (const std::string& skipped : proposal.test->skipped) {
    lines.push_back("  NOT tested: " + skipped);
  }
  for (const Review& review : proposal.reviews) {
    lines.push_back(fmt::format("  {}: {} {}: {}", review.analyst, review.decision, review.rule,
                                review.reason));
  }
  lines.push_back(fmt::format("{} of {} signatures", have, needed));
  Show(options, lines, SignedJson(have, needed));
  return base::OkStatus();
}

Json ReportJson(const TestReport& report) {
  Json json = Json::Object();
  json.Set("passed", Json::Bool(report.failures.empty()));
  json.Set("failures", JsonTexts(report.failures));
  json.Set("skipped", JsonTexts(report.skipped));
  json.Set("notes", JsonTexts(report.notes));
  json.Set("blinds", Json::Bool(report.blindness.Blinds()));
  json.Set("blindness", JsonTexts(report.blindness.Lines()));
  return json;
}

}  // namespace

base::Status RunPropose(const Options& options) {
  DAY_TRY_ASSIGN(const auto desk, OpenDesk(options, Fetch::kYes));
  DAY_TRY_ASSIGN(const core::RuleFolder folder, core::ReadRuleFolder(options.subject));
  NewProposal wanted{.author = options.name,
                     .reason = options.reason,
                     .time_s = Now(options),
                     .emergency = options.emergency,
                     .rollout = desk->workspace.config().rollout,
                     .again = options.again};
  if (!options.rollout.empty()) {
    DAY_TRY_ASSIGN(wanted.rollout, ParseRollout(options.rollout));
  }
  DAY_TRY_ASSIGN(const Proposal proposal,
                 MakeProposal(desk->workspace, desk->log, folder.bundle, wanted));
  std::vector<std::string> lines = {
      fmt::format("proposal {}", proposal.id),
      fmt::format("  {} files, {} bytes, sha256 {}", folder.bundle.files.size(),
                  proposal.statement.size_bytes, proposal.sha256())};
  if (!folder.left_out.empty()) {
    lines.push_back(fmt::format("  left out {} other files, such as {}", folder.left_out.size(),
                                folder.left_out.front()));
  }
  lines.push_back("next: daylight-release test " + proposal.id);
  Json json = Json::Object();
  json.Set("id", Json::Text(proposal.id));
  json.Set("sha256", Json::Text(proposal.sha256()));
  json.Set("sequence", Json::Integer(proposal.statement.sequence));
  json.Set("files", Json::Integer(static_cast<std::int64_t>(folder.bundle.files.size())));
  json.Set("leftOut", JsonTexts(folder.left_out));
  Show(options, lines, json);
  return base::OkStatus();
}

base::Status RunTest(const Options& options) {
  DAY_TRY_ASSIGN(const auto desk, OpenDesk(options, Fetch::kNo));
  DAY_TRY_ASSIGN(const Metadata metadata, Metadata::Load(desk->workspace));
  DAY_TRY_ASSIGN(const ReleaseRules rules, metadata.Rules(desk->workspace));
  DAY_TRY_ASSIGN(const Proposal proposal, LoadProposal(desk->workspace, options.subject));
  if (proposal.decision) {
    return MakeError(ErrorKind::kInvalidUse,
                     "the proposal has signatures, which cover its test: propose again");
  }
  DAY_TRY_ASSIGN(const std::string bytes,
                 desk->workspace.Read(proposal.File("bundle"), update::kBundleMaxBytes));
  DAY_TRY_ASSIGN(const update::Bundle bundle, update::DecodeBundle(base::AsBytes(bytes)));
  DAY_TRY_ASSIGN(const update::Bundle previous, ReleasedBundle(desk->workspace, desk->log));
  TrialOptions trial{.program = options.program_folder + "/daylight",
                     .fixtures = options.fixtures,
                     .known_good = options.known_good,
                     .time_s = Now(options)};
  if (trial.known_good.empty() && !options.no_known_good) {
    trial.known_good = InstalledPrograms();
  }
  DAY_TRY_ASSIGN(TestReport report,
                 RunTrial(trial, rules, bundle, previous,
                          desk->workspace.Path(proposal.File("work")), ShowProgress(options)));
  report.bundle_sha256 = proposal.sha256();
  DAY_TRY(
      desk->workspace.Write(proposal.File("test.json"), base::AsBytes(WriteTestReport(report))));
  std::vector<std::string> lines = {report.failures.empty() ? "passed" : "FAILED"};
  for (const std::string& failure : report.failures) {
    lines.push_back("  " + failure);
  }
  for (const std::string& line : report.blindness.Lines()) {
    lines.push_back("  " + line);
  }
  for (const std::string& note : report.notes) {
    lines.push_back("  " + note);
  }
  for (const std::string& skipped : report.skipped) {
    lines.push_back("  not tested: " + skipped);
  }
  Show(options, lines, ReportJson(report));
  if (!report.failures.empty()) {
    return MakeError(ErrorKind::kCancelled, "the test failed");
  }
  return base::OkStatus();
}

base::Status RunReview(const Options& options) {
  DAY_TRY_ASSIGN(const Workspace workspace, Workspace::Open(options.workspace));
  DAY_TRY_ASSIGN(Proposal proposal, LoadProposal(workspace, options.subject));
  const Review review{options.name, options.decision, options.rule, options.reason, Now(options)};
  DAY_TRY(AddReview(workspace, &proposal, review));
  Json json = Json::Object();
  json.Set("reviews", Json::Integer(static_cast<std::int64_t>(proposal.reviews.size())));
  Show(options, {fmt::format("{}: {} by {}", proposal.id, review.decision, review.analyst)}, json);
  return base::OkStatus();
}

base::Status RunSign(const Options& options) {
  if (!options.request_file.empty()) {
    return SignRequest(options);
  }
  if (options.subject == "change") {
    return SignChange(options);
  }
  return IsNoticeId(options.subject) ? SignNotice(options) : SignProposal(options);
}

base::Status RunPublish(const Options& options) {
  if (options.subject.empty() != options.only_updates) {
    return MakeError(ErrorKind::kInvalidUse, "publish what? PROPOSAL, halt-..., or --updates");
  }
  if (options.only_updates) {
    DAY_TRY_ASSIGN(const auto desk, OpenDesk(options, Fetch::kYes));
    Published published;
    DAY_TRY_ASSIGN(published.files,
                   WriteUpdates(desk->workspace, desk->log, Now(options), ShowProgress(options)));
    std::vector<std::string> lines = PublishedLines(published);
    lines.erase(lines.begin());
    Show(options, lines, PublishedJson(published));
    return base::OkStatus();
  }
  DAY_TRY_ASSIGN(const auto desk, OpenDesk(options, Fetch::kYes));
  const PublishOptions how = MakePublishOptions(options);
  Published published;
  if (IsNoticeId(options.subject)) {
    DAY_TRY_ASSIGN(const Metadata metadata, Metadata::Load(desk->workspace));
    DAY_TRY_ASSIGN(const Notice notice, LoadNotice(desk->workspace, options.subject));
    DAY_TRY_ASSIGN(const Authority authority,
                   metadata.FindAuthority(update::RoleOf(notice.statement)));
    DAY_TRY_ASSIGN(published, PublishNotice(desk->workspace, how, notice, authority,
                                            desk->access.get(), &desk->log));
  } else {
    DAY_TRY_ASSIGN(const Proposal proposal, LoadProposal(desk->workspace, options.subject));
    DAY_TRY_ASSIGN(published,
                   PublishProposal(desk->workspace, how, proposal, desk->access.get(), &desk->log));
  }
  Show(options, PublishedLines(published), PublishedJson(published));
  return base::OkStatus();
}

base::Status RunStop(const Options& options, bool recall) {
  DAY_TRY_ASSIGN(const auto desk, OpenDesk(options, Fetch::kYes));
  DAY_TRY_ASSIGN(Notice notice,
                 MakeStop(desk->workspace, desk->log,
                          recall ? update::StatementKind::kRecall : update::StatementKind::kHalt,
                          options.subject, options.reason, Now(options)));
  return FinishNotice(options, desk.get(), std::move(notice));
}

base::Status RunEngine(const Options& options) {
  DAY_TRY_ASSIGN(const auto desk, OpenDesk(options, Fetch::kYes));
  DAY_TRY_ASSIGN(Notice notice, MakeEngine(desk->workspace, desk->log, options.files,
                                           options.version, Now(options)));
  return FinishNotice(options, desk.get(), std::move(notice));
}

base::Status RunSay(const Options& options) {
  DAY_TRY_ASSIGN(const auto desk, OpenDesk(options, Fetch::kYes));
  DAY_TRY_ASSIGN(Notice notice, MakeText(desk->workspace, options.subject, Now(options)));
  return FinishNotice(options, desk.get(), std::move(notice));
}

base::Status RunStatus(const Options& options) {
  DAY_TRY_ASSIGN(const auto desk, OpenDesk(options, Fetch::kNo));
  DAY_TRY_ASSIGN(const Metadata metadata, Metadata::Load(desk->workspace));
  DAY_TRY_ASSIGN(const ReleaseRules rules, metadata.Rules(desk->workspace));
  const update::KnownRelease* candidate = desk->log.state().Candidate();
  std::vector<std::string> lines = {fmt::format(
      "log: {} entries; released: {}", desk->log.size(),
      candidate == nullptr
          ? "nothing"
          : fmt::format("{} ({})", candidate->statement.sequence, candidate->sha256()))};
  Json list = Json::Array();
  for (const std::string& id : ListProposals(desk->workspace)) {
    DAY_TRY_ASSIGN(const Proposal proposal, LoadProposal(desk->workspace, id));
    const bool released = desk->log.state().FindRelease(proposal.sha256()) != nullptr;
    const std::vector<std::string> objections = Objections(proposal, rules);
    DAY_TRY_ASSIGN(const Authority authority, metadata.FindAuthority(RoleOf(proposal)));
    const std::int64_t have =
        update::CountSigners(proposal.release, authority.keys, authority.role);
    const std::int64_t need = authority.role.threshold;
    lines.push_back(
        fmt::format("{} by {}: {}; {}", id, proposal.author, proposal.reason,
                    released ? "released" : fmt::format("{} of {} signatures", have, need)));
    for (const std::string& objection : released ? std::vector<std::string>() : objections) {
      lines.push_back("  " + objection);
    }
    Json item = SignedJson(have, need);
    item.Set("id", Json::Text(id));
    item.Set("released", Json::Bool(released));
    item.Set("objections", JsonTexts(objections));
    list.Append(std::move(item));
  }
  Json json = Json::Object();
  json.Set("entries", Json::Integer(static_cast<std::int64_t>(desk->log.size())));
  json.Set("released", Json::Text(candidate == nullptr ? "" : candidate->sha256()));
  json.Set("proposals", std::move(list));
  Show(options, lines, json);
  return base::OkStatus();
}

base::Status RunLog(const Options& options) {
  DAY_TRY_ASSIGN(const auto desk, OpenDesk(options, options.offline ? Fetch::kNo : Fetch::kYes));
  DAY_TRY_ASSIGN(const auto entries, desk->log.Entries(0));
  DAY_TRY_ASSIGN(const auto notes, ReadEntryNotes(desk->workspace));
  const auto keys = KnownKeys(desk->workspace);
  std::vector<std::string> lines;
  Json list = Json::Array();
  for (const EntryNote& note : notes) {
    if (note.index >= entries.size()) {
      continue;
    }
    const base::Bytes entry = base::AsBytes(entries[static_cast<std::size_t>(note.index)]);
    const auto envelope = update::ParseDsse(entry);
    const auto statement = envelope.ok() ? update::ParseStatement(envelope->payload)
                                         : base::Result<update::Statement>(envelope.error());
    std::string what = "no statement";
    std::string words = note.refused;
    std::string subject;
    if (statement.ok()) {
      what = statement->kind == update::StatementKind::kUnknown
                 ? statement->predicate_type
                 : std::string(update::StatementKindName(statement->kind));
      subject = statement->subjects.empty() ? "" : statement->subjects[0].sha256;
      words = update::WordsOf(*statement);
      const auto json = ReadJson(envelope->payload, "statement");
      const Json* predicate = json.ok() ? json->Find("predicate") : nullptr;
      const Json* reason = predicate != nullptr ? predicate->Find("reason") : nullptr;
      if (reason != nullptr && statement->kind == update::StatementKind::kUnknown) {
        words = reason->text();
      } else if (!note.refused.empty()) {
        words = "DOES NOT COUNT: " + note.refused;
      }
    }
    std::vector<std::string> signers;
    if (envelope.ok()) {
      signers = SignerNames(*envelope, keys);
    } else if (const auto metadata = update::ReadLoggedMetadata(entry)) {
      what = "metadata";
      subject = crypto::Sha256Hex(entry);
      words = metadata->FileName() + (note.refused.empty() ? "" : ": " + note.refused);
      signers = SignerNames(metadata->envelope, keys);
    }
    std::string by;
    for (const std::string& signer : signers) {
      by += (by.empty() ? "" : ", ") + signer;
    }
    lines.push_back(fmt::format("{:6}  {}  {}  signed by {}{}{}", note.index, what,
                                subject.substr(0, 16), by.empty() ? "nobody" : by,
                                words.empty() ? "" : ": ", words));
    Json item = Json::Object();
    item.Set("index", Json::Integer(static_cast<std::int64_t>(note.index)));
    item.Set("kind", Json::Text(what));
    item.Set("sha256", Json::Text(subject));
    item.Set("signers", JsonTexts(signers));
    item.Set("words", Json::Text(words));
    item.Set("refused", Json::Text(note.refused));
    list.Append(std::move(item));
  }
  Json json = Json::Object();
  json.Set("entries", std::move(list));
  Show(options, lines, json);
  return base::OkStatus();
}

}  // namespace day::network::release
