// Durable entries a second: many callers in flight, a share of them duplicates, as the log's HTTP
// server would drive it. The folder is made in the working folder, so that it is on a disk.
#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <stdlib.h>
#include <sys/resource.h>

#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <string>

#include "network/log/log_store.h"
#include "network/log/sequencer.h"

namespace {

namespace log = day::network::log;

constexpr int kDuplicateEvery = 10;
constexpr std::size_t kEntryBytes = 200;

double PeakMegabytes() {
  struct rusage usage = {};
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;
}

std::string EntryOf(std::int64_t number) {
  std::string entry = fmt::format("entry {}", number);
  entry.resize(kEntryBytes, '.');
  return entry;
}

// Adds range(0) entries, of which every tenth is one that is there already.
void DurableEntries(benchmark::State& state) {
  for (auto _ : state) {
    std::string folder = "daylight-log-bench.XXXXXX";
    if (::mkdtemp(folder.data()) == nullptr ||
        !log::LogStore::Create(folder, "bench.example/log").ok()) {
      state.SkipWithError("no folder");
      return;
    }
    {
      const auto store = log::LogStore::Open(folder, "bench.example/log").value();
      std::mutex mutex;
      std::condition_variable changed;
      std::int64_t answered = 0;
      std::int64_t failed = 0;
      log::SequencerOptions options;
      log::Sequencer sequencer(store.get(), options, [] {});
      std::int64_t asked = 0;
      const std::int64_t total = state.range(0);
      const auto in_flight_max = static_cast<std::int64_t>(options.queue_entries_max);
      while (asked < total) {
        const std::int64_t number = asked % kDuplicateEvery == 0
                                        ? asked / 2 / kDuplicateEvery * kDuplicateEvery + 1
                                        : asked;
        const auto status =
            sequencer.Add(EntryOf(number), [&](day::base::Result<log::Added> added) {
              const std::lock_guard lock(mutex);
              ++answered;
              failed += added.ok() ? 0 : 1;
              changed.notify_one();
            });
        if (!status.ok()) {
          state.SkipWithError("pushed back");
          return;
        }
        ++asked;
        std::unique_lock lock(mutex);
        changed.wait(lock, [&] { return asked - answered < in_flight_max; });
      }
      {
        std::unique_lock lock(mutex);
        changed.wait(lock, [&] { return asked == answered; });
      }
      const log::SequencerCounts counts = sequencer.counts();
      state.counters["batches"] = static_cast<double>(counts.batches);
      state.counters["duplicates"] = static_cast<double>(counts.duplicates);
      state.counters["failed"] = static_cast<double>(failed);
    }
    state.PauseTiming();
    std::filesystem::remove_all(folder);
    state.ResumeTiming();
  }
  state.counters["peak_MB"] = PeakMegabytes();
  state.counters["entries/s"] = benchmark::Counter(static_cast<double>(state.range(0)),
                                                   benchmark::Counter::kIsIterationInvariantRate);
}
BENCHMARK(DurableEntries)
    ->Arg(100'000)
    ->Arg(1'000'000)
    ->Iterations(1)
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

}  // namespace
