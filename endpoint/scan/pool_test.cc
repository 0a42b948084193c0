// The pool and the loader with the real worker program, which the build puts beside the tests.
#include "endpoint/scan/pool.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <cstdlib>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "endpoint/scan/database.h"
#include "libs/os/file.h"
#include "libs/os/memory.h"

namespace day::endpoint::scan {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr const char* kRules = R"(
import "console"
import "math"
rule first : tag1 tag2 {
  meta: author = "me" level = 3 sure = true
  strings: $a = "needle" $h = { 6E 65 ?? 64 }
  condition: console.log("size ", filesize) and $a and $h
}
private rule hidden { condition: true }
rule second { condition: filesize > 3 and hidden }
)";

class Collector : public ResultHandler {
 public:
  void OnResult(const ScanTask& task, TaskResult result) override {
    names.push_back(task.name);
    results.emplace(task.name, std::move(result));
    if (on_result) {
      on_result();
    }
  }
  const workerproto::YaraReport& Yara(const std::string& name) {
    return std::get<workerproto::YaraReport>(results.at(name));
  }
  std::vector<std::string> names;
  std::map<std::string, TaskResult> results;
  std::function<void()> on_result;
};

class PoolTest : public ::testing::Test {
 protected:
  void SetUp() override {
    worker_.program = std::string(DAYLIGHT_BIN_DIR) + "/daylight-worker";
    if (!os::StatPath(worker_.program, os::Symlinks::kFollow).ok()) {
      FAIL() << worker_.program << " was not built; build everything to run this test";
    }
    std::string pattern = ::testing::TempDir() + "/pool_test.XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    root_ = pattern;
  }
  void TearDown() override {
    if (!root_.empty()) {
      std::filesystem::remove_all(root_);
    }
  }
  std::string Write(const std::string& name, std::string_view text) {
    const std::string path = root_ + "/" + name;
    EXPECT_TRUE(
        os::WriteFileAtomic(path, base::AsBytes(text), 0600, os::Durability::kCrashOfProcess).ok());
    return path;
  }
  CompiledRules Compile(std::string_view text) {
    CompileRequest request;
    request.files = {{"space", Write("rules.yar", text)}};
    auto rules = DatabaseLoader(worker_, nullptr).LoadRules(request);
    EXPECT_TRUE(rules.ok()) << rules.error().message;
    return rules.ok() ? std::move(rules).value() : CompiledRules{};
  }
  DatabaseFiles Database(CompiledRules rules) {
    DatabaseFiles files;
    EXPECT_TRUE(rules.ok) << (rules.diagnostics.empty() ? rules.error
                                                        : rules.diagnostics[0].human_text);
    files.rules = std::move(rules.blob);
    files.rules_bytes = rules.size_bytes;
    return files;
  }
  PoolOptions YaraOptions() {
    PoolOptions options;
    options.worker = worker_;
    options.order = ResultOrder::kAsSubmitted;
    options.want_rule_table = true;
    options.want_metas = true;
    options.settings.mode = workerproto::ScanMode::kYara;
    options.settings.want_matches = true;
    options.settings.want_data = true;
    return options;
  }
  static ScanTask Task(std::string name, std::string_view content) {
    ScanTask task;
    task.fd = std::move(os::CreateMemfd("task", base::AsBytes(content))).value();
    task.stat = *os::StatFd(task.fd.get());
    task.name = std::move(name);
    return task;
  }

  WorkerOptions worker_;
  std::string root_;
};

