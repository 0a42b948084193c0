// Scans one file, a folder or a list of paths and prints what yara 4.5.8 prints.
//
// Files go to the pool in the order in which yara meets them; with one worker results come in that
// order. Not thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "endpoint/cli/yara_options.h"
#include "endpoint/cli/yara_output.h"
#include "endpoint/cli/yara_walk.h"
#include "endpoint/scan/pool.h"
#include "libs/base/result.h"

namespace day::endpoint::cli {

inline constexpr std::size_t kOutputBlockBytes = 256u << 10;
inline constexpr std::size_t kListLineBytesMax = 1u << 20;

class YaraScan : private scan::ResultHandler {
 public:
  enum class Target : std::uint8_t { kFile, kFolder, kList };

  // REQUIRES: all of them outlive the scan.
  YaraScan(const YaraOptions& options, Target target, scan::PoolOptions pool,
           const scan::DatabaseFiles* database);
  ~YaraScan() override;

  // The exit code. Everything is printed.
  int Run(const std::string& path);

  // The rules' names; REQUIRES: before Run(). Errors: as WorkerPool.
  base::Status WaitUntilReady() { return pool_.WaitUntilReady(); }

 private:
  base::Status ScanOne(const std::string& path);
  base::Status ScanFolder(const std::string& path);
  base::Status ScanList(const std::string& path);
  base::Status ScanLine(std::string line);
  base::Status Submit(std::string path, os::Fd fd, os::FileStat stat);
  base::Status CannotOpen(const std::string& path);
  bool IsOver() const;
  bool IsRefused(int fd, std::uint64_t device);
  void OnResult(const scan::ScanTask& task, scan::TaskResult result) override;
  void ReportFailure(const std::string& path, const workerproto::YaraReport& report);
  void PrintCount(std::string_view path, std::int64_t count);
  void Write(std::size_t at_least);

  const YaraOptions& options_;
  Target target_;
  std::int64_t deadline_ns_ = 0;
  bool write_each_ = false;  // a person is watching
  bool failed_ = false;
  YaraTotals totals_;
  std::string out_;
  std::string errors_;
  std::uint64_t known_device_ = ~std::uint64_t{0};
  bool known_device_refused_ = false;
  scan::WorkerPool pool_;  // last: its results use the others
};

}  // namespace day::endpoint::cli
