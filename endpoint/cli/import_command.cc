#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "endpoint/cli/cli.h"
#include "endpoint/cli/database_choice.h"
#include "endpoint/cli/format.h"
#include "endpoint/cli/texts.h"
#include "endpoint/scan/database.h"
#include "libs/os/file.h"
#include "libs/wire/json_writer.h"

namespace day::endpoint::cli {
namespace {

using FileSummary = workerproto::SignaturesBuilt::FileSummary;
using workerproto::Diagnostic;

constexpr std::uint32_t kReportMode = 0644;
constexpr std::string_view kRulesType = "yara";

struct ImportArguments {
  std::vector<std::string> paths;
  std::vector<std::string> certificates;
  std::string output;
  bool json = false;
};

// What is said of one type of file.
struct TypeTotal {
  std::string title;
  std::string note;  // why it is not used; empty if it is
  std::uint64_t files = 0;
  std::uint64_t used = 0;
  std::uint64_t not_used = 0;
  std::uint64_t ignored = 0;
  std::map<std::string, std::uint64_t> reasons;
};

struct ImportReport {
  workerproto::SignaturesBuilt signatures;
  std::uint64_t rule_count = 0;
  std::vector<FileSummary> files;  // those of the signatures, and the rules'
  std::map<std::string, TypeTotal> types;

