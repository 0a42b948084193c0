// The store, the sequencer, the witness client and the publisher, against the naive tree and
// witnesses that misbehave.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <future>
#include <map>
#include <thread>

#include "libs/tlog/checkpoint.h"
#include "libs/tlog/testing/naive_tree.h"
#include "network/log/log_store.h"
#include "network/log/publisher.h"
#include "network/log/sequencer.h"
#include "network/log/witness_client.h"

namespace day::network::log {
namespace {

using base::AsBytes;
using base::ErrorKind;

constexpr const char* kOrigin = "test.example/log";

tlog::SignerKey MakeKey(const std::string& name, tlog::KeyKind kind, char seed) {
  return tlog::SignerKey::Create(name, kind, AsBytes(std::string(32, seed))).value();
}

class LogTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string path = ::testing::TempDir() + "daylight-log.XXXXXX";
    ASSERT_NE(::mkdtemp(path.data()), nullptr);
    folder_ = path;
    ASSERT_TRUE(LogStore::Create(folder_, kOrigin).ok());
    log_ = LogStore::Open(folder_, kOrigin).value();
  }
  void TearDown() override {
    log_.reset();
    std::filesystem::remove_all(folder_);
  }

  // Adds "entry first" to "entry last - 1".
  void Grow(LogStore& log, std::size_t first, std::size_t last) {
    std::vector<std::string> texts;
    for (std::size_t i = first; i < last; ++i) {
      texts.push_back("entry " + std::to_string(i));
    }
    std::vector<base::Bytes> entries;
    for (const std::string& text : texts) {
      entries.push_back(AsBytes(text));
    }
    const auto added = log.Add(entries);
    ASSERT_TRUE(added.ok()) << added.error().message;
    for (std::size_t i = 0; i < added->size(); ++i) {
      EXPECT_EQ((*added)[i].index, first + i);
      EXPECT_FALSE((*added)[i].was_there);
    }
  }

  // Every file of the tree is what the naive twin says.
  void ExpectWhole(LogStore& log, std::size_t size) {
    const auto leaves = tlog::testing::NumberedLeaves(size);
    const auto tree = log.Tree();
    ASSERT_TRUE(tree.ok());
    ASSERT_EQ(tree->size, size);
    ASSERT_EQ(tree->root, tlog::testing::NaiveRoot(leaves));
    for (const auto& [path, bytes] : tlog::testing::NaiveTiles(leaves)) {
      ASSERT_EQ(log.ReadTile(*tlog::ParseTilePath(path)).value(), bytes) << path;
    }
    for (std::size_t bundle = 0; bundle * 256 < size; ++bundle) {
      const std::size_t width = std::min<std::size_t>(256, size - bundle * 256);
      std::string expected;
      for (std::size_t i = 0; i < width; ++i) {
        tlog::AppendToBundle(AsBytes("entry " + std::to_string(bundle * 256 + i)), &expected);
      }
      ASSERT_EQ(
          log.ReadTile({tlog::TileId::Kind::kEntries, 0, bundle, static_cast<std::uint32_t>(width)})
              .value(),
          expected);
    }
  }

  std::string folder_;
  std::unique_ptr<LogStore> log_;
};

TEST_F(LogTest, GrowsInStepsOfEverySort) {
  std::size_t size = 0;
  for (const std::size_t step : {1u, 1u, 253u, 1u, 1u, 255u, 256u, 700u, 44u, 3u}) {
    Grow(*log_, size, size + step);
    size += step;
    ExpectWhole(*log_, size);
  }
  log_ = LogStore::Open(folder_, kOrigin).value();
  ExpectWhole(*log_, size);
  Grow(*log_, size, size + 10);
  ExpectWhole(*log_, size + 10);
}

TEST_F(LogTest, CrossesTheSecondLevel) {
  std::size_t size = 0;
  for (const std::size_t target : {65'000u, 65'535u, 65'536u, 65'537u, 66'000u}) {
    Grow(*log_, size, target);
    size = target;
  }
  ExpectWhole(*log_, size);
  ASSERT_TRUE(log_->CleanUpPartials(size).ok());
  ExpectWhole(*log_, size);
  log_ = LogStore::Open(folder_, kOrigin).value();
  ExpectWhole(*log_, size);
}

TEST_F(LogTest, DuplicatesAreFoundExactly) {
  Grow(*log_, 0, 300);
  const std::vector<std::string> texts = {"entry 7", "new", "entry 299", "new", "newer"};
  std::vector<base::Bytes> entries;
  for (const std::string& text : texts) {
    entries.push_back(AsBytes(text));
  }
  const auto added = log_->Add(entries).value();
  const std::vector<std::pair<std::uint64_t, bool>> expected = {
      {7, true}, {300, false}, {299, true}, {300, true}, {301, false}};
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(added[i].index, expected[i].first) << i;
    EXPECT_EQ(added[i].was_there, expected[i].second) << i;
  }
  EXPECT_EQ(log_->Tree()->size, 302u);
  EXPECT_EQ(log_->Add(entries)->at(1).index, 300u);
  EXPECT_EQ(log_->Tree()->size, 302u);
}

