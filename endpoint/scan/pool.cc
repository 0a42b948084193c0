#include "endpoint/scan/pool.h"

#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <numeric>
#include <utility>

#include "libs/os/system.h"

namespace day::endpoint::scan {
namespace {

using workerproto::MessageType;

constexpr int kPollMs = 50;
constexpr std::int64_t kTimeoutCheckNs = 50'000'000;
// Starting and reading the database is no file's fault, but must end as well.
constexpr std::int64_t kStartTimeoutNs = 120'000'000'000;
constexpr std::uint64_t kDescriptorsWanted = 8192;
constexpr std::uint64_t kDescriptorsForOthers = 64;

std::string Seconds(std::uint64_t milliseconds) {
  const std::uint64_t tenths = (milliseconds + 50) / 100;
  std::string text = std::to_string(tenths / 10);
  if (tenths % 10 != 0) {
    text += "." + std::to_string(tenths % 10);
  }
  return text + " s";
}

// Of what its descriptor has.
std::uint64_t SizeOf(const ScanTask& task) {
  return task.volume_bytes.empty() ? task.stat.size_bytes
                                   : std::accumulate(task.volume_bytes.begin(),
                                                     task.volume_bytes.end(), std::uint64_t{0});
}

}  // namespace

WorkerPool::WorkerPool(PoolOptions options, const DatabaseFiles* database, ResultHandler* handler)
    : options_(std::move(options)), database_(database), handler_(handler) {
  options_.workers = std::max<std::uint32_t>(1, options_.workers);
  // Every task in flight holds its descriptor until its result is there.
  const std::uint64_t limit = os::RaiseDescriptorLimit(kDescriptorsWanted);
  const std::uint64_t free =
      limit > 2 * kDescriptorsForOthers ? limit - kDescriptorsForOthers : kDescriptorsForOthers;
  const std::uint64_t batches = std::uint64_t{options_.workers} * kBatchesPerWorker + 2;
  batch_items_max_ =
      static_cast<std::size_t>(std::clamp<std::uint64_t>(free / batches, 1, kItemsPerBatchMax));
}

WorkerPool::~WorkerPool() = default;

std::vector<pid_t> WorkerPool::worker_pids() const {
  std::vector<pid_t> pids;
  for (const auto& worker : workers_) {
    pids.push_back(worker->process->pid());
  }
  return pids;
}

base::Status WorkerPool::SendDatabase(WorkerProcess* process) {
  workerproto::UseDatabase use;
  std::vector<int> fds;
  use.has_rules = database_->rules.valid();
  use.rules_bytes = database_->rules_bytes;
  if (use.has_rules) {
    fds.push_back(database_->rules.get());
  }
  use.has_signatures = database_->signatures.valid();
  use.signatures_bytes = database_->signatures_bytes;
  if (use.has_signatures) {
    fds.push_back(database_->signatures.get());
  }
  for (std::size_t i = 0; i < database_->module_data.size(); ++i) {
    use.module_data.emplace_back(database_->module_data[i].first, database_->module_data_bytes[i]);
    fds.push_back(database_->module_data[i].second.get());
  }
  use.externals = options_.externals;
  use.dump_modules = options_.dump_modules;
  use.want_rule_table = options_.want_rule_table && !rule_table_complete_;
  use.want_metas = options_.want_metas;
  use.settings = options_.settings;
  std::string frame;
  DAY_TRY(workerproto::Append(use, &frame));
  process->Queue(std::move(frame), std::move(fds));
  return base::OkStatus();
}

base::Status WorkerPool::StartWorker() {
  auto worker = std::make_unique<Worker>();
  DAY_TRY_ASSIGN(worker->process, WorkerProcess::Start(options_.worker));
  DAY_TRY(SendDatabase(worker->process.get()));
  worker->active_ns = os::MonotonicNs();
  ++stats_.workers_started;
  workers_.push_back(std::move(worker));
  return base::OkStatus();
}

base::Status WorkerPool::WaitUntilReady() {
  const auto is_ready = [](const auto& worker) { return worker->database_ready; };
  while (std::none_of(workers_.begin(), workers_.end(), is_ready)) {
    if (workers_.empty()) {
      DAY_TRY(StartWorker());
    }
    DAY_TRY(Pump(kPollMs));
    if (os::StopRequested()) {
      return base::MakeError(base::ErrorKind::kCancelled, "stopped");
    }
  }
  return base::OkStatus();
}

base::Status WorkerPool::Submit(ScanTask task) {
  task.id = next_id_++;
  ++outstanding_;
  open_batch_.bytes += SizeOf(task);
  open_batch_.tasks.push_back(std::move(task));
  if (open_batch_.tasks.size() >= batch_items_max_ || open_batch_.bytes >= kBytesPerBatchMax) {
    CloseOpenBatch();
    DAY_TRY(Pump(0));
  }
  // Room for the next one: wait while the workers have all they may have.
  while (!ready_batches_.empty() ||
         (options_.order == ResultOrder::kAsSubmitted && waiting_.size() >= kOrderedWindowMax)) {
    if (os::StopRequested()) {
      return base::MakeError(base::ErrorKind::kCancelled, "stopped");
    }
    DAY_TRY(Pump(kPollMs));
  }
  return base::OkStatus();
}

base::Status WorkerPool::Poke() {
  CloseOpenBatch();
  return Pump(0);
}

base::Status WorkerPool::Drain() {
  CloseOpenBatch();
  while (outstanding_ > 0) {
    if (os::StopRequested()) {
      return base::MakeError(base::ErrorKind::kCancelled, "stopped");
    }
    DAY_TRY(Pump(kPollMs));
  }
  return base::OkStatus();
}

void WorkerPool::CloseOpenBatch() {
  if (!open_batch_.tasks.empty()) {
    ready_batches_.push_back(std::exchange(open_batch_, {}));
  }
}

WorkerPool::Worker* WorkerPool::WorkerWithRoom() {
  Worker* best = nullptr;
  for (const auto& worker : workers_) {
    if (worker->batches.size() < kBatchesPerWorker &&
        (best == nullptr || worker->batches.size() < best->batches.size())) {
      best = worker.get();
    }
  }
  return best;
}

base::Status WorkerPool::SendBatch(Worker* worker, Batch batch) {
  batch.number = next_batch_++;
  batch.done.assign(batch.tasks.size(), false);
  workerproto::ScanBatch message;
  message.batch = batch.number;
  message.items.reserve(batch.tasks.size());
  std::vector<int> fds;
  fds.reserve(batch.tasks.size());
  for (const ScanTask& task : batch.tasks) {
    message.items.push_back({task.id, SizeOf(task), task.name, task.owner, task.volume_bytes,
                             task.volume, task.is_left_to_another});
    fds.push_back(task.fd.get());
  }
  std::string frame;
  DAY_TRY(workerproto::Append(message, &frame));
  worker->process->Queue(std::move(frame), std::move(fds));
  if (worker->batches.empty()) {
    worker->active_ns = os::MonotonicNs();
    worker->result_ns = worker->active_ns;
  }
  worker->batches.push_back(std::move(batch));
  return base::OkStatus();
}

base::Status WorkerPool::Dispatch(Batch batch) {
  Worker* worker = WorkerWithRoom();
  // A new worker only if all others have something to do.
  if ((worker == nullptr || !worker->batches.empty()) && workers_.size() < options_.workers) {
    DAY_TRY(StartWorker());
    worker = workers_.back().get();
  }
  return SendBatch(worker, std::move(batch));
}

base::Status WorkerPool::Pump(int timeout_ms) {
  while (!ready_batches_.empty() &&
         (WorkerWithRoom() != nullptr || workers_.size() < options_.workers)) {
    Batch batch = std::move(ready_batches_.front());
    ready_batches_.pop_front();
    DAY_TRY(Dispatch(std::move(batch)));
  }
  std::vector<struct pollfd> entries;
  entries.reserve(workers_.size());
  std::vector<Worker*> polled;
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    Worker* worker = workers_[i].get();
    const base::Status sent = worker->process->Flush();
    // A failing Flush means that it is gone; what it still sent is read below.
    const bool wants_write = sent.ok() && worker->process->has_output();
    entries.push_back(
        {worker->process->socket(), static_cast<short>(POLLIN | (wants_write ? POLLOUT : 0)), 0});
    polled.push_back(worker);
  }
  if (entries.empty()) {
    return base::OkStatus();
  }
  const int ready = ::poll(entries.data(), entries.size(), timeout_ms);
  if (ready < 0 && errno != EINTR) {
    return os::ErrnoError("poll", errno);
  }
  for (std::size_t i = 0; ready > 0 && i < entries.size(); ++i) {
    if ((entries[i].revents & (POLLIN | POLLHUP | POLLERR)) != 0) {
      DAY_TRY(HandleInput(polled[i]));
    }
  }
  return CheckTimeouts();
}