  bool HasUnused() const {
    return std::any_of(files.begin(), files.end(), [](const FileSummary& file) {
      return file.lines_skipped > 0 || (!file.is_used && file.type != "cfg" && file.type != "info");
    });
  }
};

bool IsContainer(const FileSummary& file) {
  return file.type == "cvd" || file.type == "cld" || file.type == "cud";
}

// Rules are compiled as a scan would; a file with an error is used not at all.
base::Status ReadRules(const std::vector<std::string>& paths, const scan::DatabaseLoader& loader,
                       ImportReport* report) {
  DAY_TRY_ASSIGN(std::vector<scan::RuleFile> files, scan::FindDatabaseRules(paths));
  for (const scan::RuleFile& file : files) {
    scan::CompileRequest request;
    request.files = {file};
    request.externals = StandardExternals();
    DAY_TRY_ASSIGN(const scan::CompiledRules rules, loader.LoadRules(request));
    FileSummary summary;
    summary.name = file.path;
    summary.type = kRulesType;
    summary.title = "YARA rules";
    summary.is_used = rules.ok;
    summary.signatures = rules.ok ? rules.rule_count : 0;
    summary.note = rules.ok ? std::string() : "the file has errors";
    for (const Diagnostic& diagnostic : rules.diagnostics) {
      if (diagnostic.severity == Diagnostic::Severity::kError) {
        ++summary.lines_skipped;
        summary.diagnostics.push_back(std::to_string(diagnostic.line) + ": " + diagnostic.message);
      }
    }
    report->rule_count += summary.signatures;
    report->files.push_back(std::move(summary));
  }
  return base::OkStatus();
}

void AddTotals(ImportReport* report) {
  for (const FileSummary& file : report->files) {
    if (IsContainer(file)) {
      continue;
    }
    TypeTotal& total = report->types[file.type.empty() ? "list" : file.type];
    total.title = file.title;
    if (!file.is_used) {
      total.note = file.note;
    }
    ++total.files;
    total.used += file.signatures;
    total.not_used += file.lines_skipped;
    total.ignored += file.ignored;
    for (const auto& [reason, count] : file.reasons) {
      total.reasons[reason] += count;
    }
  }
}

base::Result<ImportReport> Read(const ImportArguments& arguments) {
  scan::WorkerOptions worker;
  DAY_TRY_ASSIGN(worker.program, scan::FindWorkerProgram());
  const scan::DatabaseLoader loader(std::move(worker), nullptr);
  ImportReport report;
  DAY_TRY_ASSIGN(const auto sources, FindSources(arguments.paths, arguments.certificates));
  DAY_TRY_ASSIGN(report.signatures, loader.ReadSignatures(sources));
  report.files = report.signatures.files;
  DAY_TRY(ReadRules(arguments.paths, loader, &report));
  AddTotals(&report);
  return report;
}

void WriteType(const std::string& type, const TypeTotal& total, wire::JsonWriter* json) {
  json->BeginObject();
  json->Field("type", type);
  json->Field("title", total.title);
  json->Field("files", total.files);
  json->Field("used", total.used);
  json->Field("not_used", total.not_used);
  json->Field("ignored", total.ignored);
  if (!total.note.empty()) {
    json->Field("why_not_used", total.note);
  }
  json->Key("reasons");
  json->BeginArray();
  for (const auto& [reason, count] : total.reasons) {
    json->BeginObject();
    json->Field("reason", reason);
    json->Field("lines", count);
    json->EndObject();
  }
  json->EndArray();
  json->EndObject();
}

void WriteFile(const FileSummary& file, wire::JsonWriter* json) {
  json->BeginObject();
  json->Field("name", file.name);
  json->Field("type", file.type);
  json->Field("is_used", file.is_used);
  json->Field("used", file.signatures);
  json->Field("not_used", file.lines_skipped);
  json->Field("ignored", file.ignored);
  if (!file.note.empty()) {
    json->Field("note", file.note);
  }
  json->Key("lines");  // "LINE: REASON", the first of them
  json->BeginArray();
  for (const std::string& line : file.diagnostics) {
    json->Text(line);
  }
  json->EndArray();
  json->EndObject();
}

std::string ToJson(const ImportReport& report) {
  std::string text;
  wire::JsonWriter json(&text, wire::JsonLayout::kIndented);
  json.BeginObject();
  json.Field("type", "import");
  json.Field("usable", report.signatures.ok);
  if (!report.signatures.ok) {
    json.Field("error", report.signatures.error);
  }
  json.Field("signatures", report.signatures.signature_count);
  json.Field("rules", report.rule_count);
  json.Key("types");
  json.BeginArray();
  for (const auto& [type, total] : report.types) {
    WriteType(type, total, &json);
  }
  json.EndArray();
  json.Key("files");
  json.BeginArray();
  for (const FileSummary& file : report.files) {
    WriteFile(file, &json);
  }
  json.EndArray();
  json.EndObject();
  return text + "\n";
}

std::string ToHuman(const ImportReport& report) {
  std::string text;
  for (const FileSummary& file : report.files) {
    if (IsContainer(file)) {
      text +=
          fmt::format("{}: {}\n", wire::PrintableText(file.name), wire::PrintableText(file.note));
    }
  }
  text += fmt::format("{:<7}{:>6}{:>13}{:>12}{:>10}  {}\n", "type", "files", "used", "not used",
                      "ignored", "what");
  for (const auto& [type, total] : report.types) {
    text += fmt::format("{:<7}{:>6}{:>13}{:>12}{:>10}  {}{}\n", type, FormatCount(total.files),
                        FormatCount(total.used), FormatCount(total.not_used),
                        FormatCount(total.ignored), wire::PrintableText(total.title),
                        total.note.empty() ? "" : " (" + wire::PrintableText(total.note) + ")");
    for (const auto& [reason, count] : total.reasons) {
      text +=
          fmt::format("{:>38}  not used: {}\n", FormatCount(count), wire::PrintableText(reason));
    }
  }
  for (const FileSummary& file : report.files) {
    for (const std::string& line : file.diagnostics) {
      text += fmt::format("{}:{}\n", wire::PrintableText(file.name), wire::PrintableText(line));
    }
    if (file.is_used && file.lines_skipped > file.diagnostics.size()) {
      text += fmt::format("{}: and {} more lines\n", wire::PrintableText(file.name),
                          FormatCount(file.lines_skipped - file.diagnostics.size()));
    }
  }
  text +=
      fmt::format("{} signatures and {} rules are used\n",
                  FormatCount(report.signatures.signature_count), FormatCount(report.rule_count));
  return text;
}

int UsageError(const std::string& message) {
  PrintError(fmt::format(texts::kUsageHint, message, "import"));
  return kExitError;
}

}  // namespace

int RunImport(const Arguments& arguments) {
  if (std::find_if(arguments.begin(), arguments.end(), [](const std::string& word) {
        return word == "--help" || word == "-h";
      }) != arguments.end()) {
    PrintText(texts::ImportHelp());
    return kExitClean;
  }
  ImportArguments parsed;
  CLI::App app;
  app.set_help_flag();
  app.add_option("path", parsed.paths);
  app.add_option("--cvd-certs", parsed.certificates)->allow_extra_args(false);
  app.add_option("--output", parsed.output);
  app.add_flag("--json", parsed.json);
  try {
    // CLI11 takes the words in reverse.
    app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
  } catch (const CLI::ParseError& error) {
    return UsageError(error.what());
  }
  if (parsed.paths.empty()) {
    return UsageError(std::string(texts::kNothingToImport));
  }
  const base::Result<ImportReport> report = Read(parsed);
  if (!report.ok()) {
    PrintError(report.error().message);
    return kExitError;
  }
  const std::string text = parsed.json ? ToJson(*report) : ToHuman(*report);
  if (parsed.output.empty()) {
    PrintText(text);
  } else {
    const base::Status written = os::WriteFileAtomic(parsed.output, base::AsBytes(text),
                                                     kReportMode, os::Durability::kCrashOfProcess);
    if (!written.ok()) {
      PrintError(wire::PrintableText(parsed.output) + ": " + written.error().message);
      return kExitError;
    }
  }
  if (!report->signatures.ok) {
    PrintError(
        fmt::format(texts::kSignaturesFailed, wire::PrintableText(report->signatures.error)));
    return kExitError;
  }
  return report->HasUnused() ? kExitFound : kExitClean;
}

}  // namespace day::endpoint::cli
