// The witness, the monitor, fsck and mirror over logs in memory, honest and not.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <map>

#include "libs/tlog/checkpoint.h"
#include "libs/tlog/tile_builder.h"
#include "network/audit/monitor.h"
#include "network/audit/rebuild.h"
#include "network/audit/witness.h"

namespace day::network::audit {
namespace {

using base::AsBytes;
using base::ErrorKind;
using Files = std::map<std::string, std::string>;

constexpr const char* kOrigin = "test.example/log";
constexpr std::uint64_t kNow = 1'800'000'000;

tlog::SignerKey MakeKey(const std::string& name, tlog::KeyKind kind, char seed) {
  return tlog::SignerKey::Create(name, kind, AsBytes(std::string(32, seed))).value();
}

class AuditTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string path = ::testing::TempDir() + "daylight-audit.XXXXXX";
    ASSERT_NE(::mkdtemp(path.data()), nullptr);
    folder_ = path;
    state_ = store::OpenDirectoryBlobs(folder_ + "/state").value();
    policy_ =
        tlog::Policy::Parse(fmt::format("log {}\nwitness w {}\nquorum w\n",
                                        key_.verifier().ToText(), witness_.verifier().ToText()))
            .value();
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string Sign(const tlog::Checkpoint& checkpoint, std::uint64_t time_s) {
    const std::string text = checkpoint.ToText();
    return text + "\n" + key_.Sign(text, 0).value() + witness_.Sign(text, time_s).value();
  }
  // The files of a log whose entries are "<prefix> 0", ...; those below `common` are "entry N".
  Files MakeLog(std::size_t size, const std::string& prefix = "entry", std::size_t common = 0,
                std::uint64_t time_s = kNow) {
    tlog::TileBuilder builder;
    std::vector<tlog::TileFile> made;
    for (std::size_t i = 0; i < size; ++i) {
      const std::string entry = fmt::format("{} {}", i < common ? "entry" : prefix, i);
      builder.Append(AsBytes(entry), tlog::LeafHash(AsBytes(entry)), &made);
    }
    builder.AppendPartials(0, &made);
    Files files;
    for (const tlog::TileFile& file : made) {
      files[tlog::TilePath(file.id)] = file.bytes;
    }
    files["checkpoint"] = Sign({kOrigin, size, builder.Root(), {}}, time_s);
    return files;
  }
  static Source Over(const Files& files) {
    return [&files](const std::string& path, std::uint64_t) -> base::Result<std::string> {
      const auto found = files.find(path);
      if (found == files.end()) {
        return base::MakeError(ErrorKind::kNotFound, "none");
      }
      return found->second;
    };
  }
  MonitorReport Look(const Files& files) {
    Monitor monitor = Monitor::Open(&policy_, state_.get(), {}).value();
    return monitor
        .Look(
            Over(files), kNow, [](std::uint64_t, base::Bytes) {}, [] { return base::OkStatus(); })
        .value();
  }
  static std::string Kinds(const MonitorReport& report) {
    std::string out;
    for (const Anomaly& anomaly : report.anomalies) {
      out += std::string(AnomalyName(anomaly.kind)) + " ";
    }
    return out;
  }