base::Status WorkerPool::HandleInput(Worker* worker) {
  const base::Result<std::size_t> count = worker->process->Receive();
  worker->active_ns = os::MonotonicNs();
  worker->result_ns = worker->active_ns;
  for (;;) {
    base::Result<std::optional<ReceivedFrame>> frame = worker->process->NextFrame();
    if (!frame.ok()) {
      return LoseWorker(worker, "the worker broke its protocol: " + frame.error().message);
    }
    if (!frame->has_value()) {
      break;
    }
    const base::Status handled = HandleFrame(worker, (*frame)->frame);
    if (!handled.ok()) {
      if (handled.error().kind == base::ErrorKind::kMalformed) {
        return LoseWorker(worker, "the worker broke its protocol: " + handled.error().message);
      }
      return handled;
    }
  }
  if (!count.ok()) {
    return LoseWorker(worker, {});
  }
  return base::OkStatus();
}

base::Status WorkerPool::HandleFrame(Worker* worker, const workerproto::Frame& frame) {
  switch (frame.type) {
    case MessageType::kReady:
      return base::OkStatus();
    case MessageType::kDatabaseReady: {
      DAY_TRY_ASSIGN(const workerproto::DatabaseReady ready,
                     workerproto::DecodeDatabaseReady(frame.payload));
      if (!ready.ok) {
        return base::MakeError(base::ErrorKind::kInvalidUse,
                               "the worker refused the database: " + ready.error);
      }
      worker->database_ready = true;
      start_failures_ = 0;
      return base::OkStatus();
    }
    case MessageType::kRuleTable:
      return HandleRuleTable(worker, frame.payload);
    case MessageType::kScanResults:
      return HandleResults(worker, frame.payload);
    case MessageType::kYaraResults:
      return HandleYaraResults(worker, frame.payload);
    default:
      return base::MakeError(base::ErrorKind::kMalformed, "unexpected message");
  }
}

