#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "endpoint/cli/cli.h"
#include "endpoint/cli/database_choice.h"
#include "endpoint/cli/format.h"
#include "endpoint/cli/progress.h"
#include "endpoint/cli/scan_writer.h"
#include "endpoint/cli/texts.h"
#include "endpoint/scan/file_scan.h"
#include "libs/os/system.h"
#include "libs/wire/codec.h"

namespace day::endpoint::cli {
namespace {

constexpr std::uint32_t kThreadsMax = 256;
constexpr double kTimeoutSecondsMax = 1e9;

// The command line of `daylight scan`, as given.
struct ScanArguments {
  std::vector<std::string> paths;
  std::vector<std::string> excludes;
  DatabaseChoice database;
  bool recursive = true;
  bool follow_symlinks = false;
  bool one_file_system = false;
  bool scan_stdin = false;
  std::string max_filesize = "1G";
  std::string max_scansize = "400M";
  std::string max_objectsize = "100M";
  std::string memory_limit = "4G";
  std::uint32_t max_depth = 16;
  std::uint64_t max_files = 100'000;  // large Java archives have tens of thousands
  double timeout_seconds = 30;
  std::uint32_t threads = 0;
  bool strict = false;
  workerproto::Alerts alerts;
  bool alert_encrypted = false;
  bool infected = false;
  bool json = false;
  std::string sarif;
  bool bell = false;
  bool quiet = false;
  bool verbose = false;
  bool no_progress = false;
  bool rescan = false;
  bool no_cache = false;
};

// The same with sizes as numbers.
struct Sizes {
  std::uint64_t filesize = 0;
  std::uint64_t scansize = 0;
  std::uint64_t objectsize = 0;
  std::uint64_t memory = 0;
};

void DeclareAlerts(CLI::App* app, ScanArguments* out) {
  workerproto::Alerts& alerts = out->alerts;
  alerts.unwanted = false;
  app->add_flag("--alert-encrypted", out->alert_encrypted);
  app->add_flag("--alert-encrypted-archive", alerts.encrypted_archives);
  app->add_flag("--alert-encrypted-doc", alerts.encrypted_documents);
  app->add_flag("--alert-macros", alerts.macros);
  app->add_flag("--alert-broken", alerts.broken);
  app->add_flag("--alert-broken-media", alerts.broken_media);
  app->add_option("--phishing-sigs", alerts.phishing_signatures)->expected(0, 1);
  app->add_option("--phishing-scan-urls", alerts.phishing_links)->expected(0, 1);
  app->add_flag("--alert-phishing-ssl", alerts.phishing_ssl);
  app->add_flag("--alert-phishing-cloak", alerts.phishing_cloak);
  app->add_option("--heuristic-alerts", alerts.deceptive)->expected(0, 1);
  app->add_flag("--alert-partition-intersection", alerts.crossing_partitions);
  app->add_flag("--heuristic-scan-precedence", alerts.precedence);
  app->add_option("--include-pua", alerts.unwanted_only)->allow_extra_args(false);
  app->add_option("--exclude-pua", alerts.unwanted_but)->allow_extra_args(false);
  app->add_flag("--alert-exceeds-max", alerts.exceeded_limits);
  app->add_flag("--detect-pua", alerts.unwanted);
  app->add_flag("--detect-structured", alerts.structured);
  app->add_option("--structured-ssn-format", alerts.ssn_format)->check(CLI::Range(0, 2));
  app->add_option("--structured-ssn-count", alerts.ssn_count_min);
  app->add_option("--structured-cc-count", alerts.card_count_min);
  app->add_option("--structured-cc-mode", alerts.credit_cards_only);
}

void Declare(CLI::App* app, ScanArguments* out) {
  DeclareAlerts(app, out);
  app->set_help_flag();
  app->add_option("path", out->paths);
  app->add_flag("-r,--recursive,!--no-recursive", out->recursive);
  app->add_option("--exclude", out->excludes)->allow_extra_args(false);
  app->add_flag("--follow-symlinks", out->follow_symlinks);
  app->add_flag("--one-file-system", out->one_file_system);
  app->add_flag("--stdin", out->scan_stdin);
  app->add_option("--rules", out->database.rules)->allow_extra_args(false);
  app->add_option("--db", out->database.signatures)->allow_extra_args(false);
  app->add_option("--cvd-certs", out->database.certificates)->allow_extra_args(false);
  app->add_option("--max-filesize", out->max_filesize);
  app->add_option("--max-scansize", out->max_scansize);
  app->add_option("--max-objectsize", out->max_objectsize);
  app->add_option("--memory-limit", out->memory_limit);
  app->add_option("--max-depth", out->max_depth);
  app->add_option("--max-files", out->max_files);
  app->add_option("--timeout", out->timeout_seconds)->check(CLI::Range(0.0, kTimeoutSecondsMax));
  app->add_option("-t,--threads", out->threads)->check(CLI::Range(1u, kThreadsMax));
  app->add_flag("--strict", out->strict);
  app->add_flag("-i,--infected", out->infected);
  app->add_flag("--json", out->json);
  app->add_option("--sarif", out->sarif);
  app->add_flag("--bell", out->bell);
  app->add_flag("-q,--quiet", out->quiet);
  app->add_flag("-v,--verbose", out->verbose);
  app->add_flag("--no-progress", out->no_progress);
  app->add_flag("--rescan", out->rescan);
  app->add_flag("--no-cache", out->no_cache);
}

int UsageError(const std::string& message) {
  PrintError(fmt::format(texts::kUsageHint, message, "scan"));
  return kExitError;
}

// Nothing if all is well; else the exit code.
std::optional<int> Parse(const Arguments& arguments, ScanArguments* out, Sizes* sizes) {
  if (std::find_if(arguments.begin(), arguments.end(), [](const std::string& word) {
        return word == "--help" || word == "-h";
      }) != arguments.end()) {
    PrintText(texts::ScanHelp());
    return kExitClean;
  }
  CLI::App app;
  Declare(&app, out);
  try {
    // CLI11 takes the words in reverse.
    app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
  } catch (const CLI::ParseError& error) {
    return UsageError(error.what());
  }
  const auto stdin_end = std::remove(out->paths.begin(), out->paths.end(), "-");
  out->scan_stdin = out->scan_stdin || stdin_end != out->paths.end();
  out->paths.erase(stdin_end, out->paths.end());
  if (out->paths.empty() && !out->scan_stdin) {
    return UsageError(texts::kNothingToScan);
  }
  const workerproto::Alerts& alerts = out->alerts;
  if (!alerts.unwanted_only.empty() && !alerts.unwanted_but.empty()) {
    return UsageError(std::string(texts::kPuaBothWays));
  }
  if (std::max(alerts.unwanted_only.size(), alerts.unwanted_but.size()) >
      workerproto::kCategoriesMax) {
    return UsageError(std::string(texts::kPuaTooMany));
  }
  const struct {
    const char* name;
    const std::string* text;
    std::uint64_t* value;
  } kSizes[] = {{"max-filesize", &out->max_filesize, &sizes->filesize},
                {"max-scansize", &out->max_scansize, &sizes->scansize},
                {"max-objectsize", &out->max_objectsize, &sizes->objectsize},
                {"memory-limit", &out->memory_limit, &sizes->memory}};
  for (const auto& size : kSizes) {
    const std::optional<std::uint64_t> value = ParseSize(*size.text);
    if (!value) {
      return UsageError(fmt::format(texts::kBadSize, size.name, *size.text));
    }
    *size.value = *value;
  }
  return std::nullopt;
}

// Hands results to the writers, and keeps the progress line out of their way.
class Observer : public scan::ScanObserver {
 public:
  Observer(std::vector<std::unique_ptr<ScanWriter>> writers, Progress* progress)
      : writers_(std::move(writers)), progress_(progress) {}

