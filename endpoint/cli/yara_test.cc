// The parts of `daylight yara` that need no worker: bundles, externals, the walk, the printing.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "endpoint/cli/rule_bundle.h"
#include "endpoint/cli/yara_output.h"
#include "endpoint/cli/yara_rules.h"
#include "endpoint/cli/yara_walk.h"

namespace day::endpoint::cli {
namespace {

RuleBundle SampleBundle() {
  RuleBundle bundle;
  bundle.sources = {{"default", "a.yar", "rule a { condition: true }"}, {"ns", "b.yar", ""}};
  bundle.includes = {{"z", "2"}, {"a", "1"}, {"z", "2"}};
  bundle.externals = {{"s", std::string("text")}, {"b", true}, {"f", 1.5}, {"i", std::int64_t{-7}}};
  return bundle;
}

TEST(RuleBundle, ReadsWhatItWrote) {
  const base::Result<std::string> bytes = EncodeBundle(SampleBundle());
  ASSERT_TRUE(bytes.ok());
  const base::Result<RuleBundle> back = DecodeBundle(base::AsBytes(*bytes));
  ASSERT_TRUE(back.ok());
  ASSERT_EQ(back->sources.size(), 2u);
  EXPECT_EQ(back->sources[0].name_space, "default");
  EXPECT_EQ(back->sources[0].text, "rule a { condition: true }");
  ASSERT_EQ(back->includes.size(), 2u);
  EXPECT_EQ(back->includes[0].path, "a");
  ASSERT_EQ(back->externals.size(), 4u);
  EXPECT_EQ(back->externals[0].identifier, "b");
  EXPECT_EQ(back->externals[2].value, (workerproto::External{"i", std::int64_t{-7}}).value);
  EXPECT_EQ(EncodeBundle(*back).value(), *bytes);
}

TEST(RuleBundle, RefusesEveryCutAndEveryFlippedByte) {
  const std::string good = EncodeBundle(SampleBundle()).value();
  for (std::size_t size = 0; size < good.size(); ++size) {
    EXPECT_FALSE(DecodeBundle(base::AsBytes(good.substr(0, size))).ok()) << size;
  }
  for (std::size_t i = 0; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 1);
    EXPECT_FALSE(DecodeBundle(base::AsBytes(bad)).ok()) << i;
  }
}

TEST(RuleBundle, TellsForeignFilesFromDamagedOnes) {
  EXPECT_EQ(DecodeBundle(base::AsBytes("rule a { condition: true }")).error().offset, 0u);
  std::string damaged = EncodeBundle(SampleBundle()).value();
  damaged.back() = 'x';
  EXPECT_NE(DecodeBundle(base::AsBytes(damaged)).error().offset, 0u);
  EXPECT_TRUE(IsLibyaraFile(base::AsBytes(std::string_view("YARA\0\0", 6))));
}

TEST(YaraExternals, HaveTheTypesThatYaraGivesThem) {
  EXPECT_EQ(std::get<std::int64_t>(TypeYaraValue("-12")), -12);
  EXPECT_EQ(std::get<std::int64_t>(TypeYaraValue("4294967303")), 7);
  EXPECT_EQ(std::get<double>(TypeYaraValue("-1.5")), -1.5);
  EXPECT_EQ(std::get<double>(TypeYaraValue("1.")), 1.0);
  EXPECT_EQ(std::get<bool>(TypeYaraValue("false")), false);
  for (const char* text : {"", "-", ".5", "-.5", "1.2.3", "0x10", "1e5", "TRUE", "a"}) {
    EXPECT_EQ(std::get<std::string>(TypeYaraValue(text)), text);
  }
}

TEST(YaraExternals, OnlyTheLastErrorCounts) {
  EXPECT_EQ(DefineForCompiler({"a=1", "a=2"}).error, kYaraDuplicatedExternal);
  const YaraExternals forgotten = DefineForCompiler({"a=1", "a=2", "b=3"});
  EXPECT_EQ(forgotten.error, kYaraSuccess);
  EXPECT_EQ(forgotten.values.size(), 2u);
  EXPECT_EQ(DefineForRules({"x=1"}, {}).error, kYaraInvalidArgument);
  EXPECT_EQ(DefineForRules({"x=1"}, {{"x", true}}).error, kYaraWrongExternalType);
}

class YaraWalkTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = "/tmp/daylight-yara-walk.XXXXXX";
    root_ = ::mkdtemp(name.data());
    std::filesystem::create_directories(root_ + "/sub/deep");
    for (const char* file : {"/a", "/sub/b", "/sub/deep/c"}) {
      std::ofstream(root_ + file) << "0123456789";
    }
    std::filesystem::create_symlink(".", root_ + "/self");
    std::filesystem::create_symlink("sub", root_ + "/link");
    // yara reads two bytes of the target and takes this for "..".
    std::filesystem::create_symlink("../..", root_ + "/sub/deep/up");
    std::filesystem::create_symlink("nowhere", root_ + "/dangling");
    ASSERT_EQ(::mkfifo((root_ + "/fifo").c_str(), 0600), 0);
  }
  void TearDown() override { std::filesystem::remove_all(root_); }

  std::vector<std::string> Walk(const YaraWalkOptions& options) {
    YaraWalk walk(root_, options);
    YaraFile file;
    std::vector<std::string> paths;
    while (walk.Next(&file)) {
      paths.push_back((file.state == YaraFile::State::kTooLarge ? "!" : "") +
                      walk.path().substr(root_.size()));
    }
    std::sort(paths.begin(), paths.end());
    return paths;
  }

  std::string root_;
};

