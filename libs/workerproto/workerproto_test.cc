#include <gtest/gtest.h>

#include <string>

#include "libs/workerproto/messages.h"
#include "libs/workerproto/progress.h"

namespace day::workerproto {
namespace {

// Cuts the one frame out of `bytes` and decodes its payload.
template <typename Message, typename Decode>
Message RoundTrip(const Message& message, MessageType type, Decode decode) {
  FrameReader reader;
  EXPECT_TRUE(Append(message, reader.buffer()).ok());
  auto frame = reader.Next();
  EXPECT_TRUE(frame.ok() && frame->has_value());
  EXPECT_EQ((*frame)->type, type);
  auto decoded = decode((*frame)->payload);
  EXPECT_TRUE(decoded.ok()) << decoded.error().message;
  // Every shorter payload must be refused, not read beyond its end.
  for (std::size_t size = 0; size < (*frame)->payload.size(); ++size) {
    const auto cut = decode((*frame)->payload.first(size));
    // ScanResults may end after any whole report.
    if (type != MessageType::kScanResults) {
      EXPECT_FALSE(cut.ok()) << size;
    }
  }
  return decoded.ok() ? std::move(decoded).value() : Message{};
}

Finding SampleFinding() {
  Finding finding;
  finding.source = Finding::Source::kHash;
  finding.name = "Test.Eicar";
  finding.rule = "eicar";
  finding.name_space = "rules/eicar";
  finding.provenance = "rules/eicar.yar:3";
  finding.severity = Severity::kLow;
  finding.inner_path = "a.zip//b";
  finding.matches = {{"$a", 68, 4, std::string("\0\xFFxy", 4), 7, true}};
  return finding;
}

TEST(Messages, SetupRoundTrips) {
  const Configure configure{1 << 20, 5, true};
  EXPECT_EQ(RoundTrip(configure, MessageType::kConfigure, DecodeConfigure), configure);
  EXPECT_TRUE(RoundTrip(Ready{true}, MessageType::kReady, DecodeReady).landlock);
  const IncludeRequest request{"inc/a.yar"};
  EXPECT_EQ(RoundTrip(request, MessageType::kIncludeRequest, DecodeIncludeRequest), request);
  const IncludeReply reply{true, 77};
  EXPECT_EQ(RoundTrip(reply, MessageType::kIncludeReply, DecodeIncludeReply), reply);
  const Stats stats{1, 2, 3};
  EXPECT_EQ(RoundTrip(stats, MessageType::kStats, DecodeStats), stats);
}

TEST(Messages, CompilationRoundTrips) {
  CompileRules rules;
  rules.sources = {{"default", "a.yar", 0, 10}, {"x", "b.yar", 10, 20}};
  rules.externals = {{"i", std::int64_t{-5}}, {"f", 1.5}, {"b", true}, {"s", std::string("t")}};
  rules.strict_escape = true;
  rules.includes_allowed = false;
  EXPECT_EQ(RoundTrip(rules, MessageType::kCompileRules, DecodeCompileRules), rules);
  RulesCompiled compiled;
  compiled.ok = true;
  compiled.size_bytes = 99;
  compiled.rule_count = 3;
  compiled.modules = {"pe", "magic"};
  compiled.diagnostics = {{Diagnostic::Severity::kWarning, "C", "a.yar", 1, 2, "m", "y\n", "h\n"}};
  EXPECT_EQ(RoundTrip(compiled, MessageType::kRulesCompiled, DecodeRulesCompiled), compiled);
  const AddSignatures add{"main.hdb", 12};
  EXPECT_EQ(RoundTrip(add, MessageType::kAddSignatures, DecodeAddSignatures), add);
  SignaturesBuilt built;
  built.ok = true;
  built.signature_count = 9;
  built.files.resize(1);
  built.files[0].name = "main.hdb";
  built.files[0].type = "hdb";
  built.files[0].title = "hashes";
  built.files[0].note = "not used";
  built.files[0].is_used = false;
  built.files[0].signatures = 9;
  built.files[0].lines_skipped = 1;
  built.files[0].ignored = 2;
  built.files[0].reasons = {{"bad", 1}};
  built.files[0].diagnostics = {"3: bad"};
  EXPECT_EQ(RoundTrip(built, MessageType::kSignaturesBuilt, DecodeSignaturesBuilt), built);
}

TEST(Messages, DatabaseAndBatchRoundTrip) {
  UseDatabase use;
  use.has_rules = true;
  use.rules_bytes = 5;
  use.dump_modules = {"pe"};
  use.module_data = {{"cuckoo", 4}};
  use.externals = {{"x", std::int64_t{1}}};
  use.settings.mode = ScanMode::kYara;
  use.settings.budget.ratio_max = 3;
  use.settings.fast = true;
  use.settings.alerts.broken_media = true;
  use.settings.alerts.phishing_links = false;
  use.settings.alerts.crossing_partitions = true;
  use.settings.alerts.unwanted_only = {"Packed", "Win.Tool"};
  EXPECT_EQ(RoundTrip(use, MessageType::kUseDatabase, DecodeUseDatabase), use);
  const DatabaseReady ready{false, "no", 1, 2, 3};
  EXPECT_EQ(RoundTrip(ready, MessageType::kDatabaseReady, DecodeDatabaseReady), ready);

  ScanBatch batch;
  batch.batch = 7;
  batch.items = {{1, 100, "/a", "root"}, {2, 0, "/b", ""}};
  batch.items[0].volume_bytes = {60, 40};
  batch.items[0].volume = 1;
  batch.items[1].is_left_to_another = true;
  FrameReader reader;
  ASSERT_TRUE(Append(batch, reader.buffer()).ok());
  const auto frame = reader.Next();
  ASSERT_TRUE(frame.ok() && frame->has_value());
  EXPECT_EQ((*frame)->fd_count, 2u);
  const auto decoded = DecodeScanBatch((*frame)->payload);
  ASSERT_TRUE(decoded.ok());
  EXPECT_EQ(decoded->batch, 7u);
  EXPECT_EQ(decoded->items, batch.items);
  batch.items[0].volume = 2;
  FrameReader other;
  ASSERT_TRUE(Append(batch, other.buffer()).ok());
  EXPECT_FALSE(DecodeScanBatch((*other.Next())->payload).ok()) << "there is no third volume";
}

TEST(Messages, ResultsRoundTrip) {
  ScanResults results;
  results.batch = 3;
  results.last = true;
  results.reports.resize(2);
  results.reports[0].id = 1;
  results.reports[1].id = 2;
  results.reports[1].verdict = Verdict::kFound;
  results.reports[1].completeness = Completeness::kPartial;
  results.reports[1].findings = {SampleFinding()};
  results.reports[1].gaps = {{"a.zip//c", "encrypted"}};
  EXPECT_EQ(RoundTrip(results, MessageType::kScanResults, DecodeScanResults), results);

  YaraResults yara;
  yara.batch = 4;
  yara.last_of_file = true;
  yara.report.id = 9;
  yara.report.rules = {{5, 0, 1}, {6, 1, 0}};
  yara.report.matches = {{8, 100, 3, 1, 0, 3}};
  yara.report.data = "abc";
  yara.report.too_many_matches = {2};
  yara.report.console = {"hello"};
  yara.report.module_dump = "pe\n";
  EXPECT_EQ(RoundTrip(yara, MessageType::kYaraResults, DecodeYaraResults), yara);

  RuleTablePart table;
  table.last = true;
  table.table.rules = {{"r",
                        "ns",
                        "f.yar",
                        3,
                        true,
                        false,
                        0,
                        1,
                        {"t"},
                        {{"k", true}, {"i", std::int64_t{4}}, {"s", std::string("v")}}}};
  table.table.strings = {{"$a", false, true, false}};
  EXPECT_EQ(RoundTrip(table, MessageType::kRuleTable, DecodeRuleTable), table);
}

TEST(Messages, YaraPartsJoin) {
  YaraReport whole;
  YaraReport part;
  part.rules = {{1, 0, 1}};
  part.matches = {{0, 5, 2, 0, 0, 2}};
  part.data = "ab";
  AppendPart(part, &whole);
  part.rules = {{1, 0, 1}, {2, 1, 0}};
  part.matches = {{0, 9, 2, 0, 0, 2}};
  part.data = "cd";
  AppendPart(part, &whole);
  ASSERT_EQ(whole.rules.size(), 2u);
  EXPECT_EQ(whole.rules[0].matches_count, 2u);
  EXPECT_EQ(whole.rules[1].matches_begin, 2u);
  EXPECT_EQ(whole.DataOf(whole.matches[1]), "cd");
}

TEST(Messages, MatchesOutsideTheirArraysAreRefused) {
  YaraResults yara;
  yara.report.rules = {{5, 0, 2}};  // claims two matches, has one
  yara.report.matches = {{8, 100, 3, 1, 0, 0}};
  std::string bytes;
  ASSERT_TRUE(Append(yara, &bytes).ok());
  EXPECT_FALSE(DecodeYaraResults(base::AsBytes(bytes).subspan(kFrameHeaderBytes)).ok());
}

TEST(FrameReader, GivesFramesHoweverTheyArrive) {
  std::string stream;
  ASSERT_TRUE(Append(Stats{1, 2, 3}, &stream).ok());
  ASSERT_TRUE(AppendEmpty(MessageType::kShutdown, &stream).ok());
  FrameReader reader;
  std::size_t frames = 0;
  for (const char byte : stream) {
    reader.buffer()->push_back(byte);
    const auto frame = reader.Next();
    ASSERT_TRUE(frame.ok());
    frames += frame->has_value() ? 1 : 0;
  }
  EXPECT_EQ(frames, 2u);
}

TEST(FrameReader, RefusesForeignStreamsAndHugeSizes) {
  FrameReader foreign;
  foreign.buffer()->assign("GET / HTTP/1.1\r\n\r\n");
  EXPECT_FALSE(foreign.Next().ok());

  std::string frame;
  ASSERT_TRUE(AppendEmpty(MessageType::kShutdown, &frame).ok());
  frame[11] = '\x7F';  // the top byte of the payload's size
  FrameReader huge;
  huge.buffer()->assign(frame);
  EXPECT_FALSE(huge.Next().ok());
}

TEST(Progress, MarksAreNeverTheIdleValue) {
  EXPECT_EQ(ProgressMark(0, 0), 1u);
  EXPECT_EQ(ProgressMark(2, 63), (std::uint64_t{2} << 32) | 64);
}

}  // namespace
}  // namespace day::workerproto