TEST_F(LogTest, TheIndexIsMadeAgainFromTheLog) {
  Grow(*log_, 0, 600);
  log_.reset();
  for (const bool damage : {false, true}) {
    std::filesystem::remove(folder_ + "/private/entries.sqlite-wal");
    std::filesystem::remove(folder_ + "/private/entries.sqlite-shm");
    std::filesystem::remove(folder_ + "/private/entries.sqlite");
    if (damage) {
      std::ofstream(folder_ + "/private/entries.sqlite") << std::string(5000, 'x');
    }
    log_ = LogStore::Open(folder_, kOrigin).value();
    const std::string text = "entry 123";
    const base::Bytes entry = AsBytes(text);
    EXPECT_EQ(log_->Add(std::span(&entry, 1))->at(0).index, 123u);
    log_.reset();
  }
}

TEST_F(LogTest, LeftoversOfACrashAreOverwritten) {
  Grow(*log_, 0, 250);
  std::filesystem::copy(folder_ + "/private/tree", folder_ + "/tree.old");
  const std::string text = "lost";
  const std::vector<base::Bytes> lost(1, AsBytes(text));
  ASSERT_TRUE(log_->Add(lost).ok());
  std::vector<std::string> more;
  std::vector<base::Bytes> entries;
  for (int i = 0; i < 300; ++i) {
    more.push_back("lost too " + std::to_string(i));
  }
  for (const std::string& one : more) {
    entries.push_back(AsBytes(one));
  }
  ASSERT_TRUE(log_->Add(entries).ok());
  log_.reset();
  // As if the tree had never been written: what is there now is of another, longer log.
  std::filesystem::rename(folder_ + "/tree.old", folder_ + "/private/tree");
  log_ = LogStore::Open(folder_, kOrigin).value();
  EXPECT_EQ(log_->Tree()->size, 250u);
  EXPECT_FALSE(log_->Add(lost)->at(0).was_there);
  log_ = LogStore::Open(folder_, kOrigin).value();
  std::filesystem::remove_all(folder_);
}

TEST_F(LogTest, TwoLogsOnOneFolderTakeTurns) {
  auto other = LogStore::Open(folder_, kOrigin).value();
  std::size_t size = 0;
  for (int turn = 0; turn < 6; ++turn) {
    Grow(turn % 2 == 0 ? *log_ : *other, size, size + 100);
    size += 100;
  }
  ExpectWhole(*log_, size);
  const std::string text = "entry 550";
  const base::Bytes entry = AsBytes(text);
  EXPECT_EQ(log_->Add(std::span(&entry, 1))->at(0).index, 550u);
}

