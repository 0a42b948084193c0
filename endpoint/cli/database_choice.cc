#include "endpoint/cli/database_choice.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <system_error>

#include "endpoint/cli/format.h"
#include "endpoint/cli/texts.h"
#include "endpoint/scan/externals.h"
#include "endpoint/updater/state_folder.h"
#include "libs/base/lines.h"
#include "libs/os/file.h"
#include "libs/os/system.h"
#include "libs/wire/json_writer.h"

namespace day::endpoint::cli {
namespace {

using workerproto::Diagnostic;

// Texts of diagnostics quote rule files, which may hold anything: line ends stay, nothing else.
std::string SafeLines(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    out += wire::PrintableText(base::TakeLine(&text));
    out += '\n';
  }
  return out;
}

std::size_t PrintDiagnostics(const std::vector<Diagnostic>& diagnostics) {
  std::size_t errors = 0;
  for (const Diagnostic& diagnostic : diagnostics) {
    if (diagnostic.severity == Diagnostic::Severity::kError) {
      ++errors;
      const std::string text = SafeLines(diagnostic.human_text);
      (void)std::fwrite(text.data(), 1, text.size(), stderr);
    }
  }
  return errors;
}

// One compilation of rules, and what came of it.
base::Result<scan::CompiledRules> Compile(const scan::DatabaseLoader& loader,
                                          const std::vector<scan::RuleFile>& files) {
  scan::CompileRequest request;
  request.files = files;
  request.externals = StandardExternals();
  base::Result<scan::CompiledRules> rules = loader.LoadRules(request);
  if (!rules.ok()) {
    return base::MakeError(rules.error().kind,
                           fmt::format(texts::kRulesFailed, rules.error().message));
  }
  return rules;
}

// Takes the files with errors out of rules that came with signatures: one bad file must not keep
// the rest of a database from being used. Whether there were any.
bool DropBadFiles(const std::vector<Diagnostic>& diagnostics, std::vector<scan::RuleFile>* files) {
  const std::size_t before = files->size();
  for (const Diagnostic& diagnostic : diagnostics) {
    if (diagnostic.severity != Diagnostic::Severity::kError) {
      continue;
    }
    const auto end = std::remove_if(files->begin(), files->end(), [&](const scan::RuleFile& file) {
      return file.path == diagnostic.path && file.name_space.starts_with(scan::kClamavNamespace);
    });
    if (end != files->end()) {
      files->erase(end, files->end());
      PrintError(fmt::format(texts::kSkippedRuleFile, wire::PrintableText(diagnostic.path),
                             diagnostic.line, wire::PrintableText(diagnostic.message)));
    }
  }
  return files->size() < before;
}

base::Status LoadRules(std::vector<scan::RuleFile> files, const scan::DatabaseLoader& loader,
                       LoadedDatabase* out, crypto::Sha256Hasher* id) {
  DAY_TRY_ASSIGN(scan::CompiledRules rules, Compile(loader, files));
  if (!rules.ok && DropBadFiles(rules.diagnostics, &files)) {
    if (files.empty()) {
      return base::OkStatus();
    }
    DAY_TRY_ASSIGN(rules, Compile(loader, files));
  }
  if (!rules.ok) {
    const std::size_t errors = PrintDiagnostics(rules.diagnostics);
    return base::MakeError(base::ErrorKind::kMalformed,
                           errors > 0 ? fmt::format(texts::kRulesHaveErrors, errors)
                                      : fmt::format(texts::kRulesFailed, rules.error));
  }
  id->Update(rules.sha256);
  out->files.rules = std::move(rules.blob);
  out->files.rules_bytes = rules.size_bytes;
  out->facts.rule_count = rules.rule_count;
  out->facts.from_cache = rules.from_cache;
  out->uses_magic =
      std::find(rules.modules.begin(), rules.modules.end(), "magic") != rules.modules.end();
  return base::OkStatus();
}

// What is not used, in few lines: databases have many files of one kind.
void PrintUnused(const workerproto::SignaturesBuilt& summary) {
  std::map<std::string, std::uint64_t> unused;  // by type and reason: signatures
  for (const workerproto::SignaturesBuilt::FileSummary& file : summary.files) {
    if (!file.is_used && file.lines_skipped > 0) {
      unused["." + file.type + ": " + file.note] += file.lines_skipped;
    } else if (file.lines_skipped > 0) {
      PrintError(fmt::format(texts::kSkippedSignatures, wire::PrintableText(file.name),
                             file.lines_skipped));
    }
  }
  for (const auto& [why, count] : unused) {
    PrintError(fmt::format(texts::kUnusedSignatures, count, wire::PrintableText(why)));
  }
}

base::Status LoadSignatures(const std::vector<std::string>& files,
                            const scan::DatabaseLoader& loader, LoadedDatabase* out,
                            crypto::Sha256Hasher* id) {
  base::Result<scan::CompiledSignatures> signatures = loader.LoadSignatures(files);
  if (!signatures.ok()) {
    return base::MakeError(signatures.error().kind,
                           fmt::format(texts::kSignaturesFailed, signatures.error().message));
  }
  PrintUnused(signatures->summary);
  id->Update(signatures->sha256);
  out->files.signatures = std::move(signatures->blob);
  out->files.signatures_bytes = signatures->size_bytes;
  out->facts.signature_count = signatures->summary.signature_count;
  return base::OkStatus();
}

// Rules that lie among signatures, but for those that are used already.
base::Result<std::vector<scan::RuleFile>> DatabaseRules(const std::vector<std::string>& signatures,
                                                        const std::vector<scan::RuleFile>& used) {
  DAY_TRY_ASSIGN(std::vector<scan::RuleFile> rules, scan::FindDatabaseRules(signatures));
  rules.erase(std::remove_if(rules.begin(), rules.end(),
                             [&](const scan::RuleFile& rule) {
                               return std::any_of(used.begin(), used.end(),
                                                  [&](const scan::RuleFile& other) {
                                                    return other.path == rule.path;
                                                  });
                             }),
              rules.end());
  return rules;
}

// The rules of the last update, or those that ship with Daylight.
base::Status ChooseDefault(std::vector<std::string>* rules, std::vector<std::string>* signatures,
                           bool* is_release) {
  std::string problem;
  const auto active = updater::ActiveRules(updater::DefaultStateFolder(), &problem);
  if (!problem.empty()) {
    PrintError(fmt::format(texts::kUpdatesNotUsed, problem));
  }
  if (!active) {
    DAY_TRY_ASSIGN(std::string shipped, FindShippedRules());
    rules->push_back(std::move(shipped));
    return base::OkStatus();
  }
  *is_release = true;
  DAY_TRY_ASSIGN(const auto rule_files, scan::FindRuleFiles({*active}));
  DAY_TRY_ASSIGN(const auto signature_files, scan::FindSignatureFiles({*active}));
  if (!rule_files.empty()) {
    rules->push_back(*active);
  }
  if (!signature_files.empty()) {
    signatures->push_back(*active);
  }
  return base::OkStatus();
}

}  // namespace