base::Status WorkerPool::HandleRuleTable(Worker* worker, base::Bytes payload) {
  if (rule_table_complete_) {
    return base::OkStatus();  // another worker was faster
  }
  DAY_TRY_ASSIGN(workerproto::RuleTablePart part, workerproto::DecodeRuleTable(payload));
  workerproto::RuleTable& table = worker->table;
  std::move(part.table.rules.begin(), part.table.rules.end(), std::back_inserter(table.rules));
  std::move(part.table.strings.begin(), part.table.strings.end(),
            std::back_inserter(table.strings));
  if (part.last) {
    rule_table_ = std::exchange(table, {});
    rule_table_complete_ = true;
  }
  return base::OkStatus();
}

bool WorkerPool::KnowsRulesOf(const workerproto::YaraReport& report) const {
  const workerproto::RuleTable& table = rule_table_;
  return std::all_of(report.rules.begin(), report.rules.end(),
                     [&](const auto& rule) { return rule.rule < table.rules.size(); }) &&
         std::all_of(report.matches.begin(), report.matches.end(),
                     [&](const auto& match) { return match.string < table.strings.size(); }) &&
         std::all_of(report.too_many_matches.begin(), report.too_many_matches.end(),
                     [&](std::uint32_t string) { return string < table.strings.size(); });
}

