#include "endpoint/updater/updater.h"

#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "libs/crypto/hash.h"
#include "libs/net/testing/script_server.h"
#include "libs/update/testing/world.h"
#include "libs/workerproto/messages.h"

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

// A worker that says these bytes and ends so.
std::string FakeWorker(const std::string& path, const std::string& says, const std::string& end) {
  std::string script = "#!/bin/sh\nprintf '";
  for (const char c : says) {
    script += fmt::format("\\{:03o}", static_cast<unsigned char>(c));
  }
  std::ofstream(path) << script << "' >&3\n" << end << "\n";
  std::filesystem::permissions(path, std::filesystem::perms::owner_all);
  return path;
}

TEST_F(StateTest, OnlyWhatABundleDoesIsHeldAgainstIt) {
  const StateFolder state(folder_);
  ASSERT_TRUE(Updater::Trust(state, world_.root_json(), world_.policy_text()).ok());
  world_.Release({{"a.yar", "rule a { condition: false }"}});
  const std::string update = update::EncodeUpd(world_.MakeUpd());
  const auto run = [&](const std::string& worker) {
    UpdaterOptions options;
    options.now_s = world_.now_s;
    options.trial.worker_program = worker;
    return Updater(state, options).FromFile(update).value();
  };
  std::string ready;
  ASSERT_TRUE(workerproto::Append(workerproto::Ready{}, &ready).ok());
  // This machine's fault, twice: the release waits for a better day.
  for (const std::string& worker :
       {folder_ + "/absent", FakeWorker(folder_ + "/ends", "", "exit 1")}) {
    const UpdateOutcome outcome = run(worker);
    EXPECT_EQ(outcome.kind, UpdateOutcome::Kind::kNotTried) << worker;
    EXPECT_EQ(outcome.sequence, 1);
    EXPECT_FALSE(outcome.reason.empty());
    EXPECT_TRUE(state.ReadSlots()->rejected.empty());
  }
  // A worker that was ready and then crashed is the bundle's fault, once and for all.
  for (const std::string& worker :
       {FakeWorker(folder_ + "/crashes", ready, "kill -SEGV $$"), folder_ + "/absent"}) {
    const UpdateOutcome outcome = run(worker);
    EXPECT_EQ(outcome.kind, UpdateOutcome::Kind::kRejected) << worker;
    EXPECT_THAT(outcome.reason, HasSubstr("signal 11"));
    EXPECT_EQ(state.ReadSlots()->rejected.size(), 1u);
  }
}

TEST_F(StateTest, WhatIsPinnedIsTrustedFromTheStartAndNotLater) {
  const StateFolder state(folder_);
  EXPECT_EQ(Updater::EnsureTrust(state, PinnedTrust{}).error().kind, ErrorKind::kNotFound);
  const std::string policy = world_.policy_text();
  const PinnedTrust pinned{world_.root_json(), policy, "http://a/\n\nhttp://b/\n"};
  ASSERT_TRUE(Updater::EnsureTrust(state, pinned).ok());
  EXPECT_THAT(state.ReadMirrors().value(), ElementsAre("http://a/", "http://b/"));
  EXPECT_EQ(state.ReadPolicy().value(), policy);
  // What a person trusted is not replaced by it.
  const PinnedTrust other{"{}", "", ""};
  EXPECT_TRUE(Updater::EnsureTrust(state, other).ok());
  EXPECT_EQ(state.ReadPolicy().value(), policy);
  const StateFolder fresh(folder_ + "-fresh");
  EXPECT_FALSE(Updater::EnsureTrust(fresh, other).ok());
  std::filesystem::remove_all(fresh.path());
}

