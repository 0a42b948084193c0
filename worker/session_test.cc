// The session with a small backend and without walls, spoken to over a real socket.
#include "worker/session.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "libs/os/memory.h"
#include "libs/os/socket.h"
#include "libs/workerproto/messages.h"

namespace day::worker {
namespace {

using workerproto::MessageType;

// Finds files that contain "bad"; in yara mode reports one part for each byte.
class FakeScanner : public FileScanner {
 public:
  explicit FakeScanner(workerproto::ScanMode mode) : mode_(mode) {}
  void Scan(base::Bytes data, const workerproto::ScanItem& item, ResultSink* sink) override {
    if (mode_ == workerproto::ScanMode::kYara) {
      for (std::size_t i = 0; i < data.size(); ++i) {
        workerproto::YaraReport part;
        part.id = item.id;
        part.rules.push_back({static_cast<std::uint32_t>(i), 0, 0});
        sink->AddYaraPart(std::move(part), i + 1 == data.size());
      }
      return;
    }
    workerproto::FileReport report;
    report.id = item.id;
    report.bytes_scanned = data.size();
    if (base::AsText(data).find("bad") != std::string_view::npos) {
      report.verdict = workerproto::Verdict::kFound;
      report.findings.emplace_back().name = std::string(item.name);
    }
    sink->AddReport(report);
  }
  workerproto::DatabaseReady Describe() const override {
    workerproto::DatabaseReady ready;
    ready.rule_count = 5;
    return ready;
  }
  base::Status SendRuleTable(
      bool /*with_metas*/,
      const std::function<base::Status(const workerproto::RuleTablePart&)>& send) const override {
    DAY_TRY(send({false, {}}));
    return send({true, {}});
  }

 private:
  workerproto::ScanMode mode_;
};

class FakeBackend : public Backend {
 public:
  void Preload(const workerproto::Configure&) override { preloaded_ = true; }
  std::pair<workerproto::RulesCompiled, std::string> CompileRules(
      const workerproto::CompileRules& request, base::Bytes texts,
      const IncludeLoader& include) override {
    workerproto::RulesCompiled answer;
    answer.ok = !request.sources.empty();
    return {answer, "blob:" + std::string(base::AsText(texts)) + include("inc").value_or("none")};
  }
  void AddSignatures(std::string_view name, std::string_view text) override {
    signatures_ += std::string(name) + "=" + std::string(text) + ";";
  }
  workerproto::SignaturesBuilt BuildSignatures(
      const std::function<base::Status(base::Bytes)>& write) override {
    workerproto::SignaturesBuilt answer;
    answer.ok = write(base::AsBytes(signatures_)).ok();
    return answer;
  }
  base::Result<std::unique_ptr<FileScanner>> Open(const DatabaseBytes& database,
                                                  const workerproto::UseDatabase& use) override {
    if (base::AsText(database.rules) == "refuse") {
      return base::MakeError(base::ErrorKind::kMalformed, "refused");
    }
    return std::unique_ptr<FileScanner>(std::make_unique<FakeScanner>(use.settings.mode));
  }
  bool preloaded_ = false;

 private:
  std::string signatures_;
};

class SessionTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto ends = os::SocketPair();
    ASSERT_TRUE(ends.ok());
    parent_ = std::make_unique<Channel>(std::move(ends->first));
    thread_ = std::thread([this, socket = std::make_shared<os::Fd>(std::move(ends->second))] {
      Session session(std::move(*socket), &backend_, [](const workerproto::Configure&) {
        return base::Result<workerproto::Ready>(workerproto::Ready{true});
      });
      result_ = session.Run();
    });
    const auto page = os::CreateMemfd("page", std::uint64_t{workerproto::kProgressBytes});
    ASSERT_TRUE(page.ok());
    Send(workerproto::Configure{}, {page->get()});
    EXPECT_TRUE(workerproto::DecodeReady(Receive(MessageType::kReady)).ok());
  }
  void TearDown() override {
    parent_.reset();  // the session ends when its parent is gone
    thread_.join();
  }

  template <typename Message>
  void Send(const Message& message, const std::vector<int>& fds) {
    std::string frame;
    ASSERT_TRUE(workerproto::Append(message, &frame).ok());
    ASSERT_TRUE(parent_->Send(frame, fds).ok());
  }
  // The payload of the next message, which must be of `type`; its descriptors go to fds_.
  base::Bytes Receive(MessageType type) {
    auto received = parent_->Receive();
    EXPECT_TRUE(received.ok()) << received.error().message;
    if (!received.ok()) {
      return {};
    }
    EXPECT_EQ(static_cast<int>(received->frame.type), static_cast<int>(type));
    fds_ = std::move(received->fds);
    return received->frame.payload;
  }
  os::Fd File(std::string_view text) {
    return std::move(os::CreateMemfd("file", base::AsBytes(text))).value();
  }
  void UseDatabase(workerproto::ScanMode mode) {
    workerproto::UseDatabase use;
    use.settings.mode = mode;
    use.settings.file_bytes_max = 100;
    Send(use, {});
    EXPECT_TRUE(workerproto::DecodeDatabaseReady(Receive(MessageType::kDatabaseReady))->ok);
  }