  void OnFile(std::string_view path, const workerproto::FileReport& report,
              scan::Origin origin) override {
    const bool quiet =
        report.findings.empty() && report.completeness == workerproto::Completeness::kComplete;
    if (!quiet) {
      progress_->Wipe();
    }
    for (const auto& writer : writers_) {
      writer->OnFile(path, report, origin);
    }
  }
  void OnUnreadable(std::string_view path, const base::Error& error) override {
    progress_->Wipe();
    for (const auto& writer : writers_) {
      writer->OnUnreadable(path, error);
    }
  }
  void OnProgress(const scan::ScanSummary& summary, std::string_view path) override {
    progress_->Update(summary, path);
  }
  void OnEnd(const scan::ScanSummary& summary, const DatabaseFacts& facts) {
    progress_->Wipe();
    for (const auto& writer : writers_) {
      writer->OnEnd(summary, facts);
    }
  }

 private:
  std::vector<std::unique_ptr<ScanWriter>> writers_;
  Progress* progress_;
};

std::vector<std::unique_ptr<ScanWriter>> MakeWriters(const ScanArguments& arguments) {
  std::vector<std::unique_ptr<ScanWriter>> writers;
  if (arguments.json) {
    writers.push_back(MakeJsonWriter(arguments.infected ? Show::kFindings : Show::kAll));
  } else {
    const Show show = arguments.infected  ? Show::kFindings
                      : arguments.verbose ? Show::kAll
                                          : Show::kImportant;
    const bool coloured = os::IsTerminal(STDOUT_FILENO) && std::getenv("NO_COLOR") == nullptr;
    writers.push_back(MakeHumanWriter(show, coloured ? Colours::kOn : Colours::kOff, arguments.bell,
                                      !arguments.quiet));
  }
  if (!arguments.sarif.empty()) {
    writers.push_back(MakeSarifWriter(arguments.sarif));
  }
  return writers;
}

scan::FileScanOptions MakeScanOptions(const ScanArguments& arguments, const Sizes& sizes,
                                      scan::WorkerOptions worker, bool uses_magic) {
  scan::FileScanOptions options;
  options.paths = arguments.paths;
  options.scan_stdin = arguments.scan_stdin;
  options.walk.recursive = arguments.recursive;
  options.walk.links =
      arguments.follow_symlinks ? os::WalkOptions::Links::kFollow : os::WalkOptions::Links::kNever;
  options.walk.one_file_system = arguments.one_file_system;
  options.excludes = scan::GlobSet(arguments.excludes);
  options.file_bytes_max = sizes.filesize;
  options.pool.worker = std::move(worker);
  options.pool.worker.preload_magic = uses_magic;
  options.pool.workers = arguments.threads != 0 ? arguments.threads : os::ProcessorCount();
  options.pool.settings.mode = workerproto::ScanMode::kEngine;
  options.pool.settings.timeout_ms =
      static_cast<std::uint64_t>(std::llround(arguments.timeout_seconds * 1000));
  options.pool.settings.file_bytes_max = sizes.filesize;
  options.pool.settings.alerts = arguments.alerts;
  if (arguments.alert_encrypted) {
    options.pool.settings.alerts.encrypted_archives = true;
    options.pool.settings.alerts.encrypted_documents = true;
  }
  options.pool.settings.budget.depth_max = arguments.max_depth;
  options.pool.settings.budget.files_max = arguments.max_files;
  options.pool.settings.budget.bytes_out_max = sizes.scansize;
  options.pool.settings.budget.file_bytes_max = std::min(sizes.objectsize, sizes.scansize);
  return options;
}

// What a result depends on: the database, and the limits under which it was reached. A scan
// with other limits may see more, so it must not trust this one's memory.
crypto::Sha256Digest Generation(const LoadedDatabase& database,
                                const workerproto::ScanSettings& settings) {
  workerproto::UseDatabase use;
  use.settings = settings;
  use.settings.timeout_ms = 0;  // a time-out never leaves a complete report
  std::string frame;
  (void)workerproto::Append(use, &frame);
  crypto::Sha256Hasher hasher;
  hasher.Update(database.id);
  hasher.Update(base::AsBytes(texts::kVersion));
  hasher.Update(base::AsBytes(frame));
  return hasher.Finish();
}

int ExitCode(const scan::ScanSummary& summary, bool strict) {
  if (summary.files_found > 0) {
    return kExitFound;
  }
  const std::uint64_t bad =
      strict ? summary.files_partial + summary.files_not_scanned : summary.files_failed;
  return bad + summary.folders_not_read == 0 && !summary.stopped ? kExitClean : kExitError;
}

}  // namespace

int RunScan(const Arguments& arguments) {
  ScanArguments parsed;
  Sizes sizes;
  if (const std::optional<int> code = Parse(arguments, &parsed, &sizes)) {
    return *code;
  }
  os::CatchStopSignals();
  scan::WorkerOptions worker;
  base::Result<std::string> program = scan::FindWorkerProgram();
  if (!program.ok()) {
    PrintError(program.error().message);
    return kExitError;
  }
  worker.program = std::move(program).value();
  worker.memory_max_bytes = sizes.memory;
  worker.keep_standard_error = parsed.verbose;

  std::unique_ptr<CacheHome> home;
  if (!parsed.no_cache) {
    base::Result<std::unique_ptr<CacheHome>> opened = OpenCacheHome();
    if (opened.ok()) {
      home = std::move(opened).value();
    } else {
      PrintError(fmt::format(texts::kCacheOff, opened.error().message));
    }
  }
  const base::Result<LoadedDatabase> database = LoadDatabase(parsed.database, worker, home.get());
  if (!database.ok()) {
    PrintError(database.error().message);
    return kExitError;
  }
  scan::FileScanOptions options =
      MakeScanOptions(parsed, sizes, std::move(worker), database->uses_magic);
  options.pool.settings.official_signatures = database->is_release;
  std::optional<scan::ScanMemory> memory;
  if (home != nullptr && !parsed.rescan) {
    memory.emplace(home->folder, home->key, Generation(*database, options.pool.settings));
  }
  const bool with_progress =
      !parsed.quiet && !parsed.no_progress && !parsed.verbose && os::IsTerminal(STDERR_FILENO);
  Progress progress(with_progress ? Progress::Mode::kOn : Progress::Mode::kOff, parsed.paths,
                    options.walk, options.excludes);
  Observer observer(MakeWriters(parsed), &progress);
  scan::FileScan file_scan(std::move(options), &database->files, memory ? &*memory : nullptr,
                           &observer);
  const base::Result<scan::ScanSummary> summary = file_scan.Run();
  if (!summary.ok()) {
    progress.Wipe();
    PrintError(fmt::format(texts::kScanFailed, summary.error().message));
    return kExitError;
  }
  observer.OnEnd(*summary, database->facts);
  if (memory) {
    const base::Status saved = memory->Save();
    if (!saved.ok()) {
      PrintError(fmt::format(texts::kCacheNotSaved, saved.error().message));
    }
  }
  return ExitCode(*summary, parsed.strict);
}

}  // namespace day::endpoint::cli
