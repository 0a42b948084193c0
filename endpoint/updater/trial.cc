#include "endpoint/updater/trial.h"

#include <fmt/core.h>

#include <algorithm>
#include <bit>
#include <filesystem>
#include <system_error>

#include "endpoint/scan/database.h"
#include "endpoint/scan/externals.h"
#include "endpoint/scan/pool.h"
#include "endpoint/scan/tool_run.h"
#include "libs/base/lines.h"
#include "libs/crypto/hash.h"
#include "libs/os/file.h"
#include "libs/os/memory.h"
#include "libs/os/system.h"

namespace day::endpoint::updater {
namespace {

using base::ErrorKind;
using base::MakeError;

constexpr std::uint64_t kListMaxBytes = 8u << 20;
constexpr std::size_t kDiagnosticMaxBytes = 300;
constexpr std::int64_t kMsNs = 1'000'000;
constexpr std::uint32_t kFilesAtOnce = 16;

// Compiles what is in the folder. Rules with errors are an error here.
base::Result<scan::DatabaseFiles> Compile(const std::string& folder,
                                          const scan::WorkerOptions& worker, TrialReport* report) {
  const scan::DatabaseLoader loader(worker, nullptr);
  scan::DatabaseFiles files;
  scan::CompileRequest request;
  DAY_TRY_ASSIGN(request.files, scan::FindRuleFiles({folder}));
  request.externals = scan::StandardExternals();
  request.includes_allowed = false;
  if (!request.files.empty()) {
    DAY_TRY_ASSIGN(scan::CompiledRules rules, loader.LoadRules(request));
    if (!rules.ok) {
      std::string why = rules.error;
      for (const workerproto::Diagnostic& diagnostic : rules.diagnostics) {
        if (diagnostic.severity == workerproto::Diagnostic::Severity::kError) {
          why = diagnostic.human_text.substr(
              0, std::min(kDiagnosticMaxBytes, diagnostic.human_text.find('\n')));
          break;
        }
      }
      return MakeError(ErrorKind::kMalformed, "its rules do not compile: " + why);
    }
    report->rules = rules.rule_count;
    files.rules = std::move(rules.blob);
    files.rules_bytes = rules.size_bytes;
  }
  DAY_TRY_ASSIGN(const auto tables, scan::FindSignatureFiles({folder}));
  if (!tables.empty()) {
    DAY_TRY_ASSIGN(scan::CompiledSignatures signatures, loader.LoadSignatures(tables));
    report->signatures = static_cast<std::uint32_t>(signatures.summary.signature_count);
    files.signatures = std::move(signatures.blob);
    files.signatures_bytes = signatures.size_bytes;
  }
  if (request.files.empty() && tables.empty()) {
    return MakeError(ErrorKind::kMalformed, "it holds neither rules nor signatures");
  }
  return files;
}

// Keeps the first thing that speaks against the bundle.
class Judge : public scan::ResultHandler {
 public:
  void OnResult(const scan::ScanTask& task, scan::TaskResult result) override {
    const auto* report = std::get_if<workerproto::FileReport>(&result);
    if (report == nullptr || !objection_.empty()) {
      return;
    }
    const auto bad = std::find_if(report->findings.begin(), report->findings.end(),
                                  [](const workerproto::Finding& finding) {
                                    return finding.severity >= workerproto::Severity::kMedium;
                                  });
    if (bad != report->findings.end()) {
      objection_ =
          fmt::format("it finds {} in {}, which is known to be good", bad->name, task.name);
      return;
    }
    // Files that cannot be opened to the end for other reasons are so with any rules.
    const auto slow =
        std::find_if(report->gaps.begin(), report->gaps.end(),
                     [](const workerproto::Gap& gap) { return gap.reason.starts_with("timeout"); });
    if (report->completeness == workerproto::Completeness::kNotScanned ||
        slow != report->gaps.end()) {
      const std::string why = slow != report->gaps.end() ? slow->reason
                              : report->gaps.empty()     ? "no reason"
                                                         : report->gaps[0].reason;
      objection_ = fmt::format("{} cannot be scanned with it: {}", task.name, why);
    }
  }
  const std::string& objection() const { return objection_; }

