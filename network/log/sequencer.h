// Sequencer: many callers, one writer.
//
// Entries wait in a bounded queue; one thread takes all that wait, adds them to the LogStore in one
// go and then answers. The more callers there are, the larger the batches: nobody waits for a
// timer. An entry is answered for only after it is durable. Thread safety: all operations may be
// called from several threads; callbacks run on the sequencer's thread and must not block.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "libs/base/result.h"
#include "network/log/log_store.h"

namespace day::network::log {

struct SequencerOptions {
  std::size_t queue_entries_max = 4096;
  std::size_t queue_bytes_max = 16u << 20;
};

// What was done so far, for metrics.
struct SequencerCounts {
  std::uint64_t entries = 0;     // made durable
  std::uint64_t duplicates = 0;  // answered with an older index
  std::uint64_t batches = 0;
  std::uint64_t pushed_back = 0;  // refused because the queue was full
  std::uint64_t failures = 0;     // answered with an error
};

class Sequencer {
 public:
  using Callback = std::function<void(base::Result<Added>)>;

  // `on_growth` is called on the sequencer's thread after each batch that made the log larger.
  // REQUIRES: `log` outlives the sequencer and nobody else calls its Add().
  Sequencer(LogStore* log, const SequencerOptions& options, std::function<void()> on_growth);
  // As Stop().
  ~Sequencer();
  Sequencer(const Sequencer&) = delete;
  Sequencer& operator=(const Sequencer&) = delete;

  // Queues an entry; the callback is called once, later. Errors, without a callback: kLimit if the
  // queue is full (try again later) or the entry too large; kCancelled after Stop().
  base::Status Add(std::string entry, Callback callback);
  // Works off what is queued, then ends the thread. Idempotent.
  void Stop();

  SequencerCounts counts() const;

 private:
  struct Waiting {
    std::string entry;
    Callback callback;
  };
  void Run();
  void Answer(std::vector<Waiting>* batch);

  LogStore* const log_;
  const SequencerOptions options_;
  const std::function<void()> on_growth_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<Waiting> queue_;   // guarded by mutex_
  std::size_t queue_bytes_ = 0;  // guarded by mutex_
  bool stopping_ = false;        // guarded by mutex_
  SequencerCounts counts_;       // guarded by mutex_
  std::thread thread_;           // last: it uses all of the above
};

}  // namespace day::network::log