  FakeBackend backend_;
  std::unique_ptr<Channel> parent_;
  std::thread thread_;
  base::Status result_;
  std::vector<os::Fd> fds_;
};

TEST_F(SessionTest, PreloadsBeforeItIsReady) { EXPECT_TRUE(backend_.preloaded_); }

TEST_F(SessionTest, CompilesWithIncludes) {
  const os::Fd texts = File("rule");
  workerproto::CompileRules request;
  request.sources = {{"default", "a.yar", 0, 4}};
  Send(request, {texts.get()});
  const auto include = workerproto::DecodeIncludeRequest(Receive(MessageType::kIncludeRequest));
  ASSERT_TRUE(include.ok());
  EXPECT_EQ(include->path, "inc");
  const os::Fd included = File("+included");
  Send(workerproto::IncludeReply{true, 9}, {included.get()});
  const auto answer = workerproto::DecodeRulesCompiled(Receive(MessageType::kRulesCompiled));
  ASSERT_TRUE(answer.ok() && answer->ok);
  ASSERT_EQ(fds_.size(), 1u);
  EXPECT_EQ(*os::ReadFd(fds_[0].get(), 100), "blob:rule+included");
}

TEST_F(SessionTest, BuildsSignatures) {
  const os::Fd file = File("abc");
  Send(workerproto::AddSignatures{"x.hdb", 3}, {file.get()});
  std::string frame;
  ASSERT_TRUE(workerproto::AppendEmpty(MessageType::kBuildSignatures, &frame).ok());
  ASSERT_TRUE(parent_->Send(frame).ok());
  const auto answer = workerproto::DecodeSignaturesBuilt(Receive(MessageType::kSignaturesBuilt));
  ASSERT_TRUE(answer.ok() && answer->ok);
  EXPECT_EQ(answer->size_bytes, 10u);
  EXPECT_EQ(*os::ReadFd(fds_[0].get(), 100), "x.hdb=abc;");
}

TEST_F(SessionTest, ScansABatchAndSaysWhatItCouldNotRead) {
  UseDatabase(workerproto::ScanMode::kEngine);
  const os::Fd good = File("good");
  const os::Fd bad = File("so bad");
  const os::Fd large = File(std::string(101, 'x'));
  const auto folder = os::OpenRead("/");
  workerproto::ScanBatch batch;
  batch.batch = 9;
  batch.items = {{1, 4, "a", ""}, {2, 0, "b", ""}, {3, 101, "c", ""}, {4, 0, "d", ""}};
  Send(batch, {good.get(), bad.get(), large.get(), folder->get()});
  const auto results = workerproto::DecodeScanResults(Receive(MessageType::kScanResults));
  ASSERT_TRUE(results.ok());
  EXPECT_EQ(results->batch, 9u);
  EXPECT_TRUE(results->last);
  ASSERT_EQ(results->reports.size(), 4u);
  EXPECT_EQ(results->reports[0].verdict, workerproto::Verdict::kNothingFound);
  EXPECT_EQ(results->reports[0].completeness, workerproto::Completeness::kComplete);
  EXPECT_EQ(results->reports[1].findings.at(0).name, "b");
  for (const std::size_t i : {std::size_t{2}, std::size_t{3}}) {
    EXPECT_EQ(results->reports[i].completeness, workerproto::Completeness::kNotScanned);
    EXPECT_EQ(results->reports[i].gaps.size(), 1u);
  }
}

TEST_F(SessionTest, YaraPartsArriveInOrder) {
  UseDatabase(workerproto::ScanMode::kYara);
  const os::Fd first = File("ab");
  const os::Fd second = File("c");
  workerproto::ScanBatch batch;
  batch.batch = 1;
  batch.items = {{1, 2, "a", ""}, {2, 1, "b", ""}};
  Send(batch, {first.get(), second.get()});
  std::vector<workerproto::YaraResults> parts;
  while (parts.empty() || !parts.back().last_of_batch) {
    auto part = workerproto::DecodeYaraResults(Receive(MessageType::kYaraResults));
    ASSERT_TRUE(part.ok());
    parts.push_back(std::move(part).value());
  }
  ASSERT_EQ(parts.size(), 3u);
  EXPECT_FALSE(parts[0].last_of_file);
  EXPECT_TRUE(parts[1].last_of_file);
  EXPECT_EQ(parts[2].report.id, 2u);
}

TEST_F(SessionTest, RefusedDatabasesAreSaid) {
  const os::Fd rules = File("refuse");
  workerproto::UseDatabase use;
  use.has_rules = true;
  use.rules_bytes = 6;
  Send(use, {rules.get()});
  const auto answer = workerproto::DecodeDatabaseReady(Receive(MessageType::kDatabaseReady));
  ASSERT_TRUE(answer.ok());
  EXPECT_FALSE(answer->ok);
  EXPECT_EQ(answer->error, "refused");
}

TEST_F(SessionTest, NonsenseEndsTheSession) {
  Send(workerproto::Ready{}, {});  // a message that only workers send
  const auto gone = parent_->Receive();
  EXPECT_FALSE(gone.ok());
  thread_.join();
  EXPECT_EQ(result_.error().kind, base::ErrorKind::kMalformed);
  thread_ = std::thread([] {});
}

}  // namespace
}  // namespace day::worker
