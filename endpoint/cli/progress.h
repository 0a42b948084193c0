// The progress line on a terminal: how far, how fast, how long still. From the first line on a
// thread counts the files ahead of the scan; until it is done the line shows no percentage. The
// line is on standard error and is wiped before anything else is printed.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include "endpoint/scan/file_scan.h"

namespace day::endpoint::cli {

class Progress {
 public:
  enum class Mode : std::uint8_t { kOff, kOn };

  // Counts as the scan will walk.
  Progress(Mode mode, std::vector<std::string> paths, os::WalkOptions walk, scan::GlobSet excludes);
  ~Progress();

  void Update(const scan::ScanSummary& summary, std::string_view path);
  void Wipe();

 private:
  void Count(const std::stop_token& stop);

  Mode mode_;
  std::vector<std::string> paths_;
  os::WalkOptions walk_;
  scan::GlobSet excludes_;
  std::atomic<std::uint64_t> files_total_{0};
  std::atomic<bool> counted_{false};
  bool shown_ = false;
  std::jthread counter_;  // last: it uses the others
};

}  // namespace day::endpoint::cli