TEST_F(LogTest, RefusesWhatIsNotItsLog) {
  EXPECT_EQ(LogStore::Create(folder_, kOrigin).error().kind, ErrorKind::kInvalidUse);
  EXPECT_EQ(LogStore::Open(folder_, "other.example").error().kind, ErrorKind::kInvalidUse);
  EXPECT_EQ(LogStore::Open(folder_ + "/none", kOrigin).error().kind, ErrorKind::kNotFound);
  Grow(*log_, 0, 20);
  const std::string large(tlog::kEntryBytesMax + 1, 'x');
  const base::Bytes entry = AsBytes(large);
  EXPECT_EQ(log_->Add(std::span(&entry, 1)).error().kind, ErrorKind::kLimit);
  log_.reset();
  const std::string tile = folder_ + "/public/tile/0/000.p/20";
  std::fstream file(tile, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(100);
  file.put('!');
  file.close();
  EXPECT_EQ(LogStore::Open(folder_, kOrigin).error().kind, ErrorKind::kMalformed);
}

TEST_F(LogTest, ManyCallersAreAnsweredInBatches) {
  std::atomic<int> grown{0};
  constexpr int kCallers = 8;
  constexpr int kEach = 60;
  {
    Sequencer sequencer(log_.get(), {}, [&grown] { ++grown; });
    std::vector<std::thread> callers;
    std::mutex mutex;
    std::map<std::string, std::uint64_t> indices;
    for (int caller = 0; caller < kCallers; ++caller) {
      callers.emplace_back([&, caller] {
        for (int i = 0; i < kEach; ++i) {
          // Half of the entries are everybody's.
          const std::string text =
              i % 2 == 0 ? fmt::format("shared {}", i) : fmt::format("{} of {}", i, caller);
          std::promise<std::uint64_t> promise;
          ASSERT_TRUE(sequencer
                          .Add(text,
                               [&promise](base::Result<Added> added) {
                                 promise.set_value(added.value().index);
                               })
                          .ok());
          const std::uint64_t index = promise.get_future().get();
          const std::lock_guard lock(mutex);
          const auto [found, inserted] = indices.emplace(text, index);
          EXPECT_EQ(found->second, index);
        }
      });
    }
    for (std::thread& caller : callers) {
      caller.join();
    }
    EXPECT_EQ(indices.size(), kEach / 2 + kCallers * kEach / 2);
    EXPECT_EQ(log_->Tree()->size, indices.size());
    const SequencerCounts counts = sequencer.counts();
    EXPECT_EQ(counts.entries, indices.size());
    EXPECT_EQ(counts.entries + counts.duplicates, kCallers * kEach);
    sequencer.Stop();
    EXPECT_EQ(sequencer.Add("late", [](base::Result<Added>) {}).error().kind,
              ErrorKind::kCancelled);
  }
  EXPECT_GT(grown, 0);
}

TEST_F(LogTest, AFullQueuePushesBack) {
  SequencerOptions options;
  options.queue_entries_max = 10;
  std::atomic<int> answered{0};
  int pushed_back = 0;
  {
    Sequencer sequencer(log_.get(), options, [] {});
    for (int i = 0; i < 2000; ++i) {
      const base::Status status =
          sequencer.Add("x" + std::to_string(i),
                        [&answered](base::Result<Added> added) { answered += added.ok() ? 1 : 0; });
      pushed_back += status.ok() ? 0 : 1;
    }
    EXPECT_EQ(sequencer.counts().pushed_back, static_cast<unsigned>(pushed_back));
  }
  EXPECT_GT(pushed_back, 0);
  EXPECT_EQ(answered + pushed_back, 2000);  // stopping answered all that were queued
}

// A witness in memory, as the specification says; or one that misbehaves.
struct FakeWitness {
  explicit FakeWitness(tlog::SignerKey k) : key(std::move(k)) {}
  tlog::SignerKey key;
  tlog::WitnessedTree last;
  int asked = 0;
  std::function<base::Result<WitnessReply>(const std::string& body)> instead;

  base::Result<WitnessReply> Answer(const std::string& body, const tlog::VerifierKey& log_key) {
    ++asked;
    if (instead) {
      return instead(body);
    }
    const auto request = tlog::ParseAddCheckpointRequest(body).value();
    const auto note = tlog::ParseCheckpointNote(request.checkpoint).value();
    const auto verdict = tlog::JudgeAddCheckpoint(request, note, std::span(&log_key, 1), last);
    if (verdict.status == 409) {
      return WitnessReply{409, tlog::ConflictBody(last.size)};
    }
    if (verdict.status != 200) {
      return WitnessReply{verdict.status, verdict.why};
    }
    last = {note.checkpoint.size, note.checkpoint.root};
    return WitnessReply{200, key.Sign(note.note.text, 1234).value()};
  }
};

class PublisherTest : public LogTest {
 protected:
  void SetUp() override {
    LogTest::SetUp();
    std::string text = "log " + key_.verifier().ToText() + "\n";
    for (int i = 0; i < 3; ++i) {
      const std::string name = fmt::format("w{}.example", i);
      witnesses_.emplace(name, FakeWitness(MakeKey(name, tlog::KeyKind::kCosignatureEd25519,
                                                   static_cast<char>('1' + i))));
      text += fmt::format("witness {} {} http://{}/\n", name,
                          witnesses_.at(name).key.verifier().ToText(), name);
    }
    text += "group two 2 w0.example w1.example w2.example\nquorum two\n";
    policy_ = tlog::Policy::Parse(text).value();
    options_.witnesses.request_timeout_ms = 500;
    MakePublisher();
  }
  void TearDown() override {
    publisher_.reset();
    LogTest::TearDown();
  }
  void MakePublisher() {
    publisher_ =
        std::make_unique<Publisher>(log_.get(), &key_, &policy_, options_,
                                    [this](const std::string& url, const std::string& body) {
                                      const std::string name = url.substr(7, url.find('/', 7) - 7);
                                      EXPECT_EQ(url, "http://" + name + "/add-checkpoint");
                                      const std::lock_guard lock(mutex_);
                                      return witnesses_.at(name).Answer(body, key_.verifier());
                                    });
  }
  std::string Published() {
    return log_->public_blobs().Get(kCheckpointKey, tlog::kNoteBytesMax).value_or("");
  }

  std::mutex mutex_;
  tlog::SignerKey key_ = MakeKey(kOrigin, tlog::KeyKind::kEd25519, 'k');
  std::map<std::string, FakeWitness> witnesses_;
  tlog::Policy policy_;
  PublisherOptions options_;
  std::unique_ptr<Publisher> publisher_;
};

TEST_F(PublisherTest, PublishesWhatTheWitnessesCosigned) {
  ASSERT_EQ(publisher_->Publish().value(), 0u);
  std::size_t size = 0;
  for (const std::size_t step : {1u, 5u, 300u, 7u}) {
    Grow(*log_, size, size + step);
    size += step;
    ASSERT_EQ(publisher_->Publish().value(), size);
    const auto trusted = policy_.Open(Published());
    ASSERT_TRUE(trusted.ok());
    EXPECT_EQ(trusted->checkpoint.size, size);
    EXPECT_GE(trusted->cosignatures.size(), 2u);
  }
  EXPECT_FALSE(std::filesystem::exists(folder_ + "/public/tile/0/000.p"));
  EXPECT_FALSE(std::filesystem::exists(folder_ + "/public/tile/entries/000.p"));
  EXPECT_EQ(publisher_->state().size, size);
}

TEST_F(PublisherTest, WithoutAQuorumNothingIsPublished) {
  Grow(*log_, 0, 3);
  ASSERT_TRUE(publisher_->Publish().ok());
  const std::string before = Published();
  Grow(*log_, 3, 6);
  for (const char* name : {"w0.example", "w1.example"}) {
    witnesses_.at(name).instead = [](const std::string&) -> base::Result<WitnessReply> {
      return base::MakeError(ErrorKind::kIo, "connection refused");
    };
  }
  const auto failed = publisher_->Publish();
  ASSERT_FALSE(failed.ok());
  EXPECT_EQ(failed.error().kind, ErrorKind::kPermission);
  EXPECT_NE(failed.error().message.find("connection refused"), std::string::npos);
  EXPECT_EQ(Published(), before);
  witnesses_.at("w1.example").instead = nullptr;
  EXPECT_EQ(publisher_->Publish().value(), 6u);
  EXPECT_NE(Published(), before);
}

TEST_F(PublisherTest, WitnessesThatLieDoNotCount) {
  Grow(*log_, 0, 3);
  const auto stranger = MakeKey("w0.example", tlog::KeyKind::kCosignatureEd25519, 'z');
  const std::vector<std::function<base::Result<WitnessReply>(const std::string&)>> lies = {
      [&](const std::string&) {
        return WitnessReply{200, stranger.Sign("x\n", 5).value()};
      },
      [&](const std::string&) {
        return WitnessReply{200, witnesses_.at("w0.example").key.Sign("another text\n", 5).value()};
      },
      [](const std::string&) {
        return WitnessReply{200, ""};
      },
      [](const std::string&) {
        return WitnessReply{200, std::string(100'000, 'x')};
      },
      [](const std::string&) {
        return WitnessReply{409, "2\n"};
      },
      [](const std::string&) {
        return WitnessReply{409, "9999\n"};
      },
      [](const std::string&) {
        return WitnessReply{409, "rubbish"};
      },
      [](const std::string&) {
        return WitnessReply{500, ""};
      },
      [](const std::string&) {
        return WitnessReply{403, ""};
      },
  };
  for (std::size_t i = 0; i < lies.size(); ++i) {
    witnesses_.at("w0.example").instead = lies[i];
    witnesses_.at("w1.example").instead = lies[i];
    EXPECT_FALSE(publisher_->Publish().ok()) << i;
    EXPECT_EQ(Published(), "") << i;
    EXPECT_LT(witnesses_.at("w0.example").asked, 4 * (static_cast<int>(i) + 1));
  }
}

TEST_F(PublisherTest, ANewProcessLearnsTheWitnessesSizes) {
  Grow(*log_, 0, 3);
  ASSERT_TRUE(publisher_->Publish().ok());
  Grow(*log_, 3, 9);
  ASSERT_TRUE(publisher_->Publish().ok());
  // One witness has missed a lot, one has none of it.
  witnesses_.at("w0.example").last = {};
  witnesses_.at("w1.example").last = {3,
                                      tlog::testing::NaiveRoot(tlog::testing::NumberedLeaves(3))};
  publisher_.reset();
  MakePublisher();
  Grow(*log_, 9, 300);
  ASSERT_EQ(publisher_->Publish().value(), 300u);
  EXPECT_EQ(policy_.Open(Published())->cosignatures.size(), 3u);
}

TEST_F(PublisherTest, ASilentWitnessHoldsUpNobodyForLong) {
  std::atomic<bool> release{false};
  witnesses_.at("w2.example").instead = [&](const std::string&) -> base::Result<WitnessReply> {
    return base::MakeError(ErrorKind::kTimeout, "silent");
  };
  publisher_.reset();
  publisher_ = std::make_unique<Publisher>(
      log_.get(), &key_, &policy_, options_,
      [this, &release](const std::string& url,
                       const std::string& body) -> base::Result<WitnessReply> {
        if (url.find("w2.") != std::string::npos) {
          while (!release) {
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
          }
        }
        const std::lock_guard lock(mutex_);
        return witnesses_.at(url.substr(7, url.find('/', 7) - 7)).Answer(body, key_.verifier());
      });
  Grow(*log_, 0, 3);
  const auto start = std::chrono::steady_clock::now();
  EXPECT_TRUE(publisher_->Publish().ok());
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::milliseconds(450));
  release = true;
  publisher_.reset();
}

TEST_F(PublisherTest, ASplitViewIsNotCosigned) {
  Grow(*log_, 0, 5);
  ASSERT_TRUE(publisher_->Publish().ok());
  // The same key on another folder with other entries: a fork.
  const std::string fork_folder = folder_ + "-fork";
  ASSERT_TRUE(LogStore::Create(fork_folder, kOrigin).ok());
  auto fork = LogStore::Open(fork_folder, kOrigin).value();
  const std::vector<std::string> texts = {"a", "b", "c", "d", "e", "f", "g"};
  std::vector<base::Bytes> entries;
  for (const std::string& text : texts) {
    entries.push_back(AsBytes(text));
  }
  ASSERT_TRUE(fork->Add(entries).ok());
  {
    Publisher forked(
        fork.get(), &key_, &policy_, options_,
        [this](const std::string& url, const std::string& body) {
          const std::lock_guard lock(mutex_);
          return witnesses_.at(url.substr(7, url.find('/', 7) - 7)).Answer(body, key_.verifier());
        });
    EXPECT_EQ(forked.Publish().error().kind, ErrorKind::kPermission);
    EXPECT_FALSE(fork->public_blobs().Get(kCheckpointKey, 1000).ok());
  }
  fork.reset();
  std::filesystem::remove_all(fork_folder);
}

TEST_F(PublisherTest, AStorageThatForgetsIsNotSigned) {
  Grow(*log_, 0, 5);
  std::filesystem::copy(folder_ + "/private/tree", folder_ + "/tree.old");
  Grow(*log_, 5, 10);
  ASSERT_TRUE(publisher_->Publish().ok());
  std::filesystem::rename(folder_ + "/tree.old", folder_ + "/private/tree");
  const auto refused = publisher_->Publish();
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().kind, ErrorKind::kMalformed);
  EXPECT_NE(refused.error().message.find("refusing to sign"), std::string::npos);
}

TEST_F(PublisherTest, RunsByItself) {
  options_.interval_min_ms = 1;
  options_.republish_ms = 50;
  publisher_.reset();
  MakePublisher();
  publisher_->Start([](const base::Error& error) { ADD_FAILURE() << error.message; });
  Grow(*log_, 0, 5);
  publisher_->Wake();
  for (int i = 0; i < 500 && publisher_->state().size != 5; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  EXPECT_EQ(publisher_->state().size, 5u);
  const std::uint64_t published = publisher_->state().published;
  for (int i = 0; i < 500 && publisher_->state().published < published + 2; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  EXPECT_GE(publisher_->state().published, published + 2);  // although nothing grew
  publisher_->Stop();
}

}  // namespace
}  // namespace day::network::log
