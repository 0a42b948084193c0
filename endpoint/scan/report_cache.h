// The memory of reports: what was found in files, or why they could not be looked at wholly.
//
// The clean cache says "nothing found" in 16 bytes; this one keeps the whole report of the other
// files, so that an unchanged file with findings is told again, word for word, without being read.
// Known by the same codes (file_code.h), each report sealed together with its code: a damaged or
// foreign report is not known. The caller decides which reports are worth keeping: never one that
// another run might not reach again (time ran out, a worker died).
//
// On disk: docs/formats/report-cache.md, the latest used first; what does not fit within
// kReportCacheBytesMax is forgotten. Writers replace the file atomically under a lock and keep what
// others wrote meanwhile. Not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "endpoint/scan/file_code.h"
#include "libs/base/result.h"
#include "libs/os/memory.h"
#include "libs/workerproto/report.h"

namespace day::endpoint::scan {

inline constexpr std::size_t kReportCacheBytesMax = 64u << 20;
inline constexpr std::size_t kReportBytesMax = 256u << 10;  // larger ones are not kept

class ReportCache {
 public:
  // Reads `path`; a missing, damaged or foreign file is an empty cache.
  ReportCache(std::string path, const UserKey& key, const crypto::Sha256Digest& generation);

  // The report on this state of the file, with id 0.
  std::optional<workerproto::FileReport> Find(std::string_view path, const os::FileStat& stat);
  // Remembers it, unless the file had not settled when it was opened (time of day).
  void Add(std::string_view path, const os::FileStat& stat, std::int64_t opened_ns,
           const workerproto::FileReport& report);

  std::size_t added_count() const { return added_.size(); }
  std::size_t loaded_count() const { return loaded_.count; }

  // Writes the cache if anything was added. Errors: kTimeout (another process holds the lock), as
  // os::ErrnoError. Failing costs time in the next scan, nothing else.
  base::Status Save();

 private:
  // A file as it was read: slots that say where the records lie, and the records.
  struct Table {
    os::Mapping file;
    base::Bytes slots;    // a power of two of them
    base::Bytes records;  // code, report, seal; the latest used first
    std::size_t count = 0;
  };

  static Table ReadTable(const std::string& path);
  // The slot that holds `code`, or npos.
  static std::size_t FindSlot(base::Bytes slots, const FileCode& code);
  static base::Bytes RecordOf(const Table& table, std::size_t slot);
  // A file of these records, as many as have room.
  static std::string MakeFile(const std::vector<base::Bytes>& records);

  std::string path_;
  FileCoder coder_;
  Table loaded_;
  std::vector<bool> used_;  // slots of loaded_ that were asked for and found
  std::vector<std::string> added_;
  std::size_t added_bytes_ = 0;
};

}  // namespace day::endpoint::scan
