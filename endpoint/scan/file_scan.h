// A whole scan of files and folders: walk, skip what is known to be clean, scan the rest, remember.
//
//   FileScan scan(options, &database_files, cache, &observer);
//   DAY_TRY_ASSIGN(const ScanSummary summary, scan.Run());
//
// Every file that was met is in the summary: scanned, known from the cache, or not completed with
// its reason told to the observer. Not thread-safe; everything happens in the caller's thread.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "endpoint/scan/clean_cache.h"
#include "endpoint/scan/glob.h"
#include "endpoint/scan/pool.h"
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
  std::uint64_t files = 0;         // all regular files met and wanted
  std::uint64_t files_cached = 0;  // known to be clean, not read
  std::uint64_t files_found = 0;   // with findings
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

class ScanObserver {
 public:
  virtual ~ScanObserver() = default;
  // One scanned file, in the order in which results arrive.
  virtual void OnFile(std::string_view path, const workerproto::FileReport& report) = 0;
  // A file that was not read because it is known to be clean.
  virtual void OnKnownClean(std::string_view path) = 0;
  // A file or folder that could not be opened or listed.
  virtual void OnUnreadable(std::string_view path, const base::Error& error) = 0;
  // Now and then, from the scanning loop.
  virtual void OnProgress(const ScanSummary& summary, std::string_view path) = 0;
};

class FileScan : private ResultHandler {
 public:
  // `cache` may be null. REQUIRES: all of them outlive the scan.
  FileScan(FileScanOptions options, const DatabaseFiles* database, CleanCache* cache,
           ScanObserver* observer);

  // Errors: the pool cannot go on. A stop request is no error: summary.stopped says so.
  base::Result<ScanSummary> Run();

 private:
  base::Status ScanTree(const std::string& path);
  base::Status ScanEntry(const os::WalkEntry& entry);
  base::Status ScanStdin();
  void NotScanned(std::string_view path, std::string reason);
  void AlertOnLimit(workerproto::FileReport* report) const;
  void Unreadable(std::string_view path, const base::Error& error, bool is_folder);
  void MaybeProgress(std::string_view path);
  const std::string& OwnerName(std::uint32_t uid);
  void OnResult(const ScanTask& task, TaskResult result) override;

  FileScanOptions options_;
  CleanCache* cache_;
  ScanObserver* observer_;
  WorkerPool pool_;
  ScanSummary summary_;
  std::map<std::uint32_t, std::string> owner_names_;
  std::int64_t started_ns_ = 0;
  std::int64_t progress_ns_ = 0;
};

// Copies a stream into a memory file. Errors: kLimit (larger than size_max_bytes), as
// os::ErrnoError.
base::Result<os::Fd> SpoolToMemory(int fd, std::uint64_t size_max_bytes);

}  // namespace day::endpoint::scan