TEST_F(PoolTest, YaraModeTellsEverythingThatYaraPrints) {
  const DatabaseFiles database = Database(Compile(kRules));
  Collector collector;
  PoolOptions options = YaraOptions();
  options.dump_modules = {"math"};
  WorkerPool pool(std::move(options), &database, &collector);
  ASSERT_TRUE(pool.WaitUntilReady().ok());
  EXPECT_TRUE(pool.rule_table().rules.empty());  // nothing has been found yet
  ASSERT_TRUE(pool.Submit(Task("a", "a needle, another needle")).ok());
  ASSERT_TRUE(pool.Submit(Task("b", "xx")).ok());
  ASSERT_TRUE(pool.Drain().ok());
  const workerproto::RuleTable& table = pool.rule_table();
  ASSERT_EQ(table.rules.size(), 3u);
  EXPECT_EQ(table.rules[0].identifier, "first");
  EXPECT_EQ(table.rules[0].name_space, "space");
  EXPECT_THAT(table.rules[0].tags, ElementsAre("tag1", "tag2"));
  ASSERT_EQ(table.rules[0].metas.size(), 3u);
  EXPECT_EQ(std::get<std::int64_t>(table.rules[0].metas[1].value), 3);
  EXPECT_TRUE(table.rules[1].is_private);

  EXPECT_THAT(collector.names, ElementsAre("a", "b"));
  const workerproto::YaraReport& report = collector.Yara("a");
  ASSERT_EQ(report.rules.size(), 2u);
  EXPECT_EQ(report.rules[0].rule, 0u);
  EXPECT_EQ(report.rules[1].rule, 2u);
  ASSERT_EQ(report.rules[0].matches_count, 4u);
  EXPECT_EQ(report.matches[1].offset, 18u);
  EXPECT_EQ(report.DataOf(report.matches[1]), "needle");
  EXPECT_EQ(table.strings[report.matches[2].string].identifier, "$h");
  EXPECT_TRUE(table.strings[report.matches[2].string].is_hex);
  EXPECT_THAT(report.console, ElementsAre("size 24"));
  EXPECT_THAT(report.module_dump, HasSubstr("math"));
  EXPECT_TRUE(collector.Yara("b").rules.empty());
}

TEST_F(PoolTest, ResultsLargerThanAMessageArriveWhole) {
  const DatabaseFiles database =
      Database(Compile("rule many { strings: $a = \"a\" condition: $a }"));
  Collector collector;
  WorkerPool pool(YaraOptions(), &database, &collector);
  constexpr std::size_t kMatches = 300'000;
  ASSERT_TRUE(pool.Submit(Task("many", std::string(kMatches, 'a'))).ok());
  ASSERT_TRUE(pool.Submit(Task("few", "aa")).ok());
  ASSERT_TRUE(pool.Drain().ok());
  const workerproto::YaraReport& report = collector.Yara("many");
  ASSERT_EQ(report.rules.size(), 1u);
  ASSERT_EQ(report.rules[0].matches_count, kMatches);
  for (std::size_t i = 0; i < kMatches; i += 997) {
    ASSERT_EQ(report.matches[i].offset, i);
  }
  EXPECT_EQ(collector.Yara("few").rules[0].matches_count, 2u);
}

TEST_F(PoolTest, OrderSurvivesKilledWorkers) {
  const DatabaseFiles database = Database(Compile(kRules));
  Collector collector;
  PoolOptions options = YaraOptions();
  options.workers = 3;
  WorkerPool pool(std::move(options), &database, &collector);
  collector.on_result = [&] {
    if (collector.names.size() % 1500 == 0) {
      for (const pid_t pid : pool.worker_pids()) {
        ::kill(pid, SIGKILL);
      }
    }
  };
  constexpr std::size_t kFiles = 5000;
  for (std::size_t i = 0; i < kFiles; ++i) {
    ASSERT_TRUE(pool.Submit(Task(std::to_string(i), i % 2 == 0 ? "one needle" : "none")).ok());
  }
  ASSERT_TRUE(pool.Drain().ok());
  ASSERT_EQ(collector.names.size(), kFiles);
  std::size_t not_scanned = 0;
  for (std::size_t i = 0; i < kFiles; ++i) {
    ASSERT_EQ(collector.names[i], std::to_string(i));
    const workerproto::YaraReport& report = collector.Yara(collector.names[i]);
    if (report.status != workerproto::YaraStatus::kScanned) {
      ++not_scanned;
      EXPECT_THAT(report.error, HasSubstr("signal 9"));
      continue;
    }
    ASSERT_EQ(report.rules.size(), i % 2 == 0 ? 2u : 1u) << i;
  }
  EXPECT_GE(pool.stats().workers_lost, 1u);
  EXPECT_LE(not_scanned, pool.stats().workers_lost);
}

