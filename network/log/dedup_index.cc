#include "network/log/dedup_index.h"

#include <sqlite3.h>
#include <unistd.h>

#include <utility>

namespace day::network::log {
namespace {

// Write-ahead log with fsync at checkpoints only: a crash of the machine may lose the last
// transactions but never leaves half of one.
constexpr const char* kSetup =
    "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-8192;"
    "PRAGMA wal_autocheckpoint=4000; PRAGMA journal_size_limit=33554432;"
    "CREATE TABLE IF NOT EXISTS leaf(key INTEGER PRIMARY KEY, leaf_index INTEGER NOT NULL);"
    "CREATE TABLE IF NOT EXISTS covered(id INTEGER PRIMARY KEY CHECK(id = 0), size INTEGER NOT "
    "NULL);"
    "INSERT OR IGNORE INTO covered VALUES(0, 0);";
constexpr int kBusyTimeoutMs = 10'000;

std::int64_t KeyOf(const tlog::Hash& leaf) { return *base::ReadAt<std::int64_t>(leaf, 0); }

std::int64_t NextKey(std::int64_t key) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(key) + 1);
}

}  // namespace

void DedupIndex::CloseStatement::operator()(sqlite3_stmt* statement) const {
  ::sqlite3_finalize(statement);
}

base::Error DedupIndex::SqlError(const char* doing) const {
  return base::MakeError(base::ErrorKind::kIo,
                         std::string("index of entries: ") + doing + ": " +
                             (database_ != nullptr ? ::sqlite3_errmsg(database_) : "no memory"));
}

base::Result<std::unique_ptr<DedupIndex>> DedupIndex::Open(const std::string& path,
                                                           LeafReader leaf) {
  std::unique_ptr<DedupIndex> index(new DedupIndex(std::move(leaf)));
  const base::Status status = index->OpenFile(path);
  if (status.ok()) {
    return index;
  }
  // A damaged file is worth nothing: the log itself has everything.
  LeafReader reader = std::move(index->leaf_);
  index.reset();
  for (const char* suffix : {"", "-wal", "-shm"}) {
    ::unlink((path + suffix).c_str());
  }
  index.reset(new DedupIndex(std::move(reader)));
  DAY_TRY(index->OpenFile(path));
  return index;
}

DedupIndex::~DedupIndex() {
  select_.reset();
  insert_.reset();
  covered_.reset();
  set_covered_.reset();
  ::sqlite3_close(database_);
}

base::Status DedupIndex::OpenFile(const std::string& path) {
  if (::sqlite3_open_v2(path.c_str(), &database_,
                        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
                        nullptr) != SQLITE_OK) {
    return SqlError("open");
  }
  ::sqlite3_busy_timeout(database_, kBusyTimeoutMs);
  DAY_TRY(Execute(kSetup));
  DAY_TRY_ASSIGN(select_, Prepare("SELECT leaf_index FROM leaf WHERE key = ?1"));
  DAY_TRY_ASSIGN(insert_, Prepare("INSERT INTO leaf VALUES(?1, ?2)"));
  DAY_TRY_ASSIGN(covered_, Prepare("SELECT size FROM covered"));
  DAY_TRY_ASSIGN(set_covered_, Prepare("UPDATE covered SET size = ?1"));
  return base::OkStatus();
}

base::Status DedupIndex::Execute(const char* sql) {
  return ::sqlite3_exec(database_, sql, nullptr, nullptr, nullptr) == SQLITE_OK
             ? base::OkStatus()
             : base::Status(SqlError(sql));
}

base::Result<DedupIndex::Statement> DedupIndex::Prepare(const char* sql) {
  sqlite3_stmt* statement = nullptr;
  if (::sqlite3_prepare_v3(database_, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr) !=
      SQLITE_OK) {
    return SqlError(sql);
  }
  return Statement(statement);
}

base::Result<std::uint64_t> DedupIndex::Covered() {
  const int code = ::sqlite3_step(covered_.get());
  const std::int64_t size = code == SQLITE_ROW ? ::sqlite3_column_int64(covered_.get(), 0) : -1;
  ::sqlite3_reset(covered_.get());
  if (size < 0) {
    return SqlError("read");
  }
  return static_cast<std::uint64_t>(size);
}

base::Status DedupIndex::Clear() {
  return Execute("BEGIN IMMEDIATE; DELETE FROM leaf; UPDATE covered SET size = 0; COMMIT");
}

base::Status DedupIndex::Begin() { return Execute("BEGIN IMMEDIATE"); }

base::Result<std::optional<std::uint64_t>> DedupIndex::Row(std::int64_t key) {
  ::sqlite3_bind_int64(select_.get(), 1, key);
  const int code = ::sqlite3_step(select_.get());
  std::optional<std::uint64_t> index;
  if (code == SQLITE_ROW) {
    index = static_cast<std::uint64_t>(::sqlite3_column_int64(select_.get(), 0));
  }
  ::sqlite3_reset(select_.get());
  if (code != SQLITE_ROW && code != SQLITE_DONE) {
    return SqlError("look up");
  }
  return index;
}

base::Result<std::optional<std::uint64_t>> DedupIndex::Find(const tlog::Hash& leaf) {
  for (std::int64_t key = KeyOf(leaf);; key = NextKey(key)) {
    DAY_TRY_ASSIGN(const std::optional<std::uint64_t> index, Row(key));
    if (!index) {
      return index;
    }
    DAY_TRY_ASSIGN(const tlog::Hash there, leaf_(*index));
    if (there == leaf) {
      return index;
    }
  }
}

base::Status DedupIndex::Insert(const tlog::Hash& leaf, std::uint64_t index) {
  std::int64_t key = KeyOf(leaf);
  for (;; key = NextKey(key)) {
    ::sqlite3_bind_int64(insert_.get(), 1, key);
    ::sqlite3_bind_int64(insert_.get(), 2, static_cast<std::int64_t>(index));
    const int code = ::sqlite3_step(insert_.get());
    ::sqlite3_reset(insert_.get());
    if (code == SQLITE_DONE) {
      return base::OkStatus();
    }
    if (code != SQLITE_CONSTRAINT) {
      return SqlError("insert");
    }
  }
}

base::Status DedupIndex::Commit(std::uint64_t covered) {
  ::sqlite3_bind_int64(set_covered_.get(), 1, static_cast<std::int64_t>(covered));
  const int code = ::sqlite3_step(set_covered_.get());
  ::sqlite3_reset(set_covered_.get());
  if (code != SQLITE_DONE) {
    return SqlError("write");
  }
  return Execute("COMMIT");
}

void DedupIndex::Rollback() {
  if (::sqlite3_get_autocommit(database_) == 0) {
    (void)Execute("ROLLBACK");
  }
}

}  // namespace day::network::log