  std::string folder_;
  std::unique_ptr<store::Blobs> state_;
  tlog::SignerKey key_ = MakeKey(kOrigin, tlog::KeyKind::kEd25519, 'k');
  tlog::SignerKey witness_ = MakeKey("w.example", tlog::KeyKind::kCosignatureEd25519, 'w');
  tlog::Policy policy_;
};

TEST_F(AuditTest, AnHonestLogIsFollowed) {
  for (const std::size_t size : {0u, 3u, 3u, 300u, 1000u}) {
    const MonitorReport report = Look(MakeLog(size));
    EXPECT_EQ(Kinds(report), "") << size;
    EXPECT_EQ(report.size, size);
    EXPECT_EQ(report.quorum_time_s, kNow);
  }
}

TEST_F(AuditTest, EntriesComeInOrderAndOnce) {
  std::vector<std::string> seen;
  for (const std::size_t size : {5u, 5u, 270u}) {
    const Files files = MakeLog(size);
    Monitor monitor = Monitor::Open(&policy_, state_.get(), {}).value();
    (void)monitor.Look(
        Over(files), kNow,
        [&seen](std::uint64_t index, base::Bytes entry) {
          EXPECT_EQ(index, seen.size());
          seen.emplace_back(base::AsText(entry));
        },
        [] { return base::OkStatus(); });
  }
  ASSERT_EQ(seen.size(), 270u);
  EXPECT_EQ(seen[269], "entry 269");
}

TEST_F(AuditTest, EverySortOfAnomalyHasItsName) {
  ASSERT_EQ(Kinds(Look(MakeLog(300))), "");
  EXPECT_EQ(Kinds(Look({})), "unreachable ");
  EXPECT_EQ(Kinds(Look(MakeLog(300, "entry", 0, kNow - 25 * 3600))), "stale ");
  EXPECT_EQ(Kinds(Look(MakeLog(10))), "older ");
  Files files = MakeLog(310);
  const std::string good = files["checkpoint"];
  files["checkpoint"] = good.substr(0, good.rfind("\xE2\x80\x94"));  // without its witness
  EXPECT_EQ(Kinds(Look(files)), "not_trusted ");
  files["checkpoint"] = "rubbish";
  EXPECT_EQ(Kinds(Look(files)), "not_trusted ");
  files["checkpoint"] = good;
  files["tile/entries/001.p/54"].back() ^= 1;
  EXPECT_EQ(Kinds(Look(files)), "wrong_entries ");
  files.erase("tile/entries/001.p/54");
  EXPECT_EQ(Kinds(Look(files)), "wrong_entries ");
  // None of this moved the monitor.
  EXPECT_EQ(Look(MakeLog(310)).new_entries, 10u);
}

TEST_F(AuditTest, ForksAreCaughtAndKept) {
  ASSERT_EQ(Kinds(Look(MakeLog(300))), "");
  // The same size and a larger one, signed and cosigned. A smaller one is only older: its tiles say
  // nothing about the tree that was seen before.
  EXPECT_EQ(Kinds(Look(MakeLog(280, "other", 270))), "older ");
  for (const std::size_t size : {300u, 400u}) {
    const MonitorReport report = Look(MakeLog(size, "other", 270));
    EXPECT_NE(Kinds(report).find("fork "), std::string::npos) << size << ": " << Kinds(report);
    EXPECT_EQ(report.size, 300u);
    const std::string evidence = state_->Get(report.anomalies.back().evidence, 1 << 20).value();
    const std::size_t second = evidence.rfind(std::string("\n\n") + kOrigin);
    ASSERT_NE(second, std::string::npos);
    EXPECT_TRUE(policy_.Open(evidence.substr(0, second + 1)).ok());
    EXPECT_TRUE(policy_.Open(evidence.substr(second + 2)).ok());
  }
  EXPECT_EQ(Kinds(Look(MakeLog(301))), "");
}

TEST_F(AuditTest, ADamagedStateIsAnError) {
  ASSERT_EQ(Kinds(Look(MakeLog(7))), "");
  const std::string good = state_->Get("monitor-state", 1 << 20).value();
  for (std::size_t i = 0; i < good.find("\n\n") + 50; ++i) {
    std::string bad = good;
    bad[i] ^= 1;
    ASSERT_TRUE(state_->Put("monitor-state", AsBytes(bad)).ok());
    const auto opened = Monitor::Open(&policy_, state_.get(), {});
    EXPECT_TRUE(!opened.ok() || i > good.find("\n\n")) << i;
  }
}

TEST_F(AuditTest, FsckAndMirror) {
  const Files files = MakeLog(600);
  const auto report = Fsck(Over(files), policy_);
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(report->problem_count, 0u);
  EXPECT_EQ(report->entries, 600u);
  for (const auto& [path, bytes] : files) {
    Files bad = files;
    bad[path][bytes.size() / 2] ^= 1;
    const auto found = Fsck(Over(bad), policy_);
    EXPECT_TRUE(!found.ok() || found->problem_count > 0) << path;
    bad.erase(path);
    const auto missing = Fsck(Over(bad), policy_);
    EXPECT_TRUE(!missing.ok() || missing->problem_count > 0) << path;
  }
  const auto copy = store::OpenDirectoryBlobs(folder_ + "/copy").value();
  const auto own = [&copy](const std::string& path, std::uint64_t size_max) {
    return copy->Get(path, size_max);
  };
  ASSERT_TRUE(Mirror(Over(MakeLog(260)), policy_, *copy).ok());
  EXPECT_EQ(Mirror(Over(files), policy_, *copy)->entries_before, 260u);
  EXPECT_EQ(Fsck(own, policy_)->problem_count, 0u);
  EXPECT_FALSE(Mirror(Over(MakeLog(400)), policy_, *copy).ok());                // backwards
  EXPECT_FALSE(Mirror(Over(MakeLog(700, "other", 500)), policy_, *copy).ok());  // a fork
  EXPECT_EQ(Fsck(own, policy_)->trusted.checkpoint.size, 600u);
}

class WitnessTest : public AuditTest {
 protected:
  std::unique_ptr<Witness> Open() {
    return Witness::Open(folder_ + "/witness",
                         MakeKey("w.example", tlog::KeyKind::kCosignatureEd25519, 'w'), policy_,
                         [this] { return now_s_; })
        .value();
  }
  net::HttpAnswer Ask(Witness& witness, std::uint64_t old_size, std::size_t size,
                      const std::string& prefix = "entry") {
    const Files files = MakeLog(size, prefix);
    tlog::AddCheckpointRequest request;
    request.old_size = old_size;
    request.checkpoint = files.at("checkpoint");
    if (old_size > 0 && old_size < size) {
      tlog::TileNodes nodes(
          [&files](const tlog::TileId& id) -> base::Result<std::string> {
            return files.at(tlog::TilePath(id));
          },
          size);
      request.proof = tlog::MakeConsistencyProof(nodes, old_size, size).value();
    }
    return witness.Answer({"POST", "/add-checkpoint", request.ToText()});
  }
  std::uint64_t now_s_ = kNow;
};

TEST_F(WitnessTest, CosignsWhatExtendsAndRemembersIt) {
  auto witness = Open();
  EXPECT_EQ(Ask(*witness, 0, 5).status, 200u);
  EXPECT_EQ(Ask(*witness, 5, 300).status, 200u);
  EXPECT_EQ(Ask(*witness, 5, 300).status, 409u);
  witness.reset();
  witness = Open();
  const net::HttpAnswer conflict = Ask(*witness, 0, 5);
  EXPECT_EQ(conflict.status, 409u);
  EXPECT_EQ(conflict.body, "300\n");
  EXPECT_EQ(conflict.content_type, "text/x.tlog.size");
  EXPECT_EQ(Ask(*witness, 300, 300, "fork").status, 422u);
  EXPECT_EQ(Ask(*witness, 300, 301, "fork").status, 422u);
  EXPECT_EQ(Ask(*witness, 300, 299).status, 400u);
  const net::HttpAnswer memory = witness->Answer({"GET", "/" + WitnessPath(kOrigin), ""});
  EXPECT_EQ(policy_.Open(memory.body)->checkpoint.size, 300u);
}

TEST_F(WitnessTest, ItsTimeNeverGoesBack) {
  auto witness = Open();
  ASSERT_EQ(Ask(*witness, 0, 5).status, 200u);
  now_s_ = kNow - 1000;
  const auto line = tlog::ParseSignatureLines(Ask(*witness, 5, 5).body);
  EXPECT_EQ(line->at(0).CosignatureTime(), kNow);
}

TEST_F(WitnessTest, DamagedMemoryIsNotNothingSeenYet) {
  auto witness = Open();
  ASSERT_EQ(Ask(*witness, 0, 5).status, 200u);
  const std::string path = folder_ + "/witness/" + WitnessPath(kOrigin);
  const std::string good = witness->Answer({"GET", "/" + WitnessPath(kOrigin), ""}).body;
  for (std::size_t i = 0; i < good.size(); i += 3) {
    std::string bad = good;
    bad[i] ^= 1;
    std::ofstream(path) << bad;
    const unsigned status = Ask(*witness, 0, 9).status;
    // A changed signature of the log itself does not matter: our own covers the tree.
    EXPECT_TRUE(status == 500 || status == 409) << i << ": " << status;
  }
  std::ofstream(path) << "";
  EXPECT_EQ(Ask(*witness, 0, 9).status, 500u);
}

TEST_F(WitnessTest, OnlyOneProcessAndOnlyACosignersKey) {
  const auto witness = Open();
  EXPECT_EQ(Witness::Open(folder_ + "/witness",
                          MakeKey("w.example", tlog::KeyKind::kCosignatureEd25519, 'w'), policy_,
                          [] { return kNow; })
                .error()
                .kind,
            ErrorKind::kTimeout);
  EXPECT_EQ(Witness::Open(folder_ + "/other", MakeKey(kOrigin, tlog::KeyKind::kEd25519, 'k'),
                          policy_, [] { return kNow; })
                .error()
                .kind,
            ErrorKind::kInvalidUse);
}

}  // namespace
}  // namespace day::network::audit