TEST_F(YaraWalkTest, WithoutRecursionFilesOfTheFolderAlone) {
  EXPECT_EQ(Walk({}), std::vector<std::string>({"/a"}));
}

TEST_F(YaraWalkTest, WithoutLinksEveryFileOnce) {
  EXPECT_EQ(Walk({.recursive = true, .follow_symlinks = false}),
            std::vector<std::string>({"/a", "/sub/b", "/sub/deep/c"}));
}

TEST_F(YaraWalkTest, CyclesOfLinksEnd) {
  std::filesystem::create_symlink(root_ + "/sub", root_ + "/sub/deep/cycle");
  std::filesystem::remove(root_ + "/link");
  const std::vector<std::string> paths = Walk({.recursive = true});
  EXPECT_EQ(std::count(paths.begin(), paths.end(), "/sub/deep/cycle/b"), 1);
  EXPECT_EQ(std::count(paths.begin(), paths.end(), "/self/a"), 0);
  // The system resolves 40 links on the way: each time round there are two files.
  EXPECT_EQ(paths.size(), 3u + 40 * 2);
}

TEST_F(YaraWalkTest, LargeFilesAreNamedNotOpened) {
  EXPECT_EQ(Walk({.skip_larger_bytes = 10}), std::vector<std::string>({"!/a"}));
  EXPECT_EQ(Walk({.skip_larger_bytes = 11}), std::vector<std::string>({"/a"}));
}

TEST(YaraOutput, SurvivesIndicesThatDoNotExist) {
  workerproto::RuleTable table;
  table.rules.resize(1);
  table.rules[0].identifier = "r";
  workerproto::YaraReport report;
  report.rules = {{7, 0, 0}, {0, 0, 1}};
  report.matches.resize(1);
  report.matches[0].string = 9;
  report.too_many_matches = {9};
  YaraOptions options;
  options.print_strings = true;
  YaraTotals totals;
  std::string out;
  AppendYaraReport(options, table, report, "p", totals, out);
  AppendYaraWarnings(table, report, out);
  EXPECT_EQ(out, "r p\n");
}

}  // namespace
}  // namespace day::endpoint::cli
