// The pool of workers: files in, reports out, whatever happens to a worker.
//
//   auto pool = WorkerPool::Create(options, &handler);
//   for each file: pool->Submit(std::move(task));   // hands out results on the way
//   pool->Drain();                                  // the rest
//
// Files travel in batches (descriptors and names, kItemsPerBatchMax at a time), so small files cost
// little; a worker has at most kBatchesPerWorker batches. Workers start when there is work for
// them. A worker that dies, or is at one file for longer than the time-out, is replaced: its file
// is reported as not scanned, with the reason; the other files of its batches are scanned again, at
// most kAttemptsMax times. Every submitted task gets exactly one result.
//
// Not thread-safe: everything, the handler included, happens in the caller's thread.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "endpoint/scan/worker_process.h"
#include "libs/base/result.h"
#include "libs/os/fd.h"
#include "libs/os/file.h"
#include "libs/workerproto/messages.h"

namespace day::endpoint::scan {

inline constexpr std::size_t kItemsPerBatchMax = workerproto::kBatchItemsMax;
inline constexpr std::uint64_t kBytesPerBatchMax = 1u << 20;
inline constexpr std::size_t kBatchesPerWorker = 2;
// A file that was only near when workers died is tried again this often: who is at fault is known
// from the progress page, so this bounds nothing but a worker that dies between files again and
// again.
inline constexpr std::uint32_t kAttemptsMax = 10;
inline constexpr std::size_t kStartFailuresMax = 10;      // in a row
inline constexpr std::uint64_t kOrderedWindowMax = 8192;  // results that wait for an earlier one
// Beyond its own time-out a worker gets this long to say so itself.
inline constexpr std::int64_t kTimeoutGraceNs = 2'000'000'000;

// One file to scan.
struct ScanTask {
  std::uint64_t id = 0;  // set by the pool: its position in the order of submission
  os::Fd fd;
  os::FileStat stat;           // of fd, when it was opened
  std::string name;            // as rules and people see it
  std::string owner;           // name of the file's owner, or empty
  std::int64_t opened_ns = 0;  // time of day
  // As of workerproto::ScanItem: then `fd` has all volumes.
  std::vector<std::uint64_t> volume_bytes;
  std::uint32_t volume = 0;
  bool is_left_to_another = false;
  std::string volumes_gap;  // why it goes without its other volumes
  std::uint32_t attempts = 0;
};

using TaskResult = std::variant<workerproto::FileReport, workerproto::YaraReport>;

class ResultHandler {
 public:
  virtual ~ResultHandler() = default;
  // The variant is the one of ScanSettings::mode. The task's descriptor is closed afterwards.
  virtual void OnResult(const ScanTask& task, TaskResult result) = 0;
};

// A compiled database as workers get it. Values; descriptors are shared by duplication.
struct DatabaseFiles {
  os::Fd rules;  // read-only; never changes
  std::uint64_t rules_bytes = 0;
  os::Fd signatures;
  std::uint64_t signatures_bytes = 0;
  std::vector<std::pair<std::string, os::Fd>> module_data;  // yara -x
  std::vector<std::uint64_t> module_data_bytes;
};

enum class ResultOrder : std::uint8_t { kAsTheyCome, kAsSubmitted };

struct PoolOptions {
  WorkerOptions worker;
  std::uint32_t workers = 1;
  ResultOrder order = ResultOrder::kAsTheyCome;
  workerproto::ScanSettings settings;
  std::vector<workerproto::External> externals;
  std::vector<std::string> dump_modules;
  bool want_rule_table = false;
  bool want_metas = false;  // in the rule table
};

// What happened to the pool, for summaries and tests.
struct PoolStats {
  std::uint64_t workers_started = 0;
  std::uint64_t workers_lost = 0;
  std::uint64_t worker_cpu_ns = 0;
};

class WorkerPool {
 public:
  // REQUIRES: the handler and the database outlive the pool.
  WorkerPool(PoolOptions options, const DatabaseFiles* database, ResultHandler* handler);
  ~WorkerPool();

