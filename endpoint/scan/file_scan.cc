#include "endpoint/scan/file_scan.h"

#include <fcntl.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <numeric>
#include <utility>

#include "libs/os/memory.h"
#include "libs/os/system.h"

namespace day::endpoint::scan {
namespace {

constexpr std::int64_t kProgressIntervalNs = 100'000'000;
constexpr std::uint64_t kFilesBetweenTimes = 16;
const workerproto::FileReport kCleanReport;

bool IsWanted(void* context, std::string_view path, bool /*is_folder*/) {
  return !static_cast<const GlobSet*>(context)->Matches(path);
}

std::string LookUpUser(std::uint32_t uid) {
  std::array<char, 4096> buffer;
  struct ::passwd entry = {};
  struct ::passwd* found = nullptr;
  if (::getpwuid_r(uid, &entry, buffer.data(), buffer.size(), &found) != 0 || found == nullptr) {
    return std::to_string(uid);
  }
  return found->pw_name;
}

// All other reasons for gaps are in the file itself: encrypted, damaged, too large, unknown.
bool RanOutOfTime(const workerproto::FileReport& report) {
  return std::any_of(report.gaps.begin(), report.gaps.end(), [](const workerproto::Gap& gap) {
    return gap.reason == workerproto::kTimeoutReason;
  });
}

}  // namespace

base::Status ScanMemory::Save() {
  const base::Status status = clean.Save();
  DAY_TRY(reports.Save());
  return status;
}

FileScan::FileScan(FileScanOptions options, const DatabaseFiles* database, ScanMemory* memory,
                   ScanObserver* observer)
    : options_(std::move(options)),
      memory_(memory),
      observer_(observer),
      pool_(options_.pool, database, this),
      volume_sets_(options_.file_bytes_max) {}

base::Result<ScanSummary> FileScan::Run() {
  started_ns_ = os::MonotonicNs();
  progress_ns_ = started_ns_;
  base::Status status;
  for (const std::string& path : options_.paths) {
    status = ScanTree(path);
    if (!status.ok()) {
      break;
    }
  }
  if (status.ok() && options_.scan_stdin) {
    status = ScanStdin();
  }
  if (status.ok()) {
    status = pool_.Drain();
  }
  summary_.stopped = os::StopRequested();
  summary_.elapsed_ns = os::MonotonicNs() - started_ns_;
  summary_.pool = pool_.stats();
  if (!status.ok() && status.error().kind != base::ErrorKind::kCancelled) {
    return status.error();
  }
  return summary_;
}

base::Status FileScan::ScanTree(const std::string& path) {
  os::WalkOptions walk = options_.walk;
  walk.stat_files =
      memory_ != nullptr && memory_->clean.loaded_count() + memory_->reports.loaded_count() > 0;
  os::Walker walker(walk);
  if (!options_.excludes.empty()) {
    walker.set_filter(IsWanted, &options_.excludes);
  }
  walker.Start(path);
  os::WalkEntry entry;
  while (walker.Next(&entry)) {
    if (os::StopRequested()) {
      return base::MakeError(base::ErrorKind::kCancelled, "stopped");
    }
    if (entry.kind == os::WalkEntry::Kind::kFile) {
      ++summary_.files;
      DAY_TRY(ScanEntry(entry, entry.path != path));
    } else if (entry.kind == os::WalkEntry::Kind::kError) {
      Unreadable(entry.path, entry.error, true);
    }
    // Asking for the time costs as much as knowing a file.
    if (summary_.files % kFilesBetweenTimes == 0) {
      MaybeProgress(entry.path);
    }
  }
  return base::OkStatus();
}

bool FileScan::TellKnown(const os::WalkEntry& entry) {
  if (memory_ == nullptr || !entry.stat) {
    return false;  // of a file that tells no state, opening it says why
  }
  if (memory_->clean.Contains(entry.path, *entry.stat)) {
    ++summary_.files_known;
    ++summary_.files_known_clean;
    observer_->OnFile(entry.path, kCleanReport, Origin::kRemembered);
    return true;
  }
  const auto report = memory_->reports.Find(entry.path, *entry.stat);
  if (!report) {
    return false;
  }
  ++summary_.files_known;
  CountReport(*report);
  observer_->OnFile(entry.path, *report, Origin::kRemembered);
  return true;
}

std::optional<VolumeSets::Place> FileScan::FindSet(const os::WalkEntry& entry, bool in_folder) {
  return volume_sets_.Find(entry, [&](std::string_view lead) {
    return (in_folder && !options_.excludes.Matches(lead)) ||
           std::find(options_.paths.begin(), options_.paths.end(), lead) != options_.paths.end();
  });
}

// An archive whose volumes change while they are read is looked at as it is then.
base::Status FileScan::AddVolumes(const os::WalkEntry& entry, const VolumeSets::Place& place,
                                  ScanTask* task) {
  task->is_left_to_another = !place.speaks_for_all;
  if (!place.speaks_for_all) {
    return base::OkStatus();
  }
  auto joined = JoinVolumes(entry.folder_fd, place.names, options_.file_bytes_max);
  if (!joined.ok()) {
    task->volumes_gap = "its other volumes could not be read: " + joined.error().message;
    return base::OkStatus();
  }
  const std::uint64_t bytes =
      std::accumulate(joined->volume_bytes.begin(), joined->volume_bytes.end(), std::uint64_t{0});
  if (joined_bytes_ + bytes > options_.file_bytes_max) {
    DAY_TRY(pool_.Drain());
  }
  joined_bytes_ += bytes;
  task->fd = std::move(joined->fd);
  task->volume_bytes = std::move(joined->volume_bytes);
  task->volume = place.volume;
  return base::OkStatus();
}

base::Status FileScan::ScanEntry(const os::WalkEntry& entry, bool in_folder) {
  const auto place = FindSet(entry, in_folder);
  // What is known of a volume does not say what the others hold.
  if (!place && TellKnown(entry)) {
    return base::OkStatus();
  }
  base::Result<os::Fd> fd = os::OpenReadAt(
      entry.folder_fd, entry.name, entry.followed ? os::Symlinks::kFollow : os::Symlinks::kRefuse);
  if (!fd.ok()) {
    Unreadable(entry.path, fd.error(), false);
    return base::OkStatus();
  }
  ScanTask task;
  const base::Result<os::FileStat> stat = os::StatFd(fd->get());
  if (!stat.ok() || stat->kind != os::FileKind::kRegular) {
    ++summary_.files_failed;
    NotScanned(entry.path, "it is no regular file any more");
    return base::OkStatus();
  }
  if (stat->size_bytes > options_.file_bytes_max) {
    NotScanned(entry.path, "larger than --max-filesize");
    return base::OkStatus();
  }
  task.fd = std::move(fd).value();
  task.stat = *stat;
  task.name = entry.path;
  task.owner = OwnerName(stat->owner);
  task.opened_ns = os::RealtimeNs();
  if (place) {
    DAY_TRY(AddVolumes(entry, *place, &task));
  }
  return pool_.Submit(std::move(task));
}

base::Status FileScan::ScanStdin() {
  ++summary_.files;
  ScanTask task;
  DAY_TRY_ASSIGN(task.fd, os::CreateMemfd("daylight-stdin", std::uint64_t{0}));
  const auto size = AppendToMemory(STDIN_FILENO, task.fd, options_.file_bytes_max);
  if (!size.ok()) {
    summary_.files_failed += size.error().kind == base::ErrorKind::kLimit ? 0u : 1u;
    NotScanned(kStdinName, size.error().message);
    return base::OkStatus();
  }
  DAY_TRY_ASSIGN(task.stat, os::StatFd(task.fd.get()));
  task.opened_ns = 0;  // a memory file is never remembered: everything is younger than this
  task.name = kStdinName;
  return pool_.Submit(std::move(task));
}

void FileScan::NotScanned(std::string_view path, std::string reason) {
  ++summary_.files_not_scanned;
  workerproto::FileReport report;
  report.completeness = workerproto::Completeness::kNotScanned;
  report.gaps.push_back({"", std::move(reason)});
  AlertOnLimit(&report);
  summary_.files_found += report.findings.empty() ? 0u : 1u;
  summary_.findings += report.findings.size();
  observer_->OnFile(path, report, Origin::kScanned);
}

void FileScan::Unreadable(std::string_view path, const base::Error& error, bool is_folder) {
  if (is_folder) {
    ++summary_.folders_not_read;
  } else {
    ++summary_.files_not_scanned;
    ++summary_.files_failed;
  }
  observer_->OnUnreadable(path, error);
}

const std::string& FileScan::OwnerName(std::uint32_t uid) {
  const auto known = owner_names_.find(uid);
  if (known != owner_names_.end()) {
    return known->second;
  }
  return owner_names_.emplace(uid, LookUpUser(uid)).first->second;
}

void FileScan::MaybeProgress(std::string_view path) {
  const std::int64_t now_ns = os::MonotonicNs();
  if (now_ns - progress_ns_ < kProgressIntervalNs) {
    return;
  }
  progress_ns_ = now_ns;
  summary_.elapsed_ns = now_ns - started_ns_;
  summary_.pool = pool_.stats();
  observer_->OnProgress(summary_, path);
}

// A file that no worker could report on may have been too large or too slow for the limits: said in
// the words of libs/engine/heuristics.h, as for objects inside a file.
void FileScan::AlertOnLimit(workerproto::FileReport* report) const {
  if (!options_.pool.settings.alerts.exceeded_limits || report->gaps.empty() ||
      report->completeness != workerproto::Completeness::kNotScanned) {
    return;
  }
  const std::string_view reason = report->gaps.front().reason;
  const bool is_late = reason.starts_with(workerproto::kTimeoutReason);
  if (!is_late && !reason.starts_with("larger than ")) {
    return;
  }
  workerproto::Finding finding;
  finding.source = workerproto::Finding::Source::kHeuristic;
  finding.name =
      is_late ? "Heuristics.Limits.Exceeded.MaxScanTime" : "Heuristics.Limits.Exceeded.MaxFileSize";
  finding.rule = finding.name;
  finding.provenance = "heuristic";
  finding.severity = workerproto::Severity::kMedium;
  report->verdict = workerproto::Verdict::kFound;
  report->findings.push_back(std::move(finding));
}

void FileScan::CountReport(const workerproto::FileReport& report) {
  summary_.findings += report.findings.size();
  summary_.files_found += report.verdict == workerproto::Verdict::kFound ? 1u : 0u;
  switch (report.completeness) {
    case workerproto::Completeness::kComplete:
      break;
    case workerproto::Completeness::kPartial:
      ++summary_.files_partial;
      summary_.files_failed += RanOutOfTime(report) ? 1u : 0u;
      break;
    case workerproto::Completeness::kNotScanned:
      ++summary_.files_not_scanned;
      ++summary_.files_failed;
      break;
  }
}

void FileScan::Remember(const ScanTask& task, const workerproto::FileReport& report) {
  const bool is_volume =
      !task.volume_bytes.empty() || task.is_left_to_another || !task.volumes_gap.empty();
  if (memory_ == nullptr || is_volume || RanOutOfTime(report) ||
      report.completeness == workerproto::Completeness::kNotScanned) {
    return;
  }
  if (report.verdict == workerproto::Verdict::kNothingFound &&
      report.completeness == workerproto::Completeness::kComplete) {
    memory_->clean.Add(task.name, task.stat, task.opened_ns);
  } else {
    memory_->reports.Add(task.name, task.stat, task.opened_ns, report);
  }
}

void FileScan::OnResult(const ScanTask& task, TaskResult result) {
  auto* report = std::get_if<workerproto::FileReport>(&result);
  if (report == nullptr) {
    return;  // yara mode is not run through this class
  }
  AlertOnLimit(report);
  if (!task.volumes_gap.empty()) {
    report->gaps.push_back({"", task.volumes_gap});
    report->completeness = std::max(report->completeness, workerproto::Completeness::kPartial);
    ++summary_.files_failed;
  }
  joined_bytes_ -=
      std::accumulate(task.volume_bytes.begin(), task.volume_bytes.end(), std::uint64_t{0});
  summary_.bytes += report->bytes_scanned;
  summary_.objects += report->objects_scanned;
  CountReport(*report);
  Remember(task, *report);
  observer_->OnFile(task.name, *report,
                    task.is_left_to_another ? Origin::kVolume : Origin::kScanned);
  MaybeProgress(task.name);
}

}  // namespace day::endpoint::scan
