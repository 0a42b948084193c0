// The memory of files that were scanned completely and in which nothing was found.
//
// A file is known by its code (file_code.h): the cache is a set of codes that nobody without the
// user's key can compute, so a damaged entry is merely unknown.
//
// Never remembered: files that are not settled (file_code.h), findings, partial results; for the
// latter two there is the report cache.
//
// On disk: docs/formats/clean-cache.md. Writers replace the file atomically under a lock and merge
// what others wrote meanwhile; a process killed at any time leaves the old file. Not thread-safe.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "endpoint/scan/file_code.h"
#include "endpoint/scan/user_key.h"
#include "libs/base/result.h"
#include "libs/crypto/hash.h"
#include "libs/os/file.h"
#include "libs/os/memory.h"

namespace day::endpoint::scan {

inline constexpr std::size_t kCleanEntriesMax = 4u << 20;  // 128 MiB of table

class CleanCache {
 public:
  // Reads `path`; a missing, damaged or foreign file is an empty cache.
  CleanCache(std::string path, const UserKey& key, const crypto::Sha256Digest& generation);

  // Whether this state of the file is known to be clean.
  bool Contains(std::string_view path, const os::FileStat& stat);
  // Remembers it, unless the file had not settled when it was opened (time of day).
  void Add(std::string_view path, const os::FileStat& stat, std::int64_t opened_ns);

  std::size_t added_count() const { return added_.size(); }
  std::size_t loaded_count() const { return loaded_.count; }

  // Writes the cache if anything was added. Errors: kTimeout (another process holds the lock), as
  // os::ErrnoError. Failing costs time in the next scan, nothing else.
  base::Status Save();

 private:
  using Entry = std::array<std::byte, 16>;  // 15 bytes of code, and an age from 1
  struct Table {
    os::Mapping file;             // what was read, or
    std::vector<std::byte> made;  // what is being made
    base::Bytes slots;            // 16 bytes each, a power of two of them; all zeros: free
    std::size_t count = 0;

    std::size_t slot_count() const { return slots.size() / sizeof(Entry); }
  };

  Entry EntryOf(std::string_view path, const os::FileStat& stat) const;
  static Table ReadTable(const std::string& path);
  static void Insert(Table* table, const Entry& entry);
  // The slot that holds `entry`, whatever its age, or npos.
  static std::size_t Find(const Table& table, const Entry& entry);
  Table Merge(const Table& current) const;

  std::string path_;
  FileCoder coder_;
  Table loaded_;
  std::vector<bool> used_;  // slots of loaded_ that were asked for and found
  std::vector<Entry> added_;
};

}  // namespace day::endpoint::scan