  // Queues one file; handles results while workers are busy. Errors: the pool cannot go on (kIo and
  // others: workers do not start; kInvalidUse: they refuse the database; kTruncated: they end when
  // they get it; kCancelled: stop requested): nothing more may be submitted.
  base::Status Submit(ScanTask task);
  // Sends what is queued without waiting for a full batch, and handles what has arrived.
  base::Status Poke();
  // Waits until every task has its result. Errors: as Submit(), kCancelled (stop requested).
  base::Status Drain();

  // The rules' names, tags and so on. Workers tell it before the first result that speaks of a
  // rule; until then it is empty. REQUIRES: want_rule_table.
  const workerproto::RuleTable& rule_table() const { return rule_table_; }
  // Starts a worker and waits until it has the database. Errors: as Submit().
  base::Status WaitUntilReady();

  const PoolStats& stats() const { return stats_; }
  // Process ids of the running workers: for tests.
  std::vector<pid_t> worker_pids() const;

 private:
  struct Batch {
    std::uint32_t number = 0;
    std::vector<ScanTask> tasks;
    std::vector<bool> done;
    std::size_t done_count = 0;
    std::uint64_t bytes = 0;
  };
  struct Worker {
    std::unique_ptr<WorkerProcess> process;
    std::deque<Batch> batches;
    bool database_ready = false;
    std::int64_t active_ns = 0;  // when it last showed a sign of life
    std::uint64_t seen_mark = 0;
    std::int64_t result_ns = 0;       // when it last sent anything, or got its first batch
    workerproto::YaraReport partial;  // parts of a file's report
    bool has_partial = false;
    workerproto::RuleTable table;  // parts of the rule table
  };

  base::Status StartWorker();
  base::Status SendDatabase(WorkerProcess* process);
  Worker* WorkerWithRoom();
  base::Status Dispatch(Batch batch);
  base::Status SendBatch(Worker* worker, Batch batch);
  void CloseOpenBatch();

  base::Status Pump(int timeout_ms);
  base::Status HandleInput(Worker* worker);
  base::Status HandleFrame(Worker* worker, const workerproto::Frame& frame);
  base::Status HandleRuleTable(Worker* worker, base::Bytes payload);
  // Whether the rule table has every rule and string that the report speaks of.
  bool KnowsRulesOf(const workerproto::YaraReport& report) const;
  base::Status HandleResults(Worker* worker, base::Bytes payload);
  base::Status HandleYaraResults(Worker* worker, base::Bytes payload);
  base::Status FinishTask(Batch* batch, std::uint64_t id, TaskResult result);
  void DropFinishedBatches(Worker* worker);
  base::Status CheckTimeouts();
  base::Status LoseWorker(Worker* worker, std::string reason);
  void Requeue(ScanTask task);
  void Deliver(ScanTask task, TaskResult result);
  TaskResult NotScanned(std::uint64_t id, std::string reason) const;

  PoolOptions options_;
  const DatabaseFiles* database_;
  ResultHandler* handler_;
  std::size_t batch_items_max_;
  std::vector<std::unique_ptr<Worker>> workers_;
  Batch open_batch_;
  std::deque<Batch> ready_batches_;
  std::uint32_t next_batch_ = 1;
  std::uint64_t next_id_ = 0;
  std::uint64_t outstanding_ = 0;  // submitted, no result yet
  std::uint64_t next_delivery_ = 0;
  std::map<std::uint64_t, std::pair<ScanTask, TaskResult>> waiting_;  // kAsSubmitted
  std::size_t start_failures_ = 0;
  std::int64_t timeouts_checked_ns_ = 0;
  workerproto::RuleTable rule_table_;
  bool rule_table_complete_ = false;
  PoolStats stats_;
};

}  // namespace day::endpoint::scan