 private:
  std::string objection_;
};

// Programs and libraries: what a false alarm would hurt most.
bool IsProgramPath(std::string_view path) {
  constexpr std::string_view kPlaces[] = {"usr/bin/", "usr/sbin/", "usr/lib/",
                                          "bin/",     "sbin/",     "lib/"};
  return std::any_of(std::begin(kPlaces), std::end(kPlaces),
                     [path](std::string_view place) { return path.starts_with(place); });
}

// The good files that one list names and that still are what it says.
void TakeFromList(const std::string& list, const TrialOptions& options, std::size_t count_max,
                  std::vector<std::string>* out) {
  const auto text = os::ReadFile(list, kListMaxBytes);
  std::size_t taken = 0;
  for (std::string_view rest = text.ok() ? std::string_view(*text) : std::string_view();
       !rest.empty() && taken < count_max;) {
    const std::string_view line = base::TakeLine(&rest);
    if (line.size() < 35 || line.substr(32, 2) != "  " || !IsProgramPath(line.substr(34))) {
      continue;
    }
    const std::string path = options.root + std::string(line.substr(34));
    const auto content = os::ReadFile(path, options.file_bytes_max);
    if (content.ok() &&
        crypto::ToHexDigest(crypto::Md5(base::AsBytes(*content))) == line.substr(0, 32)) {
      out->push_back(path);
      ++taken;
    }
  }
}

scan::WorkerOptions WorkerFor(const TrialOptions& options) {
  scan::WorkerOptions worker;
  worker.program = options.worker_program;
  worker.memory_max_bytes = options.memory_max_bytes;
  return worker;
}

}  // namespace

bool SpeaksAgainstBundle(const base::Error& error) {
  switch (error.kind) {
    case ErrorKind::kMalformed:
    case ErrorKind::kTruncated:
    case ErrorKind::kTimeout:
    case ErrorKind::kInvalidUse:
      return true;
    default:
      return false;
  }
}

std::vector<std::string> KnownGoodFiles(const TrialOptions& options) {
  std::vector<std::string> lists;
  std::error_code failure;
  for (const auto& entry : std::filesystem::directory_iterator(options.dpkg_info, failure)) {
    if (entry.path().extension() == ".md5sums") {
      lists.push_back(entry.path().string());
    }
  }
  std::sort(lists.begin(), lists.end());
  // Two files from each of many packages are better than many from the first ones.
  constexpr std::size_t kFilesPerList = 2;
  const std::size_t wanted = options.files_max / kFilesPerList + 1;
  const std::size_t stride = std::max<std::size_t>(1, lists.size() / wanted);
  std::vector<std::string> files;
  for (std::size_t i = 0; i < lists.size() && files.size() < options.files_max; i += stride) {
    TakeFromList(lists[i], options, std::min(kFilesPerList, options.files_max - files.size()),
                 &files);
  }
  return files;
}

namespace {

base::Status Try(const std::string& rules_folder, const TrialOptions& options,
                 TrialReport* report) {
  const scan::WorkerOptions worker = WorkerFor(options);
  DAY_TRY_ASSIGN(const scan::DatabaseFiles database, Compile(rules_folder, worker, report));
  scan::PoolOptions pool_options;
  pool_options.worker = worker;
  pool_options.settings.mode = workerproto::ScanMode::kEngine;
  pool_options.settings.timeout_ms = options.file_timeout_ms;
  Judge judge;
  scan::WorkerPool pool(pool_options, &database, &judge);
  const std::int64_t end_ns = os::MonotonicNs() + std::int64_t{options.timeout_ms} * kMsNs;
  for (const std::string& path : KnownGoodFiles(options)) {
    if (os::MonotonicNs() > end_ns) {
      report->objection =
          fmt::format("its trial takes longer than {} s", options.timeout_ms / 1000);
      return base::OkStatus();
    }
    scan::ScanTask task;
    auto fd = os::OpenRead(path);
    if (!fd.ok()) {
      continue;  // it vanished meanwhile
    }
    task.fd = std::move(*fd);
    DAY_TRY_ASSIGN(task.stat, os::StatFd(task.fd.get()));
    task.name = path;
    DAY_TRY(pool.Submit(std::move(task)));
    ++report->files;
    // The first file alone, then few at a time: whoever is slow with one is so with all.
    if (report->files % kFilesAtOnce == 0 || std::has_single_bit(report->files)) {
      DAY_TRY(pool.Drain());
    }
    if (!judge.objection().empty()) {
      break;
    }
  }
  if (judge.objection().empty()) {
    DAY_TRY(pool.WaitUntilReady());
    DAY_TRY(pool.Drain());
  }
  report->objection = judge.objection();
  return base::OkStatus();
}

}  // namespace

base::Result<TrialReport> TryBundle(const std::string& rules_folder, const TrialOptions& options) {
  TrialReport report;
  const base::Status done = Try(rules_folder, options, &report);
  if (!done.ok()) {
    if (!SpeaksAgainstBundle(done.error())) {
      return done.error();
    }
    report.objection = done.error().message;
  }
  return report;
}

base::Result<update::Blindness> CompareInSandbox(const update::Bundle& older,
                                                 const update::Bundle& newer,
                                                 const TrialOptions& options) {
  using workerproto::ToolFileRole;
  using workerproto::ToolOutput;
  const auto diff = [&options](const std::string& old_rules,
                               const std::string& new_rules) -> base::Result<std::string> {
    DAY_TRY_ASSIGN(const auto run,
                   scan::ToolRun::Start(WorkerFor(options), "diff", {{"json", ""}}));
    const struct {
      ToolFileRole role;
      const std::string& text;
    } kSides[] = {{ToolFileRole::kRules, old_rules}, {ToolFileRole::kNewRules, new_rules}};
    for (const auto& side : kSides) {
      DAY_TRY_ASSIGN(os::Fd file, os::CreateMemfd("rules", base::AsBytes(side.text)));
      DAY_TRY(run->AddOpenFile(side.role, "rules.yar", std::move(file), side.text.size()));
    }
    std::string out;
    DAY_TRY(run->Finish([&out](const ToolOutput& output) {
      if (output.kind == ToolOutput::Kind::kText) {
        out += output.bytes;
      }
    }));
    return out;
  };
  return update::CompareBundles(older, newer, diff);
}

}  // namespace day::endpoint::updater
