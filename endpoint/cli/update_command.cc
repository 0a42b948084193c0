#include "endpoint/cli/update_command.h"

#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "endpoint/cli/format.h"
#include "endpoint/cli/rules_command.h"
#include "endpoint/cli/texts.h"
#include "endpoint/cli/update_texts.h"
#include "endpoint/scan/worker_process.h"
#include "endpoint/updater/updater.h"
#include "libs/net/url.h"
#include "libs/os/file.h"
#include "libs/os/system.h"
#include "libs/tlog/policy.h"
#include "libs/tuf/metadata.h"
#include "libs/update/dsse.h"
#include "libs/wire/json_writer.h"

namespace day::endpoint::cli {
namespace {

using updater::UpdateOutcome;
using Kind = UpdateOutcome::Kind;

constexpr std::int64_t kSecondNs = 1'000'000'000;
constexpr std::uint64_t kTrustFileMaxBytes = 1u << 20;

struct UpdateArguments {
  std::vector<std::string> words;
  std::string state = updater::DefaultStateFolder();
  std::string export_file;
  std::string proxy;
  std::string policy;
  std::vector<std::string> mirrors;
};

std::int64_t NowSeconds() { return os::RealtimeNs() / kSecondNs; }

int Fail(const base::Error& error) {
  PrintError(wire::PrintableText(error.message));
  return kExitError;
}

// Nothing if all is well; else the exit code. `declare` adds the options of one command.
template <typename Declare>
std::optional<int> Parse(const Arguments& arguments, const char* name, std::string_view help,
                         std::size_t words_max, UpdateArguments* out, Declare declare) {
  for (const std::string& word : arguments) {
    if (word == "--help" || word == "-h") {
      PrintText(help);
      return kExitClean;
    }
  }
  CLI::App app;
  app.set_help_flag();
  app.add_option("word", out->words);
  app.add_option("--state", out->state);
  declare(&app);
  try {
    app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
  } catch (const CLI::ParseError& error) {
    PrintError(fmt::format(texts::kUsageHint, error.what(), name));
    return kExitError;
  }
  if (out->words.size() > words_max) {
    PrintError(fmt::format(texts::kUsageHint, "too many words", name));
    return kExitError;
  }
  if (out->state.empty()) {
    PrintError(fmt::format(texts::kUsageHint, "no folder for updates: set HOME or --state", name));
    return kExitError;
  }
  return std::nullopt;
}

void PrintFreshness(update::Freshness freshness, std::int64_t witnessed_s) {
  const std::string time = tuf::TimeText(witnessed_s);
  switch (freshness) {
    case update::Freshness::kFresh:
      PrintText(fmt::format(texts::kFresh, time));
      return;
    case update::Freshness::kStale:
      PrintError(fmt::format(texts::kStale, time));
      return;
    case update::Freshness::kExpired:
      PrintError(fmt::format(texts::kExpired, time));
      return;
  }
}

std::string EntryText(std::uint64_t index, std::string_view kind, std::int64_t time_s,
                      std::int64_t sequence, const std::string& text, std::int64_t signers,
                      std::int64_t threshold, const std::string& refused) {
  if (kind == update::StatementKindName(update::StatementKind::kUnknown)) {
    return fmt::format(texts::kNoteEntry, index);
  }
  std::string line = fmt::format("{:>8}  {:<8}", index, kind);
  if (sequence > 0) {
    line += fmt::format(" {}", sequence);
  }
  if (time_s > 0) {
    line += fmt::format("  {}", tuf::TimeText(time_s));
  }
  line += fmt::format("  {} of {} signatures", signers, threshold);
  if (!text.empty()) {
    line += "  \"" + wire::PrintableText(text) + "\"";
  }
  if (!refused.empty()) {
    line += "  DOES NOT COUNT: " + wire::PrintableText(refused);
  }
  return line + "\n";
}

int PrintOutcome(const UpdateOutcome& outcome) {
  for (const update::EntryReport& entry : outcome.entries) {
    PrintText(EntryText(entry.index, update::StatementKindName(entry.statement.kind),
                        entry.statement.time_s, entry.statement.sequence,
                        update::WordsOf(entry.statement), entry.signers, entry.threshold,
                        entry.refused));
  }
  if (outcome.unread > 0) {
    PrintText(fmt::format(texts::kUnread, outcome.unread));
  }
  if (!outcome.program.empty()) {
    PrintText(fmt::format(texts::kProgram, wire::PrintableText(outcome.program)));
  }
  switch (outcome.kind) {
    case Kind::kNothingNew:
      PrintText(fmt::format(texts::kUpToDate, outcome.sequence));
      break;
    case Kind::kActivated:
      PrintText(outcome.trial.rules + outcome.trial.signatures > 0
                    ? fmt::format(texts::kActivated, outcome.sequence, outcome.trial.rules,
                                  outcome.trial.signatures, outcome.trial.files)
                    : fmt::format(texts::kReactivated, outcome.sequence));
      break;
    case Kind::kWentBack:
      PrintText(fmt::format(texts::kStopped, outcome.sequence));
      break;
    case Kind::kWaits:
      PrintText(fmt::format(texts::kWaits, outcome.sequence, tuf::TimeText(outcome.activates_s)));
      break;
    case Kind::kNoRelease:
      PrintText(texts::kNoRelease);
      break;
    case Kind::kStoppedAll:
      PrintError(texts::kStoppedAll);
      return kExitError;
    case Kind::kRejected:
      PrintError(
          fmt::format(texts::kRejected, outcome.sequence, wire::PrintableText(outcome.reason)));
      return kExitError;
    case Kind::kNotTried:
      PrintError(
          fmt::format(texts::kNotTried, outcome.sequence, wire::PrintableText(outcome.reason)));
      return kExitError;
    case Kind::kFork:
      PrintError(fmt::format(texts::kFork, outcome.evidence_path));
      return kExitError;
  }
  PrintFreshness(outcome.freshness, outcome.witnessed_s);
  return kExitClean;
}

bool IsUrl(const std::string& word) {
  return word.starts_with("http://") || word.starts_with("https://");
}

base::Result<std::string> ProgramFolder() {
  DAY_TRY_ASSIGN(const std::string self, os::ExecutablePath());
  return self.substr(0, self.rfind('/'));
}

base::Result<updater::Updater> MakeUpdater(const updater::StateFolder& state) {
  updater::UpdaterOptions options;
  options.now_s = NowSeconds();
  DAY_TRY_ASSIGN(options.trial.worker_program, scan::FindWorkerProgram());
  DAY_TRY_ASSIGN(options.program_folder, ProgramFolder());
  return updater::Updater(state, options);
}

base::Result<UpdateOutcome> UpdateFrom(updater::Updater* updater, const UpdateArguments& arguments,
                                       const updater::StateFolder& state) {
  if (arguments.words.size() == 1 && !IsUrl(arguments.words[0])) {
    DAY_TRY_ASSIGN(const std::string bytes, os::ReadFile(arguments.words[0], update::kUpdMaxBytes));
    return updater->FromFile(bytes);
  }
  updater::MirrorOptions mirrors;
  mirrors.urls = arguments.words;
  if (mirrors.urls.empty()) {
    DAY_TRY_ASSIGN(mirrors.urls, state.ReadMirrors());
  }
  if (mirrors.urls.empty() || !std::all_of(mirrors.urls.begin(), mirrors.urls.end(), IsUrl)) {
    return base::MakeError(base::ErrorKind::kInvalidUse,
                           "name one .upd file, or the URLs of mirrors");
  }
  if (!arguments.proxy.empty()) {
    DAY_TRY_ASSIGN(mirrors.http.proxy, net::ParseUrl(arguments.proxy));
  }
  mirrors.limits.body_max_bytes = update::kUpdMaxBytes;
  updater::Mirrors asked(mirrors);
  // A file for another machine must be enough for one that knows nothing.
  return updater->FromMirrors(&asked, arguments.export_file.empty()
                                          ? updater::Updater::Ask::kLatestFirst
                                          : updater::Updater::Ask::kFull);
}

base::Status Export(const updater::Updater& updater, const std::string& file) {
  DAY_TRY_ASSIGN(const std::string bytes, updater.LastFile());
  DAY_TRY(os::WriteFileAtomic(file, base::AsBytes(bytes), 0644, os::Durability::kCrashOfMachine));
  PrintText(fmt::format(texts::kExported, file, bytes.size()));
  return base::OkStatus();
}

// What one release did to the files of the one before.
void CompareFiles(const update::Bundle& before, const update::Bundle& after,
                  const std::string& before_folder, const std::string& after_folder) {
  for (const auto& [path, content] : before.files) {
    if (!after.files.contains(path)) {
      PrintText(fmt::format("  removed  {}: what its rules found is no longer found\n", path));
    }
  }
  for (const auto& [path, content] : after.files) {
    const auto old = before.files.find(path);
    if (old == before.files.end()) {
      PrintText(fmt::format("  added    {}\n", path));
    } else if (old->second != content) {
      PrintText(fmt::format("  changed  {}\n", path));
      if (path.ends_with(".yar") || path.ends_with(".yara")) {
        (void)RunRules({"diff", before_folder + "/" + path, after_folder + "/" + path});
      }
    }
  }
}

base::Status CompareSlots(const updater::StateFolder& state, const updater::LogLine& line,
                          const update::FollowerState& follower) {
  DAY_TRY_ASSIGN(const updater::Slots slots, state.ReadSlots());
  const update::KnownRelease* release =
      line.subjects.empty() ? nullptr : follower.FindRelease(line.subjects[0]);
  if (release == nullptr) {
    return base::OkStatus();
  }
  const auto after = slots.Find(release->sha256());
  const auto before = slots.Find(release->statement.previous_sha256);
  if (!after || !before) {
    PrintText("Its rules and those of the release before are not both here; nothing to compare.\n");
    return base::OkStatus();
  }
  DAY_TRY_ASSIGN(const std::string after_bytes, state.ReadBundle(*after));
  DAY_TRY_ASSIGN(const std::string before_bytes, state.ReadBundle(*before));
  DAY_TRY_ASSIGN(const update::Bundle after_bundle,
                 update::DecodeBundle(base::AsBytes(after_bytes)));
  DAY_TRY_ASSIGN(const update::Bundle before_bundle,
                 update::DecodeBundle(base::AsBytes(before_bytes)));
  PrintText("Against the release before:\n");
  CompareFiles(before_bundle, after_bundle, state.RulesFolder(*before), state.RulesFolder(*after));
  return base::OkStatus();
}

const updater::LogLine* FindRelease(const std::vector<updater::LogLine>& lines,
                                    const std::string& word) {
  for (const updater::LogLine& line : lines) {
    const bool by_hash =
        word.size() >= 8 && !line.subjects.empty() && line.subjects[0].starts_with(word);
    if (line.kind == "bundle" && line.refused.empty() &&
        (by_hash || std::to_string(line.sequence) == word)) {
      return &line;
    }
  }
  return nullptr;
}

// What others said about a release.
void PrintAbout(const std::vector<updater::LogLine>& lines, const std::string& sha256) {
  for (const updater::LogLine& line : lines) {
    const bool about =
        std::find(line.subjects.begin(), line.subjects.end(), sha256) != line.subjects.end();
    if (about && line.kind != "bundle" && line.refused.empty()) {
      PrintText(fmt::format("  entry {}: {} {}\n", line.index, line.kind,
                            wire::PrintableText(line.text)));
    }
  }
}

// The keys whose signatures made a release count, by the roles that are known now.
std::vector<std::string> SignersOf(const updater::StateFolder& state,
                                   const update::FollowerState& follower,
                                   const std::string& sha256) {
  std::vector<std::string> signers;
  const auto entry = state.ReadEntry(sha256);
  const auto targets_file = follower.tuf.find("targets.json");
  if (!entry.ok() || targets_file == follower.tuf.end()) {
    return signers;
  }
  const auto envelope = update::ParseDsse(base::AsBytes(*entry));
  const auto metadata =
      tuf::ParseEnvelope(base::AsBytes(targets_file->second), update::kEntryMaxBytes);
  const auto targets = metadata.ok() ? tuf::ParseTargets(metadata->signed_part)
                                     : base::Result<tuf::Targets>(metadata.error());
  const auto statement = envelope.ok() ? update::ParseStatement(envelope->payload)
                                       : base::Result<update::Statement>(envelope.error());
  if (!targets.ok() || !statement.ok()) {
    return signers;
  }
  for (const tuf::Delegation& delegation : targets->delegations) {
    for (const update::DsseSignature& signature : envelope->signatures) {
      update::DsseEnvelope alone = *envelope;
      alone.signatures = {signature};
      if (delegation.name == update::RoleOf(*statement) &&
          update::CountSigners(alone, targets->keys, delegation.keys) == 1) {
        signers.push_back(signature.key_id);
      }
    }
  }
  return signers;
}

base::Status Explain(const updater::StateFolder& state, const std::string& word) {
  DAY_TRY_ASSIGN(const std::vector<updater::LogLine> lines, state.ReadLog());
  const updater::LogLine* line = FindRelease(lines, word);
  if (line == nullptr) {
    return base::MakeError(base::ErrorKind::kNotFound,
                           "this machine has read of no such release: " + word);
  }
  DAY_TRY_ASSIGN(const update::FollowerState follower, state.ReadFollower());
  PrintText(
      fmt::format("Release {}, entry {} of the log, proposed {}\nSHA-256 {}\n"
                  "Signed by {} keys; {} are needed.\n",
                  line->sequence, line->index, tuf::TimeText(line->time_s), line->subjects[0],
                  line->signers, line->threshold));
  for (const std::string& signer : SignersOf(state, follower, line->subjects[0])) {
    PrintText(fmt::format("  key {}\n", wire::PrintableText(signer)));
  }
  if (const update::KnownRelease* release = follower.FindRelease(line->subjects[0])) {
    DAY_TRY_ASSIGN(const std::string secret, state.Secret());
    const std::uint32_t ring = update::RingOf(secret, release->sha256());
    PrintText(
        release->statement.emergency
            ? std::string("An emergency: for all machines at once.\n")
            : fmt::format("This machine is in ring {}: its turn came {} after the release.\n", ring,
                          FormatDuration(
                              static_cast<std::int64_t>(update::DelayOf(release->statement, ring)) *
                              kSecondNs)));
  }
  if (follower.stopped.contains(line->subjects[0])) {
    PrintText("STOPPED: it was halted or recalled.\n");
  }
  PrintAbout(lines, line->subjects[0]);
  return CompareSlots(state, *line, follower);
}

}  // namespace

int RunUpdate(const Arguments& arguments) {
  UpdateArguments parsed;
  if (const auto code =
          Parse(arguments, "update", texts::kUpdateHelp, 100, &parsed, [&parsed](CLI::App* app) {
            app->add_option("--export", parsed.export_file);
            app->add_option("--proxy", parsed.proxy);
          })) {
    return *code;
  }
  const updater::StateFolder state(parsed.state);
  if (const auto trusted = updater::Updater::EnsureTrust(state, updater::kPinnedTrust);
      !trusted.ok()) {
    return Fail(trusted.error());
  }
  base::Result<updater::Updater> made = MakeUpdater(state);
  if (!made.ok()) {
    return Fail(made.error());
  }
  const base::Result<UpdateOutcome> outcome = UpdateFrom(&*made, parsed, state);
  if (!outcome.ok()) {
    PrintError(fmt::format(texts::kNotTaken, wire::PrintableText(outcome.error().message)));
    return kExitError;
  }
  const int code = PrintOutcome(*outcome);
  if (parsed.export_file.empty()) {
    return code;
  }
  const base::Status exported = Export(*made, parsed.export_file);
  return exported.ok() ? code : Fail(exported.error());
}

int RunVerify(const Arguments& arguments) {
  UpdateArguments parsed;
  if (const auto code =
          Parse(arguments, "verify", texts::kVerifyHelp, 0, &parsed, [](CLI::App*) {})) {
    return *code;
  }
  const auto folder = ProgramFolder();
  const auto report =
      folder.ok() ? updater::VerifyState(updater::StateFolder(parsed.state), *folder, NowSeconds())
                  : base::Result<updater::VerifyReport>(folder.error());
  if (!report.ok()) {
    return Fail(report.error());
  }
  for (const std::string& line : report->good) {
    PrintText("good     " + wire::PrintableText(line) + "\n");
  }
  for (const std::string& line : report->notes) {
    PrintText("note     " + wire::PrintableText(line) + "\n");
  }
  for (const std::string& line : report->problems) {
    PrintError("WRONG    " + wire::PrintableText(line));
  }
  PrintFreshness(report->freshness, report->witnessed_s);
  return report->problems.empty() ? kExitClean : kExitError;
}

int RunLog(const Arguments& arguments) {
  UpdateArguments parsed;
  if (const auto code = Parse(arguments, "log", texts::kLogHelp, 0, &parsed, [](CLI::App*) {})) {
    return *code;
  }
  const auto lines = updater::StateFolder(parsed.state).ReadLog();
  if (!lines.ok()) {
    return Fail(lines.error());
  }
  for (const updater::LogLine& line : *lines) {
    PrintText(EntryText(line.index, line.kind, line.time_s, line.sequence, line.text, line.signers,
                        line.threshold, line.refused));
  }
  return kExitClean;
}

int RunExplain(const Arguments& arguments) {
  UpdateArguments parsed;
  if (const auto code =
          Parse(arguments, "explain", texts::kExplainHelp, 1, &parsed, [](CLI::App*) {})) {
    return *code;
  }
  if (parsed.words.empty()) {
    PrintError(fmt::format(texts::kUsageHint, "which update?", "explain"));
    return kExitError;
  }
  const base::Status done = Explain(updater::StateFolder(parsed.state), parsed.words[0]);
  return done.ok() ? kExitClean : Fail(done.error());
}

int RunTrust(const Arguments& arguments) {
  UpdateArguments parsed;
  if (const auto code =
          Parse(arguments, "trust", texts::kTrustHelp, 1, &parsed, [&parsed](CLI::App* app) {
            app->add_option("--policy", parsed.policy);
            app->add_option("--mirror", parsed.mirrors)->allow_extra_args(false);
          })) {
    return *code;
  }
  if (parsed.words.empty() || parsed.policy.empty()) {
    PrintError(fmt::format(texts::kUsageHint, "name the root and its --policy", "trust"));
    return kExitError;
  }
  const auto root = os::ReadFile(parsed.words[0], kTrustFileMaxBytes);
  const auto policy = os::ReadFile(parsed.policy, kTrustFileMaxBytes);
  if (!root.ok() || !policy.ok()) {
    return Fail(root.ok() ? policy.error() : root.error());
  }
  const updater::StateFolder state(parsed.state);
  base::Status done = updater::Updater::Trust(state, *root, *policy);
  if (done.ok()) {
    done = state.WriteMirrors(parsed.mirrors);
  }
  if (!done.ok()) {
    return Fail(done.error());
  }
  const auto read = tlog::Policy::Parse(*policy);
  PrintText(fmt::format(texts::kTrusted, read->logs().size(), read->witnesses().size()));
  return kExitClean;
}

int RunRollback(const Arguments& arguments) {
  UpdateArguments parsed;
  if (const auto code =
          Parse(arguments, "rollback", texts::kRollbackHelp, 0, &parsed, [](CLI::App*) {})) {
    return *code;
  }
  base::Result<updater::Updater> made = MakeUpdater(updater::StateFolder(parsed.state));
  if (!made.ok()) {
    return Fail(made.error());
  }
  const auto outcome = made->Rollback();
  if (!outcome.ok()) {
    return Fail(outcome.error());
  }
  PrintText(fmt::format(texts::kWentBack, outcome->sequence));
  PrintFreshness(outcome->freshness, outcome->witnessed_s);
  return kExitClean;
}

}  // namespace day::endpoint::cli
