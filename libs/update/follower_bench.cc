// What verifying an update costs: one release, and a year of fifty releases a day as hashes.
#include <benchmark/benchmark.h>

#include "libs/update/follower.h"
#include "libs/update/testing/world.h"

namespace day::update {
namespace {

void Run(benchmark::State& bench, std::size_t older_entries) {
  testing::World world;
  for (std::size_t i = 0; i < older_entries; ++i) {
    world.Append("entry " + std::to_string(i));
  }
  world.Release({{"a.yar", "rule a { condition: false }"}});
  const FollowerState fresh = StartFollowing(base::AsBytes(world.root_json())).value();
  const tlog::Policy policy = world.policy();
  const std::string file = EncodeUpd(world.MakeUpd(0, older_entries));
  for (auto _ : bench) {
    const Upd upd = DecodeUpd(base::AsBytes(file)).value();
    benchmark::DoNotOptimize(Follow(policy, upd, world.now_s, fresh).value());
  }
  bench.counters["file_bytes"] = static_cast<double>(file.size());
}

void BM_OneRelease(benchmark::State& bench) { Run(bench, 0); }
void BM_YearOfFiftyADay(benchmark::State& bench) { Run(bench, 365 * 50); }
BENCHMARK(BM_OneRelease)->Unit(benchmark::kMillisecond);
BENCHMARK(BM_YearOfFiftyADay)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace day::update
