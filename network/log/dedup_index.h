// Which entries a log already has: leaf hash to index, exact, on disk.
//
// A SQLite table in its own file. Only a help: everything in it can be made again from the log's
// tiles, and the number of leaves it covers is written in the same transaction as the leaves. After
// a crash it may cover fewer leaves than the log has, never wrong ones; LogStore catches up. A file
// that is damaged is discarded. Keys are 64 bits of the leaf hash, because small rows keep the
// table small and fast; a hit is compared with the leaf hash in the tile, and the next key is tried
// if that differs, so that nobody gains from searching for collisions. Not thread-safe; several
// processes take turns under LogStore's lock.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "libs/base/result.h"
#include "libs/tlog/merkle.h"

struct sqlite3;
struct sqlite3_stmt;

namespace day::network::log {

class DedupIndex {
 public:
  // The leaf hash at an index, from the log itself.
  using LeafReader = std::function<base::Result<tlog::Hash>(std::uint64_t index)>;

  // Opens or makes the file. Errors: kIo.
  static base::Result<std::unique_ptr<DedupIndex>> Open(const std::string& path, LeafReader leaf);
  ~DedupIndex();
  DedupIndex(const DedupIndex&) = delete;
  DedupIndex& operator=(const DedupIndex&) = delete;

  // Leaves [0, n) are in it. Errors: kIo.
  base::Result<std::uint64_t> Covered();
  // Forgets everything. Errors: kIo.
  base::Status Clear();

  base::Status Begin();
  // The index of a leaf, or nothing. Errors: kIo, the reader's.
  base::Result<std::optional<std::uint64_t>> Find(const tlog::Hash& leaf);
  // REQUIRES: not there. Between Begin() and Commit().
  base::Status Insert(const tlog::Hash& leaf, std::uint64_t index);
  base::Status Commit(std::uint64_t covered);
  void Rollback();

 private:
  struct CloseStatement {
    void operator()(sqlite3_stmt* statement) const;
  };
  using Statement = std::unique_ptr<sqlite3_stmt, CloseStatement>;

  explicit DedupIndex(LeafReader leaf) : leaf_(std::move(leaf)) {}
  base::Status OpenFile(const std::string& path);
  base::Status Execute(const char* sql);
  base::Result<Statement> Prepare(const char* sql);
  base::Error SqlError(const char* doing) const;
  // The row of a key: its index, or nothing.
  base::Result<std::optional<std::uint64_t>> Row(std::int64_t key);

  LeafReader leaf_;
  sqlite3* database_ = nullptr;
  Statement select_;
  Statement insert_;
  Statement covered_;
  Statement set_covered_;
};

}  // namespace day::network::log
