// Speed of whole scans over real rules and files, which are not in the tree:
//
//   DAYLIGHT_BENCH_RULES    rule files, or folders of them, separated by colons
//   DAYLIGHT_BENCH_CORPUS   a folder; its files are read into memory first
//
// BM_Scan reports bytes per second of processor time, one thread, and findings per pass as a check.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <vector>

#include "libs/rules/compile/compiled_rules.h"
#include "libs/rules/modules/registry.h"
#include "libs/rules/scan/cost.h"
#include "libs/rules/scan/scanner.h"
#include "libs/rules/scan/state.h"
#include "libs/rules/syntax/frontend.h"

namespace day::rules::scan {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kCorpusBytesMax = 400u << 20;
constexpr std::size_t kAlignment = 64;

std::string ReadFile(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

std::vector<fs::path> FilesBelow(const fs::path& root) {
  std::vector<fs::path> files;
  if (fs::is_regular_file(root)) {
    return {root};
  }
  std::error_code error;
  for (const auto& entry : fs::recursive_directory_iterator(
           root, fs::directory_options::skip_permission_denied, error)) {
    if (entry.is_regular_file() && !entry.is_symlink()) {
      files.push_back(entry.path());
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::vector<fs::path> RuleFiles(const std::string& list) {
  std::vector<fs::path> files;
  std::size_t begin = 0;
  while (begin <= list.size()) {
    const std::size_t end = std::min(list.find(':', begin), list.size());
    for (const fs::path& path : FilesBelow(list.substr(begin, end - begin))) {
      if (path.extension() == ".yar" || path.extension() == ".yara") {
        files.push_back(path);
      }
    }
    begin = end + 1;
  }
  return files;
}

std::optional<syntax::RuleSet> Parse(const module::Registry& registry,
                                     const std::vector<fs::path>& files) {
  syntax::Frontend frontend(registry, {});
  for (const char* name : {"filename", "filepath", "extension", "filetype", "owner"}) {
    (void)frontend.DefineExternal({name, std::string()});
  }
  int index = 0;
  for (const fs::path& path : files) {
    if (!frontend.AddFile("ns" + std::to_string(index++), path.string(), ReadFile(path))) {
      std::fprintf(stderr, "error in %s\n", path.c_str());
    }
  }
  auto rules = frontend.Finish();
  if (!rules.ok()) {
    std::fprintf(stderr, "%s\n", rules.error().message.c_str());
    return std::nullopt;
  }
  return std::move(rules).value();
}

// Everything a benchmark needs, made once.
struct Fixture {
  modules::AllModules registry;
  std::optional<syntax::RuleSet> ruleset;
  std::vector<std::uint64_t> storage;
  std::unique_ptr<compile::CompiledRules> rules;
  std::vector<std::string> corpus;
  std::size_t corpus_bytes = 0;

  base::Bytes Blob(const std::string& bytes) {
    storage.assign(bytes.size() / 8 + kAlignment / 8 + 1, 0);
    void* aligned = storage.data();
    std::size_t space = storage.size() * 8;
    std::align(kAlignment, bytes.size(), aligned, space);
    std::memcpy(aligned, bytes.data(), bytes.size());
    return {static_cast<const std::byte*>(aligned), bytes.size()};
  }

  Fixture() {
    const char* rule_list = std::getenv("DAYLIGHT_BENCH_RULES");
    const char* folder = std::getenv("DAYLIGHT_BENCH_CORPUS");
    if (rule_list == nullptr || folder == nullptr) {
      std::fprintf(stderr, "set DAYLIGHT_BENCH_RULES and DAYLIGHT_BENCH_CORPUS\n");
      return;
    }
    ruleset = Parse(registry, RuleFiles(rule_list));
    if (!ruleset.has_value()) {
      return;
    }
    auto blob = compile::CompiledRules::Build(*ruleset);
    if (!blob.ok()) {
      std::fprintf(stderr, "%s\n", blob.error().message.c_str());
      return;
    }
    auto opened = compile::CompiledRules::Open(Blob(*blob), registry);
    if (!opened.ok()) {
      std::fprintf(stderr, "%s\n", opened.error().message.c_str());
      return;
    }
    std::fprintf(stderr, "%zu rules, %zu strings, blob %zu KB\n", ruleset->rules.size(),
                 ruleset->strings.size(), blob->size() / 1024);
    rules = std::move(opened).value();
    for (const fs::path& path : FilesBelow(folder)) {
      if (corpus_bytes >= kCorpusBytesMax) {
        break;
      }
      corpus.push_back(ReadFile(path));
      corpus_bytes += corpus.back().size();
    }
  }
};

Fixture& TheFixture() {
  static Fixture fixture;
  return fixture;
}

void BM_Build(benchmark::State& state) {
  Fixture& fixture = TheFixture();
  if (!fixture.ruleset.has_value()) {
    state.SkipWithError("no rules");
    return;
  }
  for (auto _ : state) {
    auto blob = compile::CompiledRules::Build(*fixture.ruleset);
    benchmark::DoNotOptimize(blob);
  }
}
BENCHMARK(BM_Build)->Unit(benchmark::kMillisecond)->Iterations(1);

void BM_Open(benchmark::State& state) {
  Fixture& fixture = TheFixture();
  if (fixture.rules == nullptr) {
    state.SkipWithError("no rules");
    return;
  }
  const auto blob = compile::CompiledRules::Build(*fixture.ruleset);
  const base::Bytes bytes = fixture.Blob(*blob);
  for (auto _ : state) {
    auto rules = compile::CompiledRules::Open(bytes, fixture.registry);
    benchmark::DoNotOptimize(rules);
  }
  fixture.rules = std::move(compile::CompiledRules::Open(bytes, fixture.registry)).value();
}
BENCHMARK(BM_Open)->Unit(benchmark::kMillisecond)->Iterations(3);

void BM_Scan(benchmark::State& state) {
  Fixture& fixture = TheFixture();
  if (fixture.rules == nullptr) {
    state.SkipWithError("no rules");
    return;
  }
  const std::unique_ptr<Scanner> scanner = Scanner::Create(*fixture.rules);
  std::size_t findings = 0;
  for (auto _ : state) {
    findings = 0;
    for (const std::string& file : fixture.corpus) {
      (void)scanner->Scan(base::AsBytes(file), {});
      findings += scanner->matching_rules().size();
    }
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) *
                          static_cast<std::int64_t>(fixture.corpus_bytes));
  state.counters["files"] = static_cast<double>(fixture.corpus.size());
  state.counters["findings"] = static_cast<double>(findings);
}
BENCHMARK(BM_Scan)->Unit(benchmark::kMillisecond);

// Strings that trigger in the most files, over another pass.
void PrintFrequentTriggers(Fixture& fixture, Scanner& scanner) {
  constexpr std::size_t kShown = 30;
  std::map<std::uint32_t, int> files;
  for (const std::string& file : fixture.corpus) {
    (void)scanner.Scan(base::AsBytes(file), {});
    for (const std::uint32_t string : scanner.state().strings.fired()) {
      ++files[string];
    }
  }
  std::vector<std::pair<int, std::uint32_t>> order;
  for (const auto& [string, count] : files) {
    order.emplace_back(-count, string);
  }
  std::sort(order.begin(), order.end());
  for (std::size_t i = 0; i < order.size() && i < kShown; ++i) {
    const syntax::StringDeclaration& string = fixture.ruleset->strings[order[i].second];
    std::fprintf(stderr, "fired in %5d files: %s %s\n", -order[i].first,
                 fixture.ruleset->rules[string.rule].identifier.c_str(), string.identifier.c_str());
  }
}

// Not a benchmark of speed: prints what the dearest rules cost.
void BM_Costs(benchmark::State& state) {
  Fixture& fixture = TheFixture();
  if (fixture.rules == nullptr || std::getenv("DAYLIGHT_BENCH_COSTS") == nullptr) {
    state.SkipWithError("set DAYLIGHT_BENCH_COSTS");
    return;
  }
  const std::unique_ptr<Scanner> scanner = Scanner::Create(*fixture.rules);
  EnableCosts(*scanner);
  for (auto _ : state) {
    for (const std::string& file : fixture.corpus) {
      (void)scanner->Scan(base::AsBytes(file), {});
    }
  }
  PrintFrequentTriggers(fixture, *scanner);
  const CostTable& costs = Costs(*scanner);
  std::vector<std::uint32_t> order(costs.rules.size());
  for (std::uint32_t i = 0; i < order.size(); ++i) {
    order[i] = i;
  }
  std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
    return costs.rules[a].evaluation_time_ns > costs.rules[b].evaluation_time_ns;
  });
  std::fprintf(stderr, "files %lu searches %lu trigger ms %lu search ms %lu\n", costs.files,
               costs.searches, costs.trigger_time_ns / 1'000'000, costs.search_time_ns / 1'000'000);
  for (std::size_t i = 0; i < order.size() && i < 40; ++i) {
    const RuleCost& cost = costs.rules[order[i]];
    std::fprintf(stderr, "%-60s trig %6lu cheap %6lu full %6lu strings %7lu ms %8.3f\n",
                 std::string(fixture.rules->rule(order[i]).identifier).c_str(),
                 cost.files_triggered, cost.cheap_evaluations, cost.full_evaluations,
                 cost.strings_searched, static_cast<double>(cost.evaluation_time_ns) / 1e6);
  }
}
BENCHMARK(BM_Costs)->Unit(benchmark::kMillisecond)->Iterations(1);

}  // namespace
}  // namespace day::rules::scan
