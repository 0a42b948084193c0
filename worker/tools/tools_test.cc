// The tools with the real modules, without a worker around them.
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "libs/rules/modules/registry.h"
#include "worker/tools/tool.h"

namespace day::worker::tools {
namespace {

using workerproto::ToolFileRole;

struct Sink : ToolSink {
  void Text(std::string_view added) override { text += added; }
  void Error(std::string_view added) override { error += added; }
  void File(std::string_view name, std::string_view bytes) override { files.emplace(name, bytes); }
  std::string text;
  std::string error;
  std::map<std::string, std::string> files;
};

class ToolsTest : public testing::Test {
 protected:
  struct File {
    ToolFileRole role;
    std::string text;
  };

  std::uint8_t Run(std::string_view name, const ToolOptions& options,
                   const std::vector<File>& files) {
    sink_ = {};
    const ToolContext context{
        modules_, [](const std::string& path) {
          return path == "dir/inc" ? std::optional<std::string>("rule included { condition: true }")
                                   : std::nullopt;
        }};
    const std::unique_ptr<Tool> tool = MakeTool(name, options, context);
    for (const File& file : files) {
      tool->AddFile(file.role, "dir/file", base::AsBytes(file.text), &sink_);
    }
    return tool->Run(&sink_);
  }

  const rules::modules::AllModules modules_;
  Sink sink_;
};

constexpr auto kRules = ToolFileRole::kRules;
constexpr auto kNew = ToolFileRole::kNewRules;
constexpr auto kTarget = ToolFileRole::kTarget;

TEST_F(ToolsTest, UnknownToolIsNone) {
  EXPECT_EQ(MakeTool("nothing", {}, {modules_, nullptr}), nullptr);
}

TEST_F(ToolsTest, CheckTellsErrorsAdviceAndSilenceApart) {
  EXPECT_EQ(Run("check", {}, {{kRules, "rule a { condition: filesize > 1 }"}}), kToolFine);
  EXPECT_EQ(Run("check", {}, {{kRules, "rule a { condition: nothing }"}}), kToolFailed);
  EXPECT_NE(sink_.text.find("undefined identifier"), std::string::npos);
  EXPECT_EQ(Run("check", {}, {{kRules, "rule a { strings: $a = \"ab\" condition: $a }"}}),
            kToolFound);
  // Each file by itself: the same name twice is no error.
  EXPECT_EQ(Run("check", {},
                {{kRules, "rule a { condition: filesize > 1 }"},
                 {kRules, "rule a { condition: filesize > 2 }"}}),
            kToolFine);
}

TEST_F(ToolsTest, CheckBudgetNamesTheRule) {
  const std::string rules = "rule dear { strings: $a = \"some longer text\" condition: $a }";
  EXPECT_EQ(Run("check", {{"budget", "1e12"}}, {{kRules, rules}}), kToolFine);
  EXPECT_EQ(Run("check", {{"budget", "0.001"}, {"json", ""}}, {{kRules, rules}}), kToolFound);
  EXPECT_NE(sink_.text.find("over-budget"), std::string::npos);
}

TEST_F(ToolsTest, FormatKeepsTokens) {
  EXPECT_EQ(Run("format", {}, {{kRules, "rule a{condition:true}"}}), kToolFine);
  EXPECT_NE(sink_.text.find("rule a"), std::string::npos);
}

TEST_F(ToolsTest, ExplainSaysWhichPartDecides) {
  const std::string rules =
      "include \"inc\" rule r { strings: $a = \"abc\" condition: $a and filesize > 100 }";
  EXPECT_EQ(Run("explain", {{"rule", "r"}}, {{kRules, rules}, {kTarget, "xxabc"}}), kToolFound);
  EXPECT_NE(sink_.text.find("does not match"), std::string::npos);
  EXPECT_NE(sink_.text.find("<- decides"), std::string::npos);
  EXPECT_NE(sink_.text.find("0x2 (3 bytes)"), std::string::npos);
  EXPECT_EQ(
      Run("explain", {{"rule", "included"}, {"json", ""}}, {{kRules, rules}, {kTarget, "xxabc"}}),
      kToolFine);
  EXPECT_EQ(Run("explain", {{"rule", "absent"}}, {{kRules, rules}, {kTarget, ""}}), kToolFailed);
}

TEST_F(ToolsTest, CostCountsFilesAndCandidates) {
  const std::string rules = "rule r { strings: $a = \"a rare text\" condition: $a }";
  EXPECT_EQ(
      Run("cost", {{"json", ""}}, {{kRules, rules}, {kTarget, "a rare text"}, {kTarget, "other"}}),
      kToolFine);
  EXPECT_NE(sink_.text.find("\"files\":2"), std::string::npos);
  EXPECT_NE(sink_.text.find("\"matches\":1"), std::string::npos);
  EXPECT_EQ(Run("cost", {}, {{kRules, "rule r { condition: x }"}, {kTarget, ""}}), kToolFailed);
  EXPECT_NE(sink_.error, "");
}

TEST_F(ToolsTest, DiffSaysWhatAChangeDoes) {
  const std::string before =
      "rule same { condition: true } rule layout { condition: filesize == 1 }\n"
      "rule narrow { strings: $a = \"first\" condition: $a }\n"
      "rule gone { strings: $a = \"going\" condition: $a }";
  const std::string after =
      "rule same { condition: true } rule layout { condition:  // a comment\n filesize == 1 }\n"
      "rule narrow { strings: $a = \"first\" condition: $a and filesize == 123456 and false }\n"
      "rule renamed { strings: $a = \"going\" condition: $a }";
  EXPECT_EQ(Run("diff", {{"witnesses", ""}}, {{kRules, before}, {kNew, after}}), kToolFound);
  EXPECT_EQ(sink_.text.find("layout"), std::string::npos);
  EXPECT_EQ(sink_.text.find("same"), std::string::npos);
  EXPECT_NE(sink_.text.find("changed  narrow: silent"), std::string::npos) << sink_.text;
  EXPECT_NE(sink_.text.find("removed  gone: its witnesses are found by renamed"), std::string::npos)
      << sink_.text;
  EXPECT_NE(sink_.text.find("1 added, 1 removed, 1 changed"), std::string::npos);
  EXPECT_FALSE(sink_.files.empty());
  EXPECT_EQ(Run("diff", {}, {{kRules, before}, {kNew, before}}), kToolFine);
}

}  // namespace
}  // namespace day::worker::tools
