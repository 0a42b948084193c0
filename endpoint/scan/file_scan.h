// A whole scan of files and folders: walk, tell what is known, scan the rest, remember.
//
//   FileScan scan(options, &database_files, memory, &observer);
//   DAY_TRY_ASSIGN(const ScanSummary summary, scan.Run());
//
// Every file that was met is in the summary: scanned, known from an earlier scan, or not completed
// with its reason told to the observer. Not thread-safe; everything happens in the caller's thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "endpoint/scan/clean_cache.h"
#include "endpoint/scan/glob.h"
#include "endpoint/scan/pool.h"
#include "endpoint/scan/report_cache.h"
#include "endpoint/scan/volume_sets.h"
#include "libs/base/result.h"
#include "libs/os/walk.h"

namespace day::endpoint::scan {

// What standard input is called in results.
inline constexpr std::string_view kStdinName = "stdin";

struct FileScanOptions {
  std::vector<std::string> paths;
  bool scan_stdin = false;
  os::WalkOptions walk;
  GlobSet excludes;
  std::uint64_t file_bytes_max = 1ull << 30;
  PoolOptions pool;  // mode kEngine
};

struct ScanSummary {
  std::uint64_t files = 0;              // all regular files met and wanted
  std::uint64_t files_known = 0;        // not read: their result is remembered
  std::uint64_t files_known_clean = 0;  // of these: nothing is in them
  std::uint64_t files_found = 0;        // with findings
  std::uint64_t findings = 0;
  std::uint64_t files_partial = 0;  // looked at, but not at everything
  std::uint64_t files_not_scanned = 0;
  // Of both: not for what the file is or for a limit of its size, but because something failed: it
  // could not be read, time or memory ran out, a worker died.
  std::uint64_t files_failed = 0;
  std::uint64_t folders_not_read = 0;
  std::uint64_t bytes = 0;    // read and scanned, unpacked content not counted
  std::uint64_t objects = 0;  // files and everything opened inside
  std::int64_t elapsed_ns = 0;
  bool stopped = false;  // by a signal
  PoolStats pool;
};

enum class Origin : std::uint8_t {
  kScanned,     // by this scan
  kRemembered,  // the file was not read: unchanged since a scan with the same database
  kVolume,      // by this scan; what is in the archive that it is a volume of is told of another
};

class ScanObserver {
 public:
  virtual ~ScanObserver() = default;
  // The result of one file, in the order in which results arrive.
  virtual void OnFile(std::string_view path, const workerproto::FileReport& report,
                      Origin origin) = 0;
  // A file or folder that could not be opened or listed.
  virtual void OnUnreadable(std::string_view path, const base::Error& error) = 0;
  // Now and then, from the scanning loop.
  virtual void OnProgress(const ScanSummary& summary, std::string_view path) = 0;
};

// What earlier scans leave to later ones.
struct ScanMemory {
  ScanMemory(const std::string& folder, const UserKey& key, const crypto::Sha256Digest& generation)
      : clean(folder + "/clean", key, generation), reports(folder + "/reports", key, generation) {}
  // Errors: as of the two.
  base::Status Save();

  CleanCache clean;
  ReportCache reports;
};

class FileScan : private ResultHandler {
 public:
  // `memory` may be null. REQUIRES: all of them outlive the scan.
  FileScan(FileScanOptions options, const DatabaseFiles* database, ScanMemory* memory,
           ScanObserver* observer);

  // Errors: the pool cannot go on. A stop request is no error: summary.stopped says so.
  base::Result<ScanSummary> Run();

 private:
  base::Status ScanTree(const std::string& path);
  base::Status ScanEntry(const os::WalkEntry& entry, bool in_folder);
  std::optional<VolumeSets::Place> FindSet(const os::WalkEntry& entry, bool in_folder);
  base::Status AddVolumes(const os::WalkEntry& entry, const VolumeSets::Place& place,
                          ScanTask* task);
  base::Status ScanStdin();
  // Tells the result of a file that did not change since a scan with the same database.
  bool TellKnown(const os::WalkEntry& entry);
  void CountReport(const workerproto::FileReport& report);
  void Remember(const ScanTask& task, const workerproto::FileReport& report);
  void NotScanned(std::string_view path, std::string reason);
  void AlertOnLimit(workerproto::FileReport* report) const;
  void Unreadable(std::string_view path, const base::Error& error, bool is_folder);
  void MaybeProgress(std::string_view path);
  const std::string& OwnerName(std::uint32_t uid);
  void OnResult(const ScanTask& task, TaskResult result) override;

  FileScanOptions options_;
  ScanMemory* memory_;
  ScanObserver* observer_;
  WorkerPool pool_;
  VolumeSets volume_sets_;
  std::uint64_t joined_bytes_ = 0;  // of volumes in memory, on their way
  ScanSummary summary_;
  std::map<std::uint32_t, std::string> owner_names_;
  std::int64_t started_ns_ = 0;
  std::int64_t progress_ns_ = 0;
};

}  // namespace day::endpoint::scan