base::Status WorkerPool::HandleResults(Worker* worker, base::Bytes payload) {
  DAY_TRY_ASSIGN(workerproto::ScanResults results, workerproto::DecodeScanResults(payload));
  if (worker->batches.empty() || worker->batches.front().number != results.batch) {
    return base::MakeError(base::ErrorKind::kMalformed, "results of another batch");
  }
  Batch* batch = &worker->batches.front();
  for (workerproto::FileReport& report : results.reports) {
    const std::uint64_t id = report.id;
    DAY_TRY(FinishTask(batch, id, std::move(report)));
  }
  DropFinishedBatches(worker);
  return base::OkStatus();
}

base::Status WorkerPool::HandleYaraResults(Worker* worker, base::Bytes payload) {
  DAY_TRY_ASSIGN(workerproto::YaraResults results, workerproto::DecodeYaraResults(payload));
  if (worker->batches.empty() || worker->batches.front().number != results.batch) {
    return base::MakeError(base::ErrorKind::kMalformed, "results of another batch");
  }
  if (options_.want_rule_table && !KnowsRulesOf(results.report)) {
    return base::MakeError(base::ErrorKind::kMalformed, "a finding of an unknown rule");
  }
  if (!worker->has_partial && results.last_of_file) {
    worker->partial = std::move(results.report);
  } else {
    if (worker->has_partial && worker->partial.id != results.report.id) {
      return base::MakeError(base::ErrorKind::kMalformed, "parts of two files mixed");
    }
    worker->partial.id = results.report.id;
    workerproto::AppendPart(results.report, &worker->partial);
    worker->has_partial = true;
  }
  if (results.last_of_file) {
    worker->has_partial = false;
    workerproto::YaraReport report = std::exchange(worker->partial, {});
    const std::uint64_t id = report.id;
    DAY_TRY(FinishTask(&worker->batches.front(), id, std::move(report)));
    DropFinishedBatches(worker);
  }
  return base::OkStatus();
}

base::Status WorkerPool::FinishTask(Batch* batch, std::uint64_t id, TaskResult result) {
  const std::size_t size = batch->tasks.size();
  for (std::size_t step = 0; step < size; ++step) {
    // Workers answer in order, so the first guess is nearly always right.
    const std::size_t i = (batch->done_count + step) % size;
    if (batch->tasks[i].id == id && !batch->done[i]) {
      batch->done[i] = true;
      ++batch->done_count;
      Deliver(std::move(batch->tasks[i]), std::move(result));
      return base::OkStatus();
    }
  }
  return base::MakeError(base::ErrorKind::kMalformed, "a result of a file that was not asked for");
}

void WorkerPool::DropFinishedBatches(Worker* worker) {
  while (!worker->batches.empty() &&
         worker->batches.front().done_count == worker->batches.front().tasks.size()) {
    worker->batches.pop_front();
  }
}

base::Status WorkerPool::CheckTimeouts() {
  const std::int64_t now_ns = os::MonotonicNs();
  if (now_ns - timeouts_checked_ns_ < kTimeoutCheckNs) {
    return base::OkStatus();
  }
  timeouts_checked_ns_ = now_ns;
  const std::int64_t limit_ns =
      options_.settings.timeout_ms == 0
          ? 0
          : static_cast<std::int64_t>(options_.settings.timeout_ms) * 1'000'000 + kTimeoutGraceNs;
  // LoseWorker changes the list.
  std::vector<Worker*> late;
  for (const auto& worker : workers_) {
    const std::uint64_t mark = worker->process->progress_mark();
    if (mark != worker->seen_mark) {
      worker->seen_mark = mark;
      worker->active_ns = now_ns;
    }
    if (!worker->database_ready) {
      if (now_ns - worker->active_ns > kStartTimeoutNs) {
        late.push_back(worker.get());
      }
    } else if (limit_ns != 0 && !worker->batches.empty()) {
      // A worker may claim to make progress for as long as its files together may take, no longer.
      const auto files = static_cast<std::int64_t>(worker->batches.front().tasks.size());
      const bool stuck = now_ns - worker->active_ns > limit_ns;
      const bool endless = (now_ns - worker->result_ns) / limit_ns > files;
      if (stuck || endless) {
        late.push_back(worker.get());
      }
    }
  }
  for (Worker* worker : late) {
    DAY_TRY(LoseWorker(worker, "timeout " + Seconds(options_.settings.timeout_ms)));
  }
  return base::OkStatus();
}

