#include "endpoint/updater/updater.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "libs/crypto/hash.h"
#include "libs/net/testing/script_server.h"
#include "libs/update/testing/world.h"

namespace day::endpoint::updater {
namespace {

using base::ErrorKind;
using net::testing::Answer;
using net::testing::ScriptServer;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string Ok(const std::string& body, std::size_t cut = std::string::npos) {
  return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
         body.substr(0, cut);
}

MirrorOptions Options(std::vector<std::string> urls, std::vector<std::uint32_t>* sleeps) {
  MirrorOptions options;
  options.urls = std::move(urls);
  options.limits.body_max_bytes = 1000;
  options.sleep_ms = [sleeps](std::uint32_t ms) { sleeps->push_back(ms); };
  return options;
}

TEST(Mirrors, GoesOnWhereADownloadBroke) {
  ScriptServer server(
      {{Ok("0123456789", 4)},
       {"HTTP/1.1 206 Partial\r\nContent-Length: 6\r\nContent-Range: bytes 4-9/10\r\n\r\n456789"},
       {Ok("0123456789", 4)},
       {Ok("abcdefghij")}});
  std::vector<std::uint32_t> sleeps;
  Mirrors mirrors(Options({server.Address("/d")}, &sleeps));
  std::vector<std::string> got;
  const auto accept = [&got](const std::string& bytes) {
    got.push_back(bytes);
    return base::OkStatus();
  };
  EXPECT_TRUE(mirrors.Fetch("latest.upd", accept).ok());
  EXPECT_TRUE(mirrors.Fetch("latest.upd", accept).ok());  // starts anew if the server does
  EXPECT_THAT(got, ElementsAre("0123456789", "abcdefghij"));
  server.Finish();
  EXPECT_TRUE(server.requests()[0].starts_with("GET /d/latest.upd HTTP/1.1\r\n"));
  EXPECT_THAT(server.requests()[1], HasSubstr("Range: bytes=4-\r\n"));
}

TEST(Mirrors, AsksTheNextOneAndPausesLongerEachRound) {
  ScriptServer bad({{"HTTP/1.1 500 No\r\n\r\n"}, {"HTTP/1.1 404 No\r\n\r\n"}, {Ok("refused")}});
  std::vector<std::uint32_t> sleeps;
  Mirrors mirrors(Options({bad.Address("/x.upd")}, &sleeps));
  const auto accept = [](const std::string&) {
    return base::Status(base::MakeError(ErrorKind::kPermission, "not signed"));
  };
  EXPECT_THAT(mirrors.Fetch("latest.upd", accept).error().message, HasSubstr("not signed"));
  ASSERT_EQ(sleeps.size(), 2u);
  EXPECT_GE(sleeps[0], 1000u);
  EXPECT_GE(sleeps[1], 2000u);
  EXPECT_LE(sleeps[1], 4000u);
  Mirrors nowhere(Options({}, &sleeps));
  EXPECT_EQ(nowhere.Fetch("a", accept).error().kind, ErrorKind::kInvalidUse);
}

TEST(Mirrors, EndlessDataIsRefused) {
  ScriptServer server(
      {{Ok(std::string(2000, 'x'))}, {Ok(std::string(2000, 'x'))}, {Ok(std::string(2000, 'x'))}});
  std::vector<std::uint32_t> sleeps;
  Mirrors mirrors(Options({server.Address("/")}, &sleeps));
  const auto accept = [](const std::string&) { return base::OkStatus(); };
  EXPECT_EQ(mirrors.Fetch("a", accept).error().kind, ErrorKind::kLimit);
}

class StateTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = ::testing::TempDir() + "/daylight-state-" + std::to_string(::getpid());
    std::filesystem::remove_all(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string folder_;
  update::testing::World world_;
};

TEST_F(StateTest, SlotsComeBackAndDamageIsSaid) {
  const StateFolder state(folder_);
  EXPECT_FALSE(state.Exists());
  ASSERT_TRUE(Updater::Trust(state, world_.root_json(), world_.policy_text()).ok());
  EXPECT_TRUE(state.Exists());
  EXPECT_FALSE(state.ReadSlots()->active);
  EXPECT_FALSE(ActiveRules(folder_, nullptr));
  Slots slots;
  slots.slots[1] = {"ab", 7};
  slots.active = 1;
  slots.rejected["cd"] = "why";
  ASSERT_TRUE(state.WriteSlots(slots).ok());
  const Slots back = state.ReadSlots().value();
  EXPECT_EQ(back.Active()->sequence, 7);
  EXPECT_EQ(back.Previous(), nullptr);
  EXPECT_EQ(back.rejected.at("cd"), "why");
  EXPECT_EQ(ActiveRules(folder_, nullptr), folder_ + "/slots/b/rules");
  std::ofstream(folder_ + "/slots.json") << "{";
  std::string problem;
  EXPECT_FALSE(ActiveRules(folder_, &problem));
  EXPECT_THAT(problem, HasSubstr("damaged"));
}

TEST_F(StateTest, TrustNeedsAQuorumAndASignedRoot) {
  const StateFolder state(folder_);
  const std::string policy = world_.policy_text();
  EXPECT_EQ(Updater::Trust(state, world_.root_json(),
                           policy.substr(0, policy.find("group")) + "quorum none\n")
                .error()
                .kind,
            ErrorKind::kInvalidUse);
  std::string root = world_.root_json();
  root[root.find("\"threshold\":1") + 12] = '2';
  EXPECT_FALSE(Updater::Trust(state, root, policy).ok());
  EXPECT_FALSE(state.Exists());
  EXPECT_EQ(Updater(state, {}).FromFile("x").error().kind, ErrorKind::kNotFound);
}

TEST_F(StateTest, TheLogSurvivesHalfALineAndDoubleWriting) {
  const StateFolder state(folder_);
  ASSERT_TRUE(Updater::Trust(state, world_.root_json(), world_.policy_text()).ok());
  update::EntryReport entry;
  entry.index = 3;
  entry.statement.kind = update::StatementKind::kHalt;
  entry.statement.text = "words\n";
  ASSERT_TRUE(state.AppendLog({entry}).ok());
  std::ofstream(folder_ + "/log.jsonl", std::ios::app) << "{\"index\":4,";
  ASSERT_TRUE(state.AppendLog({entry}).ok());  // this line is lost to the half one before it
  entry.index = 2;
  ASSERT_TRUE(state.AppendLog({entry, entry}).ok());
  const std::vector<LogLine> lines = state.ReadLog().value();
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[0].index, 2u);
  EXPECT_EQ(lines[1].index, 3u);
  EXPECT_EQ(lines[1].text, "words\n");
}

TEST_F(StateTest, OnlyUnchangedFilesOfPackagesAreKnownGood) {
  TrialOptions options;
  options.root = folder_ + "/root/";
  options.dpkg_info = folder_ + "/info";
  std::filesystem::create_directories(options.root + "usr/bin");
  std::filesystem::create_directories(options.dpkg_info);
  for (const char* name : {"good", "changed", "third"}) {
    std::ofstream(options.root + "usr/bin/" + name) << name;
  }
  const auto md5 = [](const char* text) {
    return crypto::ToHexDigest(crypto::Md5(base::AsBytes(text)));
  };
  std::ofstream(options.dpkg_info + "/p.md5sums") << "junk\n"
                                                  << md5("good") << "  usr/bin/good\n"
                                                  << md5("other") << "  usr/bin/changed\n"
                                                  << md5("x") << "  usr/bin/absent\n"
                                                  << md5("third") << "  usr/share/third\n";
  EXPECT_THAT(KnownGoodFiles(options), ElementsAre(options.root + "usr/bin/good"));
}

}  // namespace
}  // namespace day::endpoint::updater
