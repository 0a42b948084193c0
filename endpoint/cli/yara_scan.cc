#include "endpoint/cli/yara_scan.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <utility>

#include "endpoint/cli/yara_rules.h"
#include "libs/os/file.h"
#include "libs/os/memory.h"
#include "libs/os/system.h"

namespace day::endpoint::cli {
namespace {

using workerproto::YaraReport;
using workerproto::YaraStatus;

constexpr int kCallbackError = 28;  // libyara's error when a warning ends a scan
constexpr std::int64_t kNsPerSecond = 1'000'000'000;

bool IsFolder(const std::string& path) {
  struct ::stat raw = {};
  return ::stat(path.c_str(), &raw) == 0 && S_ISDIR(raw.st_mode);
}

// A process id, as yara reads one when there is no such file.
bool IsProcessId(const std::string& path) {
  char* end = nullptr;
  return std::strtol(path.c_str(), &end, 10) > 0 && *end == '\0';
}

// The text of the first warning alone.
std::string_view FirstLine(std::string_view text) { return text.substr(0, text.find('\n') + 1); }

}  // namespace

YaraScan::YaraScan(const YaraOptions& options, Target target, scan::PoolOptions pool,
                   const scan::DatabaseFiles* database)
    : options_(options),
      target_(target),
      write_each_(os::IsTerminal(STDOUT_FILENO)),
      pool_(std::move(pool), database, this) {}

YaraScan::~YaraScan() = default;

int YaraScan::Run(const std::string& path) {
  deadline_ns_ =
      os::MonotonicNs() + std::min<std::int64_t>(options_.timeout_s, 1LL << 32) * kNsPerSecond;
  base::Status status = base::OkStatus();
  switch (target_) {
    case Target::kFile:
      status = ScanOne(path);
      break;
    case Target::kFolder:
      status = ScanFolder(path);
      break;
    case Target::kList:
      status = ScanList(path);
      break;
  }
  if (status.ok()) {
    status = pool_.Drain();
  }
  Write(1);
  if (!status.ok()) {
    PrintYaraError(fmt::format("error: {}\n", status.error().message));
    return EXIT_FAILURE;
  }
  return failed_ ? EXIT_FAILURE : EXIT_SUCCESS;
}

bool YaraScan::IsOver() const {
  return target_ != Target::kFile && os::MonotonicNs() >= deadline_ns_;
}

// Files of /proc are questions to the kernel, not data; yara refuses them as well.
bool YaraScan::IsRefused(int fd, std::uint64_t device) {
  if (device != known_device_) {
    struct ::statfs info = {};
    known_device_refused_ =
        ::fstatfs(fd, &info) != 0 || static_cast<std::uint64_t>(info.f_type) == PROC_SUPER_MAGIC;
    known_device_ = device;
  }
  return known_device_refused_;
}

base::Status YaraScan::Submit(std::string path, os::Fd fd, os::FileStat stat) {
  if (stat.kind == os::FileKind::kDirectory || IsRefused(fd.get(), stat.device)) {
    return CannotOpen(path);
  }
  if (stat.kind != os::FileKind::kRegular) {
    // A device or a pipe has no size, so yara takes it for an empty file.
    DAY_TRY_ASSIGN(fd, os::CreateMemfd("daylight-empty", std::uint64_t{0}));
    stat.size_bytes = 0;
  }
  scan::ScanTask task;
  task.fd = std::move(fd);
  task.stat = stat;
  task.name = std::move(path);
  return pool_.Submit(std::move(task));
}

base::Status YaraScan::CannotOpen(const std::string& path) {
  if (target_ != Target::kFile && options_.count_only) {
    // The line belongs behind those of earlier files.
    DAY_TRY(pool_.Drain());
    PrintCount(path, 0);
  }
  const bool is_process = target_ == Target::kFile && IsProcessId(path);
  PrintYaraError(fmt::format("error scanning {}: {}\n", path,
                             is_process ? "processes are not scanned" : "could not open file"));
  failed_ = failed_ || target_ == Target::kFile;
  return base::OkStatus();
}

base::Status YaraScan::ScanOne(const std::string& path) {
  base::Result<os::Fd> fd = os::OpenRead(path);
  if (!fd.ok()) {
    return CannotOpen(path);
  }
  DAY_TRY_ASSIGN(const os::FileStat stat, os::StatFd(fd->get()));
  return Submit(path, std::move(fd).value(), stat);
}

base::Status YaraScan::ScanFolder(const std::string& path) {
  YaraWalk walk(path, {options_.recursive, options_.follow_symlinks, options_.skip_larger_bytes});
  YaraFile file;
  while (!IsOver() && walk.Next(&file)) {
    switch (file.state) {
      case YaraFile::State::kOpen:
        DAY_TRY(Submit(walk.path(), std::move(file.fd), file.stat));
        break;
      case YaraFile::State::kNotOpened:
        DAY_TRY(CannotOpen(walk.path()));
        break;
      case YaraFile::State::kTooLarge:
        if (!options_.no_warnings) {
          PrintYaraError(fmt::format("skipping {} ({} bytes) because it's larger than {} bytes.\n",
                                     walk.path(), file.stat.size_bytes,
                                     options_.skip_larger_bytes));
        }
        break;
    }
  }
  return base::OkStatus();
}

base::Status YaraScan::ScanLine(std::string line) {
  if (IsFolder(line)) {
    return ScanFolder(line);
  }
  base::Result<os::Fd> fd = os::OpenRead(line);
  if (!fd.ok()) {
    return CannotOpen(line);
  }
  DAY_TRY_ASSIGN(const os::FileStat stat, os::StatFd(fd->get()));
  return Submit(std::move(line), std::move(fd).value(), stat);
}

base::Status YaraScan::ScanList(const std::string& path) {
  std::FILE* list = std::fopen(path.c_str(), "re");
  if (list == nullptr) {
    PrintYaraError(fmt::format("error: could not open file \"{}\".\n", path));
    failed_ = true;
    return base::OkStatus();
  }
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> owned(list, std::fclose);
  std::string line;
  for (int c = std::getc(list); !IsOver(); c = std::getc(list)) {
    if (c != EOF && c != '\n') {
      if (line.size() < kListLineBytesMax) {
        line.push_back(static_cast<char>(c));
      }
      continue;
    }
    if (c == EOF && line.empty()) {
      break;
    }
    // Whatever follows a zero byte is no part of a path.
    line.resize(std::min(line.find('\0'), line.size()));
    DAY_TRY(ScanLine(std::exchange(line, {})));
    if (c == EOF) {
      break;
    }
  }
  failed_ = failed_ || IsOver();
  return base::OkStatus();
}

void YaraScan::PrintCount(std::string_view path, std::int64_t count) {
  if (target_ == Target::kFile) {
    fmt::format_to(std::back_inserter(out_), "{}\n", count);
  } else {
    fmt::format_to(std::back_inserter(out_), "{}: {}\n", path, count);
  }
}

void YaraScan::ReportFailure(const std::string& path, const YaraReport& report) {
  const bool timed_out = report.status == YaraStatus::kTimedOut;
  const bool not_begun = timed_out && report.error.empty() && report.bytes_scanned == 0;
  if (not_begun && target_ != Target::kFile) {
    return;  // yara leaves without a word as well
  }
  PrintYaraError(fmt::format("error scanning {}: {}\n", path,
                             timed_out ? "scanning timed out" : report.error.c_str()));
  failed_ = failed_ || target_ == Target::kFile;
}

void YaraScan::OnResult(const scan::ScanTask& task, scan::TaskResult result) {
  const YaraReport& report = std::get<YaraReport>(result);
  bool stopped_by_warning = false;
  if (!report.too_many_matches.empty() && !options_.no_warnings) {
    errors_.clear();
    AppendYaraWarnings(pool_.rule_table(), report, errors_);
    stopped_by_warning = options_.fail_on_warnings;
    PrintYaraError(stopped_by_warning ? FirstLine(errors_) : errors_);
  }
  std::int64_t count = 0;
  if (stopped_by_warning) {
    PrintYaraError(fmt::format("error scanning {}: error: {}\n", task.name, kCallbackError));
    failed_ = failed_ || target_ == Target::kFile;
  } else {
    count = AppendYaraReport(options_, pool_.rule_table(), report, task.name, totals_, out_);
    if (report.status != YaraStatus::kScanned) {
      ReportFailure(task.name, report);
    }
  }
  // yara prints no count for the one file that it could not scan.
  if (options_.count_only && !(target_ == Target::kFile && failed_)) {
    PrintCount(task.name, count);
  }
  Write(write_each_ ? 1 : kOutputBlockBytes);
}

void YaraScan::Write(std::size_t at_least) {
  if (out_.size() < at_least) {
    return;
  }
  // A reader that is gone needs no results; the exit code says so.
  failed_ = !os::WriteAll(STDOUT_FILENO, base::AsBytes(out_)).ok() || failed_;
  out_.clear();
}

}  // namespace day::endpoint::cli