base::Status WorkerPool::LoseWorker(Worker* lost, std::string reason) {
  const auto position = std::find_if(workers_.begin(), workers_.end(),
                                     [&](const auto& worker) { return worker.get() == lost; });
  const std::unique_ptr<Worker> worker = std::move(*position);
  workers_.erase(position);
  ++stats_.workers_lost;
  const std::uint64_t mark = worker->process->progress_mark();
  const os::ExitStatus status = worker->process->End();
  stats_.worker_cpu_ns += status.cpu_ns;
  if (reason.empty()) {
    reason = DescribeEnd(status);
  }
  if (!worker->database_ready) {
    if (++start_failures_ >= kStartFailuresMax) {
      return worker->process->is_ready()
                 ? base::MakeError(base::ErrorKind::kTruncated,
                                   "workers end when they get the database: " + reason)
                 : base::MakeError(
                       base::ErrorKind::kIo,
                       "workers do not start: " + reason + "; try --verbose to see what they say");
    }
  }
  for (Batch& batch : worker->batches) {
    for (std::size_t i = 0; i < batch.tasks.size(); ++i) {
      if (batch.done[i]) {
        continue;
      }
      ScanTask& task = batch.tasks[i];
      const bool guilty =
          mark == workerproto::ProgressMark(batch.number, static_cast<std::uint32_t>(i));
      if (guilty || ++task.attempts >= kAttemptsMax) {
        TaskResult result = NotScanned(task.id, reason);
        Deliver(std::move(task), std::move(result));
      } else {
        Requeue(std::move(task));
      }
    }
  }
  return base::OkStatus();
}

void WorkerPool::Requeue(ScanTask task) {
  // A task that was there before goes alone: if it is the one that kills, it takes nobody with it.
  const bool alone = task.attempts > 1;
  if (alone || ready_batches_.empty() || ready_batches_.back().tasks.size() >= batch_items_max_ ||
      ready_batches_.back().tasks.back().attempts != task.attempts) {
    ready_batches_.emplace_back();
  }
  ready_batches_.back().bytes += SizeOf(task);
  ready_batches_.back().tasks.push_back(std::move(task));
}

TaskResult WorkerPool::NotScanned(std::uint64_t id, std::string reason) const {
  if (options_.settings.mode == workerproto::ScanMode::kYara) {
    workerproto::YaraReport report;
    report.id = id;
    report.status = reason.starts_with("timeout") ? workerproto::YaraStatus::kTimedOut
                                                  : workerproto::YaraStatus::kNotScanned;
    report.error = std::move(reason);
    return report;
  }
  workerproto::FileReport report;
  report.id = id;
  report.completeness = workerproto::Completeness::kNotScanned;
  report.gaps.push_back({"", std::move(reason)});
  return report;
}

void WorkerPool::Deliver(ScanTask task, TaskResult result) {
  --outstanding_;
  if (options_.order == ResultOrder::kAsTheyCome) {
    handler_->OnResult(task, std::move(result));
    return;
  }
  const std::uint64_t id = task.id;
  if (id == next_delivery_ && waiting_.empty()) {
    ++next_delivery_;
    handler_->OnResult(task, std::move(result));
    return;
  }
  task.fd.Close();
  waiting_.emplace(id, std::pair(std::move(task), std::move(result)));
  while (!waiting_.empty() && waiting_.begin()->first == next_delivery_) {
    auto node = waiting_.extract(waiting_.begin());
    ++next_delivery_;
    handler_->OnResult(node.mapped().first, std::move(node.mapped().second));
  }
}

}  // namespace day::endpoint::scan