base::Result<std::vector<std::string>> FindSources(const std::vector<std::string>& signatures,
                                                   const std::vector<std::string>& certificates) {
  DAY_TRY_ASSIGN(std::vector<std::string> files, scan::FindCertificates(certificates));
  DAY_TRY_ASSIGN(const std::vector<std::string> found, scan::FindSignatureFiles(signatures));
  files.insert(files.end(), found.begin(), found.end());
  return files;
}

workerproto::External TextExternal(std::string name) { return {std::move(name), std::string()}; }

std::vector<workerproto::External> StandardExternals() { return scan::StandardExternals(); }

base::Result<std::string> FindShippedRules() {
  DAY_TRY_ASSIGN(const std::string program, os::ExecutablePath());
  const std::string folder = program.substr(0, program.rfind('/'));
  // A build tree is build/PRESET/bin; an installation has bin and share side by side.
  std::string tried;
  for (const char* place : {"/../../../rules", "/../share/daylight/rules"}) {
    const std::string path = folder + place;
    // Findings name the rule's file: without the detour over the program's folder.
    std::error_code failure;
    const std::filesystem::path found = std::filesystem::canonical(path, failure);
    if (!failure && std::filesystem::is_directory(found, failure)) {
      return found.string();
    }
    tried += (tried.empty() ? "" : " and ") + path;
  }
  return base::MakeError(base::ErrorKind::kNotFound, fmt::format(texts::kNoRules, tried));
}

base::Result<std::unique_ptr<CacheHome>> OpenCacheHome() {
  auto home = std::make_unique<CacheHome>();
  home->folder = os::UserCacheFolder();
  if (home->folder.empty()) {
    return base::MakeError(base::ErrorKind::kNotFound, "neither HOME nor XDG_CACHE_HOME is set");
  }
  DAY_TRY_ASSIGN(home->key, scan::LoadUserKey(home->folder));
  home->artifacts = std::make_unique<scan::ArtifactCache>(home->folder + "/compiled", home->key);
  return home;
}

base::Result<LoadedDatabase> LoadDatabase(const DatabaseChoice& choice,
                                          const scan::WorkerOptions& worker,
                                          const CacheHome* home) {
  const std::int64_t begin_ns = os::MonotonicNs();
  const scan::DatabaseLoader loader(worker, home != nullptr ? home->artifacts.get() : nullptr);
  LoadedDatabase out;
  crypto::Sha256Hasher id;
  std::vector<std::string> rules = choice.rules;
  std::vector<std::string> signatures = choice.signatures;
  if (rules.empty() && signatures.empty()) {
    DAY_TRY(ChooseDefault(&rules, &signatures, &out.is_release));
  }
  DAY_TRY_ASSIGN(std::vector<scan::RuleFile> rule_files, scan::FindRuleFiles(rules));
  if (!rules.empty() && rule_files.empty()) {
    return base::MakeError(base::ErrorKind::kNotFound,
                           fmt::format(texts::kNoRuleFiles, rules.front()));
  }
  DAY_TRY_ASSIGN(const std::vector<scan::RuleFile> more, DatabaseRules(signatures, rule_files));
  rule_files.insert(rule_files.end(), more.begin(), more.end());
  if (!rule_files.empty()) {
    DAY_TRY(LoadRules(std::move(rule_files), loader, &out, &id));
  }
  id.Update(base::AsBytes("signatures"));
  if (!signatures.empty()) {
    DAY_TRY_ASSIGN(const auto files, FindSources(signatures, choice.certificates));
    DAY_TRY(LoadSignatures(files, loader, &out, &id));
  }
  out.id = id.Finish();
  out.facts.ready_ns = os::MonotonicNs() - begin_ns;
  return out;
}

}  // namespace day::endpoint::cli