TEST_F(PoolTest, ModuleDataAndExternalsReachTheRules) {
  CompileRequest request;
  request.files = {
      {"default", Write("x.yar", "rule x { condition: number == 7 and text == \"t\" }")}};
  request.externals = {{"number", std::int64_t{1}}, {"text", std::string("t")}};
  auto rules = DatabaseLoader(worker_, nullptr).LoadRules(request);
  ASSERT_TRUE(rules.ok() && rules->ok);
  const DatabaseFiles database = Database(std::move(rules).value());
  Collector collector;
  PoolOptions options = YaraOptions();
  options.externals = {{"number", std::int64_t{7}}};
  WorkerPool pool(std::move(options), &database, &collector);
  ASSERT_TRUE(pool.Submit(Task("a", "x")).ok());
  ASSERT_TRUE(pool.Drain().ok());
  EXPECT_EQ(collector.Yara("a").rules.size(), 1u);
}

TEST_F(PoolTest, ADamagedDatabaseIsAnErrorNotAResult) {
  DatabaseFiles database;
  database.rules = std::move(os::CreateMemfd("junk", base::AsBytes("junk"))).value();
  database.rules_bytes = 4;
  Collector collector;
  WorkerPool pool(YaraOptions(), &database, &collector);
  (void)pool.Submit(Task("a", "x"));
  const base::Status status = pool.Drain();
  ASSERT_FALSE(status.ok());
  EXPECT_THAT(status.error().message, HasSubstr("refused the database"));
}

TEST_F(PoolTest, AMissingWorkerIsAnErrorOrAFileThatWasNotScanned) {
  const DatabaseFiles database = Database(Compile(kRules));
  Collector collector;
  PoolOptions options = YaraOptions();
  options.worker.program = "/bin/true";  // ends at once
  WorkerPool pool(std::move(options), &database, &collector);
  // How often a start is tried before the file or the pool gives up is a matter of timing.
  if (pool.Submit(Task("a", "x")).ok() && pool.Drain().ok()) {
    EXPECT_EQ(collector.Yara("a").status, workerproto::YaraStatus::kNotScanned);
  }
}

TEST_F(PoolTest, LoaderCachesAndFollowsIncludes) {
  const auto key = LoadUserKey(root_ + "/cache");
  ASSERT_TRUE(key.ok());
  const ArtifactCache cache(root_ + "/cache/compiled", *key);
  const DatabaseLoader loader(worker_, &cache);
  Write("inc.yar", "rule included { condition: true }");
  CompileRequest request;
  request.files = {{"n", Write("main.yar", "include \"inc.yar\"\nrule m { condition: included }")}};
  auto first = loader.LoadRules(request);
  ASSERT_TRUE(first.ok() && first->ok);
  EXPECT_FALSE(first->from_cache);
  EXPECT_EQ(first->rule_count, 2u);
  auto second = loader.LoadRules(request);
  ASSERT_TRUE(second.ok() && second->ok);
  EXPECT_TRUE(second->from_cache);
  EXPECT_EQ(second->sha256, first->sha256);
  EXPECT_EQ(second->rule_count, 2u);
  Write("inc.yar", "rule included { condition: false }");
  EXPECT_FALSE(loader.LoadRules(request)->from_cache);
  request.includes_allowed = false;
  EXPECT_FALSE(loader.LoadRules(request)->ok);
}

TEST_F(PoolTest, LoaderBuildsSignatures) {
  // The MD5 and size of "x".
  const std::string path = Write("a.hdb", "9dd4e461268c8034f5c8564e155c67a6:1:Test.X\nnonsense\n");
  auto built = DatabaseLoader(worker_, nullptr).LoadSignatures({path});
  ASSERT_TRUE(built.ok()) << built.error().message;
  EXPECT_EQ(built->summary.signature_count, 1u);
  EXPECT_EQ(built->summary.files.at(0).lines_skipped, 1u);
  DatabaseFiles database;
  database.signatures = std::move(built->blob);
  database.signatures_bytes = built->size_bytes;
  Collector collector;
  PoolOptions options;
  options.worker = worker_;
  WorkerPool pool(std::move(options), &database, &collector);
  ASSERT_TRUE(pool.Submit(Task("x", "x")).ok());
  ASSERT_TRUE(pool.Submit(Task("y", "y")).ok());
  ASSERT_TRUE(pool.Drain().ok());
  const auto& found = std::get<workerproto::FileReport>(collector.results.at("x"));
  ASSERT_EQ(found.findings.size(), 1u);
  EXPECT_EQ(found.findings[0].source, workerproto::Finding::Source::kHash);
  EXPECT_EQ(std::get<workerproto::FileReport>(collector.results.at("y")).verdict,
            workerproto::Verdict::kNothingFound);
}

}  // namespace
}  // namespace day::endpoint::scan