TEST_F(StateTest, AReleaseOfLongAgoIsStillARelease) {
  const StateFolder state(folder_);
  ASSERT_TRUE(Updater::Trust(state, world_.root_json(), world_.policy_text()).ok());
  Slots slots;
  for (std::size_t i = 0; i < update::kReleasesKept + 2; ++i) {
    world_.Release({{"a.yar", fmt::format("rule r{} {{ condition: false }}", i)}});
  }
  ASSERT_TRUE(state
                  .WriteNew(world_.bundles[0],
                            update::DecodeBundle(base::AsBytes(world_.bundles[0])).value())
                  .ok());
  ASSERT_TRUE(state.AdoptNew(0).ok());
  const std::string first = world_.releases[0].subjects[0].sha256;
  slots.slots[0] = {first, 1};
  slots.active = 0;
  ASSERT_TRUE(state.WriteSlots(slots).ok());
  UpdaterOptions options;
  options.now_s = world_.now_s;
  ASSERT_TRUE(Updater(state, options).FromFile(update::EncodeUpd(world_.MakeUpd())).ok());
  ASSERT_EQ(state.ReadFollower()->FindRelease(first), nullptr);
  EXPECT_THAT(VerifyState(state, folder_, world_.now_s)->problems, ElementsAre());
  slots.slots[0].sequence = static_cast<std::int64_t>(world_.releases.size());
  ASSERT_TRUE(state.WriteSlots(slots).ok());
  EXPECT_THAT(VerifyState(state, folder_, world_.now_s)->problems,
              ElementsAre(HasSubstr("no release")));
}

// What happens to an endpoint when its release is halted and the next one is not for it yet.
class HaltTest : public StateTest {
 protected:
  void SetUp() override {
    StateTest::SetUp();
    const StateFolder state(folder_);
    ASSERT_TRUE(Updater::Trust(state, world_.root_json(), world_.policy_text()).ok());
    for (const char* rule : {"rule a { condition: false }", "rule b { condition: false }"}) {
      world_.Release({{"a.yar", rule}});
    }
    const std::string second = world_.releases[1].subjects[0].sha256;
    world_.Stop(update::StatementKind::kHalt, second, "slow", {21});
    update::Statement next = world_.NextRelease({{"a.yar", "rule c { condition: false }"}});
    next.rollout = {{100, 3600}};
    world_.Append(update::testing::World::Entry(next, {11, 12}));
  }

  // Slot b has the halted release, slot a the one before (or nothing).
  UpdateOutcome Halt(const std::string& before, const std::string& rejected) {
    const StateFolder state(folder_);
    Slots slots;
    slots.slots[0] = {before, before.empty() ? 0 : 1};
    slots.slots[1] = {world_.releases[1].subjects[0].sha256, 2};
    slots.active = 1;
    if (!rejected.empty()) {
      slots.rejected[rejected] = "somebody went back from it";
    }
    EXPECT_TRUE(state.WriteSlots(slots).ok());
    UpdaterOptions options;
    options.now_s = world_.now_s;
    options.trial.worker_program = folder_ + "/absent";
    return Updater(state, options).FromFile(update::EncodeUpd(world_.MakeUpd())).value();
  }
  std::string first() const { return world_.releases[0].subjects[0].sha256; }
};

TEST_F(HaltTest, GoesBackAtOnceAndTakesTheNextOneInItsTurn) {
  const UpdateOutcome outcome = Halt(first(), "");
  EXPECT_EQ(outcome.kind, UpdateOutcome::Kind::kWentBack);
  EXPECT_EQ(outcome.sequence, 1);
  EXPECT_EQ(StateFolder(folder_).ReadSlots()->active, 0u);
}

TEST_F(HaltTest, NeverStaysForWantOfAnother) {
  for (const std::string& before : {std::string(), first()}) {
    const UpdateOutcome outcome = Halt(before, before);
    EXPECT_EQ(outcome.kind, UpdateOutcome::Kind::kStoppedAll);
    EXPECT_FALSE(StateFolder(folder_).ReadSlots()->active);
    std::filesystem::remove(folder_ + "/slots.json");
  }
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
