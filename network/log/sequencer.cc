#include "network/log/sequencer.h"

#include <utility>

namespace day::network::log {

using base::ErrorKind;
using base::MakeError;

Sequencer::Sequencer(LogStore* log, const SequencerOptions& options,
                     std::function<void()> on_growth)
    : log_(log), options_(options), on_growth_(std::move(on_growth)), thread_([this] { Run(); }) {}

Sequencer::~Sequencer() { Stop(); }

base::Status Sequencer::Add(std::string entry, Callback callback) {
  if (entry.size() > tlog::kEntryBytesMax) {
    return MakeError(ErrorKind::kLimit, "an entry is larger than 65,535 bytes");
  }
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) {
      return MakeError(ErrorKind::kCancelled, "the log is shutting down");
    }
    if (queue_.size() >= options_.queue_entries_max ||
        queue_bytes_ + entry.size() > options_.queue_bytes_max) {
      ++counts_.pushed_back;
      return MakeError(ErrorKind::kLimit, "the queue is full; try again later");
    }
    queue_bytes_ += entry.size();
    queue_.push_back({std::move(entry), std::move(callback)});
  }
  wake_.notify_one();
  return base::OkStatus();
}

void Sequencer::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) {
    thread_.join();
  }
}

SequencerCounts Sequencer::counts() const {
  const std::lock_guard lock(mutex_);
  return counts_;
}

void Sequencer::Run() {
  for (;;) {
    std::vector<Waiting> batch;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
      if (queue_.empty()) {
        return;
      }
      batch.swap(queue_);
      queue_bytes_ = 0;
    }
    Answer(&batch);
  }
}

void Sequencer::Answer(std::vector<Waiting>* batch) {
  std::vector<base::Bytes> entries;
  entries.reserve(batch->size());
  for (const Waiting& waiting : *batch) {
    entries.push_back(base::AsBytes(waiting.entry));
  }
  const base::Result<std::vector<Added>> added = log_->Add(entries);
  std::uint64_t fresh = 0;
  if (added.ok()) {
    for (const Added& one : *added) {
      fresh += one.was_there ? 0 : 1;
    }
  }
  {
    const std::lock_guard lock(mutex_);
    ++counts_.batches;
    counts_.entries += fresh;
    counts_.duplicates += added.ok() ? added->size() - fresh : 0;
    counts_.failures += added.ok() ? 0 : batch->size();
  }
  for (std::size_t i = 0; i < batch->size(); ++i) {
    (*batch)[i].callback(added.ok() ? base::Result<Added>((*added)[i])
                                    : base::Result<Added>(added.error()));
  }
  if (fresh > 0) {
    on_growth_();
  }
}

}  // namespace day::network::log
