// Judging a log's entries against what people with some of the keys can try.
#include "network/audit/release_watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <map>
#include <string>

#include "libs/update/testing/world.h"

namespace day::network::audit {
namespace {

using ::testing::HasSubstr;
using update::StatementKind;
using update::testing::World;

class ReleaseWatchTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = (std::filesystem::temp_directory_path() / "release-watch-XXXXXX").string();
    ASSERT_NE(::mkdtemp(folder_.data()), nullptr);
    state_ = store::OpenDirectoryBlobs(folder_ + "/state").value();
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  // Everything that the world's log has and was not seen, by a watch that starts from its state.
  std::string Look() {
    WatchOptions options;
    options.program = "/nonexistent/daylight";
    options.scratch = folder_ + "/scratch";
    if (with_bundles_) {
      options.bundles = [this](const std::string& path,
                               std::uint64_t) -> base::Result<std::string> {
        const auto found = served_.find(path);
        return found != served_.end() ? base::Result<std::string>(found->second)
                                      : base::Result<std::string>(base::MakeError(
                                            base::ErrorKind::kNotFound, path + ": not there"));
      };
    }
    ReleaseWatch watch = ReleaseWatch::Open(world_.root_json(), state_.get(), options).value();
    for (std::size_t i = 0; i < world_.entries.size(); ++i) {
      watch.OnEntry(i, base::AsBytes(world_.entries[i]));
    }
    watch.CheckBundles();
    EXPECT_TRUE(watch.Save().ok());
    std::string out;
    for (const Anomaly& anomaly : watch.TakeAnomalies()) {
      out += std::string(AnomalyName(anomaly.kind)) + ": " + anomaly.what + "\n";
    }
    verdicts_ = watch.TakeVerdicts();
    releases_ = watch.releases();
    return out;
  }

  void Release(int number) {
    world_.Release({{"a.yar", "rule r" + std::to_string(number) + " { condition: false }\n"}});
  }

  std::string folder_;
  std::unique_ptr<store::Blobs> state_;
  World world_;
  bool with_bundles_ = false;
  std::map<std::string, std::string> served_;
  std::vector<Verdict> verdicts_;
  std::uint64_t releases_ = 0;
};

TEST_F(ReleaseWatchTest, AGoodLogIsFollowedOverRestarts) {
  Release(1);
  world_.Append("talk of strangers");
  EXPECT_EQ(Look(), "");
  Release(2);
  world_.Stop(StatementKind::kHalt, world_.releases[1].subjects[0].sha256, "slow", {21});
  EXPECT_EQ(Look(), "");
  EXPECT_EQ(releases_, 2u);
}

TEST_F(ReleaseWatchTest, AMinorityOfKeysIsSeen) {
  Release(1);
  world_.Append(World::Entry(world_.NextRelease({{"a.yar", "x"}}), {11}));
  EXPECT_EQ(Look(), "minority: a bundle has 1 of the 2 signatures of rules\n");
  update::Statement removal = world_.NextRelease({{"a.yar", "y"}});
  removal.removes = true;
  world_.Append(World::Entry(removal, {11, 12}));
  EXPECT_EQ(Look(), "minority: a bundle has 2 of the 3 signatures of removals\n");
  world_.Append(World::Entry(world_.NextRelease({{"a.yar", "z"}}), {99, 98}));  // strangers
  EXPECT_EQ(Look(), "");
}

TEST_F(ReleaseWatchTest, KeysInForceCountAndContradictionsAreSeen) {
  Release(1);
  const std::string id = tuf::KeyId(tuf::MakeKey(update::testing::WorldKey(11).public_key()));
  ASSERT_TRUE(world_.repository().RemoveKey("rules", id).ok());
  world_.PublishMetadata({update::testing::kTargetsKey, update::testing::kOnlineKey});
  world_.Append(World::Entry(world_.NextRelease({{"a.yar", "x"}}), {11, 12}));
  EXPECT_EQ(Look(), "minority: a bundle has 1 of the 2 signatures of rules\n");
  // Two versions 3 of the targets, both signed as they must be.
  World other = world_;
  for (World* world : {&world_, &other}) {
    const int key = world == &world_ ? 14 : 15;
    ASSERT_TRUE(
        world->repository().AddKey("rules", update::testing::WorldKey(key).public_key()).ok());
    world->PublishMetadata({update::testing::kTargetsKey, update::testing::kOnlineKey});
  }
  world_.Append(other.entries.back());
  EXPECT_EQ(Look(), "keys: another 3.targets.json was logged before\n");
}

TEST_F(ReleaseWatchTest, AReleaseMustFitTheLog) {
  Release(1);
  Release(2);
  world_.Stop(StatementKind::kHalt, world_.releases[1].subjects[0].sha256, "slow", {21});
  EXPECT_EQ(Look(), "");
  Release(3);  // names release 2 as the one before it, and no stop
  EXPECT_EQ(Look(),
            "release: release 3 does not name the release before it\n"
            "release: release 3 hides that others were stopped\n");
  update::Statement again = world_.releases[0];
  again.log_size = 3;
  world_.Append(World::Entry(again, {11, 12}));
  EXPECT_EQ(Look(), "release: release 1 comes after release 3\n");
}

TEST_F(ReleaseWatchTest, BundlesAreWaitedForAndHeldAgainstTheirHash) {
  with_bundles_ = true;
  Release(1);
  const std::string path = "bundles/" + world_.releases[0].subjects[0].sha256 + ".bundle";
  EXPECT_THAT(Look(), HasSubstr("unreachable: "));
  EXPECT_THAT(Look(), HasSubstr("unreachable: "));  // asked again, also after a restart
  served_[path] = "something else";
  EXPECT_THAT(Look(), HasSubstr("bundle: a mirror has another file under its name"));
  served_[path] = world_.bundles[0];
  // The bundle is right; that this test has no program to compare with is not silently ignored.
  EXPECT_THAT(Look(), HasSubstr("bundle: "));
  ASSERT_EQ(verdicts_.size(), 1u);
  EXPECT_TRUE(verdicts_[0].same);
  EXPECT_EQ(Look(), "");
}

TEST_F(ReleaseWatchTest, DamagedStateIsAnError) {
  Release(1);
  Look();
  for (const char* text : {"", "{}", "{\"version\":1}", "{\"version\":1,\"root\":\"AAAA\"}"}) {
    ASSERT_TRUE(state_->Put("watch-state", base::AsBytes(text)).ok());
    EXPECT_FALSE(ReleaseWatch::Open(world_.root_json(), state_.get(), {}).ok()) << text;
  }
}

}  // namespace
}  // namespace day::network::audit
