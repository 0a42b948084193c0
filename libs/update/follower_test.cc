// Following the log against everything that a mirror, a log or a minority of keys can try.
#include "libs/update/follower.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <string>

#include "libs/crypto/hash.h"
#include "libs/tlog/tlog_proof.h"
#include "libs/update/testing/world.h"
#include "libs/wire/json.h"

namespace day::update {
namespace {

using base::AsBytes;
using base::ErrorKind;
using ::testing::HasSubstr;
using testing::kFirst;
using testing::kStart;
using testing::World;

using Files = std::map<std::string, std::string>;

Files OneRule(int number) {
  return {{"a.yar", "rule r" + std::to_string(number) + " { condition: false }\n"}};
}

std::string FileOf(const Upd& upd, std::string_view name) {
  return std::find_if(upd.tuf_files.begin(), upd.tuf_files.end(),
                      [name](const UpdTufFile& file) { return file.name == name; })
      ->bytes;
}

class FollowerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    state_ = StartFollowing(AsBytes(world_.root_json())).value();
    world_.Release(OneRule(1));
  }
  base::Result<Followed> Try(const Upd& upd) {
    return Follow(world_.policy(), upd, world_.now_s, state_);
  }
  // Follows and keeps what came out.
  Followed Go(const Upd& upd) {
    auto followed = Try(upd);
    EXPECT_TRUE(followed.ok()) << followed.error().message;
    if (!followed.ok()) {
      return {};
    }
    state_ = followed->state;
    return *followed;
  }
  std::string Active() {
    const KnownRelease* release = state_.Candidate();
    return release != nullptr ? std::to_string(release->statement.sequence) : "none";
  }

  World world_;
  FollowerState state_;
};

TEST_F(FollowerTest, AReleaseIsFoundAndItsBundleTaken) {
  const Upd upd = world_.MakeUpd();
  const Followed followed = Go(upd);
  ASSERT_EQ(followed.entries.size(), kFirst + 1);
  EXPECT_EQ(followed.entries[kFirst].refused, "");
  EXPECT_EQ(followed.entries[kFirst].signers, 2);
  EXPECT_EQ(Active(), "1");
  EXPECT_EQ(TakeBundle(upd, state_.Candidate()->statement, {}).value(), world_.bundles[0]);
  EXPECT_EQ(Go(upd).entries.size(), 0u);  // nothing new
}

TEST_F(FollowerTest, ReleasesComeWithProofsThatStandAlone) {
  for (int i = 2; i < 9; ++i) {
    const std::uint64_t first = state_.range.size();
    const Followed followed = Go(world_.MakeUpd(first));
    ASSERT_EQ(followed.proofs.size(), 1u);
    const ReleaseProof& one = followed.proofs[0];
    EXPECT_EQ(one.sha256, world_.releases.back().subjects[0].sha256);
    const tlog::TlogProof proof = tlog::ParseTlogProof(one.proof).value();
    EXPECT_TRUE(
        tlog::VerifyTlogProof(proof, tlog::LeafHash(AsBytes(one.entry)), world_.policy()).ok());
    world_.Append("something else");
    world_.Release(OneRule(i));
  }
}

TEST_F(FollowerTest, StatesComeBackFromText) {
  Go(world_.MakeUpd());
  world_.Stop(StatementKind::kHalt, world_.releases[0].subjects[0].sha256, "slow", {21});
  Go(world_.MakeUpd());
  const FollowerState back = FollowerState::FromText(state_.ToText()).value();
  EXPECT_EQ(back.ToText(), state_.ToText());
  EXPECT_EQ(back.range, state_.range);
  for (const char* text : {"", "{}", "[]", "{\"version\":2}", "{\"version\":1,\"size\":5}"}) {
    EXPECT_FALSE(FollowerState::FromText(text).ok()) << text;
  }
}

TEST_F(FollowerTest, DeltasFromEachEarlierBundle) {
  Files files;
  for (int i = 0; i < 400; ++i) {
    files["r" + std::to_string(i) + ".yar"] = OneRule(i)["a.yar"];
  }
  world_.Release(files);
  files["r5.yar"] = OneRule(5000)["a.yar"];
  world_.Release(files);
  const Upd upd = DecodeUpd(AsBytes(EncodeUpd(world_.MakeUpd()))).value();
  Go(upd);
  const Statement& release = state_.Candidate()->statement;
  Upd only_deltas = upd;
  std::erase_if(only_deltas.payloads,
                [](const auto& payload) { return payload.base_sha256.empty(); });
  EXPECT_LT(only_deltas.payloads[1].compressed.size(), 400u);
  for (int i : {0, 1}) {
    EXPECT_EQ(TakeBundle(only_deltas, release, AsBytes(world_.bundles[i])).value(),
              world_.bundles[2]);
  }
  EXPECT_EQ(TakeBundle(only_deltas, release, {}).error().kind, ErrorKind::kNotFound);
  EXPECT_EQ(TakeBundle(only_deltas, release, AsBytes("other")).error().kind, ErrorKind::kNotFound);
}

TEST_F(FollowerTest, ASwappedBundleIsRefused) {
  Upd upd = world_.MakeUpd();
  Go(upd);
  const Statement release = state_.Candidate()->statement;
  std::string other = world_.bundles[0];
  other[other.size() - 3] = 'X';
  World evil;
  upd.payloads[0].compressed[upd.payloads[0].compressed.size() / 2] ^= 1;
  EXPECT_FALSE(TakeBundle(upd, release, {}).ok());
  upd.payloads[0].result_size += 1;
  EXPECT_EQ(TakeBundle(upd, release, {}).error().kind, ErrorKind::kPermission);
}

TEST_F(FollowerTest, EveryChangedByteOfTheFileIsRefusedOrHarmless) {
  const std::string bytes = EncodeUpd(world_.MakeUpd());
  for (std::size_t i = 0; i < bytes.size(); i += 7) {
    std::string changed = bytes;
    changed[i] = static_cast<char>(changed[i] ^ 0x20);
    EXPECT_FALSE(DecodeUpd(AsBytes(changed)).ok()) << i;
  }
  EXPECT_FALSE(DecodeUpd(AsBytes(bytes).first(bytes.size() - 1)).ok());
}

TEST_F(FollowerTest, AQuorumOfWitnessesIsNeeded) {
  Upd upd = world_.MakeUpd();
  for (const std::vector<std::string>& witnesses :
       {std::vector<std::string>{}, {"w1"}, {"w1", "w1"}}) {
    upd.checkpoint = world_.Checkpoint(kFirst + 1, witnesses);
    EXPECT_FALSE(Try(upd).ok());
  }
  upd.checkpoint = world_.Checkpoint(kFirst + 1, {"w3", "w1"});
  EXPECT_TRUE(Try(upd).ok());
  const tlog::Policy nobody =
      tlog::Policy::Parse(world_.policy_text().substr(0, world_.policy_text().find("witness")) +
                          "quorum none\n")
          .value();
  EXPECT_EQ(Follow(nobody, upd, kStart, state_).error().kind, ErrorKind::kInvalidUse);
}

TEST_F(FollowerTest, TooFewSignaturesDoNotRelease) {
  world_.Append(World::Entry(world_.NextRelease(OneRule(2)), {11}));
  world_.Append(World::Entry(world_.NextRelease(OneRule(3)), {21, 22, 31}));  // keys of other roles
  world_.Append("junk that somebody sent");
  const Followed followed = Go(world_.MakeUpd());
  EXPECT_EQ(Active(), "1");
  ASSERT_EQ(followed.entries.size(), kFirst + 4);
  EXPECT_EQ(followed.entries[kFirst + 1].refused, "1 of the 2 signatures it needs");
  EXPECT_EQ(followed.entries[kFirst + 2].refused, "0 of the 2 signatures it needs");
  EXPECT_EQ(followed.entries[kFirst + 3].refused, "not a signed statement");
}

TEST_F(FollowerTest, RollbackIsRefused) {
  const Upd old = world_.MakeUpd();
  world_.Release(OneRule(2));
  Go(world_.MakeUpd());
  const auto refused = Try(old);
  EXPECT_EQ(refused.error().kind, ErrorKind::kPermission);
  EXPECT_THAT(refused.error().message, HasSubstr("older than what is known"));
  // A release of an earlier sequence, rightly signed and logged, is no release.
  Statement again = world_.releases[0];
  again.log_size = kFirst + 2;
  world_.Append(World::Entry(again, {11, 12}));
  EXPECT_EQ(Go(world_.MakeUpd()).entries[0].refused, "not newer than an earlier release");
  EXPECT_EQ(Active(), "2");
}

TEST_F(FollowerTest, AHaltAndARecallStopAReleaseAndNothingElse) {
  world_.Release(OneRule(2));
  Go(world_.MakeUpd());
  EXPECT_EQ(Active(), "2");
  world_.Stop(StatementKind::kHalt, world_.releases[1].subjects[0].sha256, "too slow", {11});
  Go(world_.MakeUpd());
  EXPECT_EQ(Active(), "2");  // not theirs to say
  world_.Stop(StatementKind::kHalt, world_.releases[1].subjects[0].sha256, "too slow", {22});
  Go(world_.MakeUpd());
  EXPECT_EQ(Active(), "1");
  world_.Stop(StatementKind::kRecall, world_.releases[0].subjects[0].sha256, "bad", {21});
  Go(world_.MakeUpd());
  EXPECT_EQ(Active(), "none");
}

TEST_F(FollowerTest, ARecallCannotBeHidden) {
  Go(world_.MakeUpd());
  world_.Stop(StatementKind::kRecall, world_.releases[0].subjects[0].sha256, "bad", {21});
  world_.Append("something");
  // As a hash only, with nothing that accounts for it.
  EXPECT_THAT(Try(world_.MakeUpd(kFirst + 1, 1)).error().message, HasSubstr("left out"));
  // Left out or replaced: the root comes out wrong.
  Upd upd = world_.MakeUpd();
  upd.entries[kFirst + 1] = "harmless";
  EXPECT_EQ(Try(upd).error().kind, ErrorKind::kMalformed);
  upd.entries.erase(upd.entries.begin() + kFirst + 1);
  EXPECT_EQ(Try(upd).error().kind, ErrorKind::kMalformed);
  // Skipped because a later release accounts for it: then it is in that release.
  Statement next = world_.NextRelease(OneRule(2));
  next.recalled = {world_.releases[0].subjects[0].sha256};
  world_.Append(World::Entry(next, {11, 12}));
  const Followed followed = Go(world_.MakeUpd(kFirst + 1, 2));
  EXPECT_EQ(followed.unread, 2u);
  EXPECT_EQ(Active(), "2");
  EXPECT_TRUE(state_.stopped.contains(world_.releases[0].subjects[0].sha256));
}

TEST_F(FollowerTest, AFreshEndpointCatchesUpByHashes) {
  for (int i = 2; i < 40; ++i) {
    world_.Release(OneRule(i));
  }
  const Upd upd = world_.MakeUpd(0, kFirst + 38);
  const Followed followed = Go(upd);
  EXPECT_EQ(followed.unread, kFirst + 38);
  EXPECT_EQ(Active(), "39");
  EXPECT_EQ(state_.range.size(), kFirst + 39);
  EXPECT_EQ(Try(world_.MakeUpd(0, kFirst + 39)).ok(), true);  // known already: hashes do not matter
}

TEST_F(FollowerTest, AGapAsksForACatchUpFile) {
  Go(world_.MakeUpd());
  for (int i = 2; i < 6; ++i) {
    world_.Release(OneRule(i));
  }
  EXPECT_EQ(Try(world_.MakeUpd(kFirst + 3)).error().kind, ErrorKind::kNotFound);
  EXPECT_TRUE(Try(world_.MakeUpd(kFirst + 1)).ok());
}

TEST_F(FollowerTest, TwoCheckpointsOfOneSizeAreAFork) {
  Go(world_.MakeUpd());
  World other;
  other.Release(OneRule(7));
  const Followed followed = Try(other.MakeUpd()).value();
  EXPECT_TRUE(followed.fork);
  EXPECT_THAT(followed.state.fork_evidence, HasSubstr(world_.Checkpoint()));
  EXPECT_THAT(followed.state.fork_evidence, HasSubstr(other.Checkpoint()));
  EXPECT_EQ(followed.state.Candidate()->statement.sequence, 1);  // what is active stays
  state_ = FollowerState::FromText(followed.state.ToText()).value();
  world_.Release(OneRule(2));
  EXPECT_THAT(Try(world_.MakeUpd()).error().message, HasSubstr("forked"));
}

TEST_F(FollowerTest, ALongerForkIsProvedByItsLeaves) {
  Go(world_.MakeUpd());
  World other;
  other.Release(OneRule(7));
  other.Release(OneRule(8));
  EXPECT_EQ(Try(other.MakeUpd(kFirst + 1)).error().kind, ErrorKind::kMalformed);  // somebody lies
  const Followed followed = Try(other.MakeUpd(0)).value();                        // the log lies
  EXPECT_TRUE(followed.fork);
  EXPECT_THAT(followed.state.fork_evidence,
              HasSubstr(base::ToHex(tlog::LeafHash(AsBytes(other.entries[kFirst + 1])))));
}

TEST_F(FollowerTest, AnotherLogIsRefused) {
  Go(world_.MakeUpd());
  state_.origin = "example.com/another";
  EXPECT_THAT(Try(world_.MakeUpd()).error().message, HasSubstr("another log"));
}

TEST_F(FollowerTest, FreshnessFollowsTheWitnesses) {
  Go(world_.MakeUpd());
  EXPECT_EQ(state_.FreshnessAt(kStart + 3600), Freshness::kFresh);
  EXPECT_EQ(state_.FreshnessAt(kStart + 25 * 3600), Freshness::kStale);
  EXPECT_EQ(state_.FreshnessAt(kStart + 31 * 86'400), Freshness::kExpired);
  EXPECT_EQ(state_.FreshnessAt(0), Freshness::kFresh);  // a clock that was lost counts for nothing
  // The mirror freezes: the same file again and again.
  const Upd frozen = world_.MakeUpd();
  world_.now_s += 2 * 86'400;
  Go(frozen);
  EXPECT_EQ(state_.FreshnessAt(world_.now_s), Freshness::kStale);
  Upd cosigned_anew = frozen;
  cosigned_anew.checkpoint = world_.Checkpoint();
  Go(cosigned_anew);
  EXPECT_EQ(state_.FreshnessAt(world_.now_s), Freshness::kFresh);
  Go(frozen);  // does not turn the time back
  EXPECT_EQ(state_.time_s, world_.now_s);
  world_.now_s += 40 * 86'400;
  EXPECT_THAT(Try(world_.MakeUpd()).error().message, HasSubstr("expired"));
  world_.TouchMetadata();
  EXPECT_TRUE(Try(world_.MakeUpd()).ok());
}

TEST_F(FollowerTest, ReplacedKeysReleaseNothing) {
  Go(world_.MakeUpd());
  const auto id = [](int key) {
    return tuf::KeyId(tuf::MakeKey(testing::WorldKey(key).public_key()));
  };
  tuf::Repository& repository = world_.repository();
  for (const int key : {11, 12}) {
    ASSERT_TRUE(repository.RemoveKey("rules", id(key)).ok());
  }
  ASSERT_TRUE(repository.AddKey("rules", testing::WorldKey(14).public_key()).ok());
  world_.PublishMetadata({testing::kTargetsKey, testing::kOnlineKey});
  world_.Release(OneRule(2));  // by the old keys
  EXPECT_EQ(Go(world_.MakeUpd()).entries.back().refused, "0 of the 2 signatures it needs");
  world_.Append(World::Entry(world_.NextRelease(OneRule(3)), {13, 14}));
  Go(world_.MakeUpd());
  EXPECT_EQ(Active(), "3");
}

TEST_F(FollowerTest, KeysChangeOnlyThroughTheLog) {
  Go(world_.MakeUpd());
  ASSERT_TRUE(world_.repository().AddKey("rules", testing::WorldKey(14).public_key()).ok());
  world_.PublishMetadata({testing::kTargetsKey, testing::kOnlineKey}, World::Log::kNo);
  world_.Append(World::Entry(world_.NextRelease(OneRule(2)), {13, 14}));
  const auto refused = Try(world_.MakeUpd());
  EXPECT_EQ(refused.error().kind, ErrorKind::kPermission);
  EXPECT_THAT(refused.error().message, HasSubstr("2.targets.json says whose signatures count"));
  // Neither does the proof of another file help, nor one for another place.
  Upd upd = world_.MakeUpd();
  for (UpdTufFile& file : upd.tuf_files) {
    file.proof = LogProof{1, {}};
  }
  EXPECT_EQ(Try(upd).error().kind, ErrorKind::kPermission);
  world_.Append(FileOf(upd, "2.targets.json"));
  const Followed followed = Go(world_.MakeUpd());
  EXPECT_EQ(Active(), "2");
  EXPECT_EQ(followed.entries.back().statement.kind, StatementKind::kMetadata);
  EXPECT_EQ(followed.entries.back().statement.subjects[0].name, "2.targets.json");
  EXPECT_EQ(followed.entries.back().refused, "");
}

TEST_F(FollowerTest, AChangeOfKeysCannotBeHidden) {
  Go(world_.MakeUpd());
  const Upd before = world_.MakeUpd();
  for (const char* role : {"targets", "root"}) {
    // A mirror shows the log as it is, and the metadata as it was.
    const World old = world_;
    const int key = std::string(role) == "root" ? 5 : 4;
    ASSERT_TRUE(world_.repository().AddKey(role, testing::WorldKey(key).public_key()).ok());
    world_.PublishMetadata({testing::kRootKey, testing::kTargetsKey, testing::kOnlineKey});
    Upd upd = world_.MakeUpd();
    upd.tuf_files = old.MakeUpd().tuf_files;
    const auto refused = Try(upd);
    ASSERT_FALSE(refused.ok());
    EXPECT_THAT(refused.error().message, HasSubstr("a change of keys is being hidden"));
    Go(world_.MakeUpd());
  }
  // What nobody signed can be appended by anyone and hides nothing.
  std::string forged = world_.entries[0];
  forged.replace(forged.find("\"version\":1"), 11, "\"version\":9");
  world_.Append(forged);
  EXPECT_EQ(Go(world_.MakeUpd()).entries.back().refused, "0 of the 1 signatures it needs");
  // Who comes later finds a root whose keys may be others now.
  state_ = StartFollowing(AsBytes(world_.root_json())).value();
  Go(world_.MakeUpd());
}

TEST_F(FollowerTest, RemovalsNeedTheirOwnThreshold) {
  Statement release = world_.NextRelease(OneRule(2));
  release.removes = true;
  world_.Append(World::Entry(release, {11, 12}));
  EXPECT_EQ(Go(world_.MakeUpd()).entries.back().refused, "2 of the 3 signatures it needs");
  EXPECT_EQ(Active(), "1");
  world_.Append(World::Entry(release, {11, 12, 13}));
  Go(world_.MakeUpd());
  EXPECT_EQ(Active(), "2");
}

TEST_F(FollowerTest, ThePolicyChangesThroughTheMetadata) {
  Go(world_.MakeUpd());
  const auto order = [this](const std::string& text, const std::string& told) {
    wire::Json custom = wire::Json::Object();
    custom.Set("text", wire::Json::Text(told));
    ASSERT_TRUE(
        world_.repository().AddTarget("targets", kPolicyTarget, AsBytes(text), custom).ok());
    world_.PublishMetadata({testing::kTargetsKey, testing::kOnlineKey});
  };
  std::string all = world_.policy_text();
  all.replace(all.find("all-witnesses 2"), 15, "all-witnesses 3");
  order(all, all);
  Go(world_.MakeUpd());
  EXPECT_EQ(state_.policy, all);
  EXPECT_EQ(FollowerState::FromText(state_.ToText())->policy, all);
  // Neither a text that is not the one that was signed, nor one that would end all updates.
  World other = world_;
  order(all, world_.policy_text());
  EXPECT_THAT(Try(world_.MakeUpd()).error().message, HasSubstr("does not tell it"));
  world_ = other;
  const std::string nobody = all.substr(0, all.find("witness")) + "quorum none\n";
  order(nobody, nobody);
  EXPECT_THAT(Try(world_.MakeUpd()).error().message, HasSubstr("could not be followed"));
}

TEST_F(FollowerTest, VerdictsAndTextsAreShownButChangeNothing) {
  Statement verdict;
  verdict.kind = StatementKind::kRebuild;
  verdict.subjects = world_.releases[0].subjects;
  verdict.same = true;
  world_.Append(World::Entry(verdict, {31}));
  Statement text;
  text.kind = StatementKind::kText;
  text.text = "hello";
  world_.Append(World::Entry(text, {testing::kTargetsKey}));
  text.kind = StatementKind::kEngine;
  text.sequence = 1;
  world_.Append(World::Entry(text, {1, 2, 3}));
  const Followed followed = Go(world_.MakeUpd());
  EXPECT_EQ(followed.entries[kFirst + 1].refused, "");
  EXPECT_TRUE(followed.entries[kFirst + 1].statement.same);
  EXPECT_EQ(followed.entries[kFirst + 2].refused, "");
  EXPECT_EQ(followed.entries[kFirst + 3].refused, "nobody may say this");
  EXPECT_EQ(Active(), "1");
}

// What another implementation needs to check itself: trust, files in order, and what each leads to.
wire::Json MakeVector() {
  World world;
  wire::Json steps = wire::Json::Array();
  const auto add = [&](const char* about, const Upd& upd, bool accepted, int active) {
    wire::Json step = wire::Json::Object();
    step.Set("about", wire::Json::Text(about));
    step.Set("upd_hex", wire::Json::Text(base::ToHex(AsBytes(EncodeUpd(upd)))));
    step.Set("now", wire::Json::Integer(world.now_s));
    step.Set("accepted", wire::Json::Bool(accepted));
    step.Set("release", wire::Json::Integer(active));
    steps.Append(std::move(step));
  };
  wire::Json json = wire::Json::Object();
  json.Set("root", wire::Json::Text(world.root_json()));
  json.Set("policy", wire::Json::Text(world.policy_text()));
  world.Release(OneRule(1));
  const Upd first = world.MakeUpd();
  add("the first release", first, true, 1);
  world.Release(OneRule(2));
  Upd changed = world.MakeUpd();
  changed.entries[kFirst + 1] = "another entry";
  add("an entry was replaced", changed, false, 1);
  Upd alone = world.MakeUpd();
  alone.checkpoint = world.Checkpoint(kFirst + 2, {"w1"});
  add("one witness where two are needed", alone, false, 1);
  add("the second release", world.MakeUpd(), true, 2);
  add("an older file", first, false, 2);
  world.Append(World::Entry(world.NextRelease(OneRule(3)), {11}));
  add("a release that one of two signed", world.MakeUpd(), true, 2);
  world.Stop(StatementKind::kHalt, world.releases[1].subjects[0].sha256, "too slow", {21});
  add("the halt as a hash only", world.MakeUpd(0, kFirst + 4), false, 2);
  add("the halt", world.MakeUpd(), true, 1);
  (void)world.repository().AddKey("rules", testing::WorldKey(14).public_key());
  const std::vector<UpdTufFile> before = world.MakeUpd().tuf_files;
  world.PublishMetadata({testing::kTargetsKey, testing::kOnlineKey}, World::Log::kNo);
  world.Append("something");
  add("new keys that are not in the log", world.MakeUpd(), false, 1);
  world.Append(FileOf(world.MakeUpd(), "2.targets.json"));
  Upd hidden = world.MakeUpd();
  hidden.tuf_files = before;
  add("new keys in the log that the file hides", hidden, false, 1);
  add("new keys", world.MakeUpd(), true, 1);
  json.Set("steps", std::move(steps));
  return json;
}

TEST(Vectors, Updates) {
  std::ifstream in(std::string(DAYLIGHT_SOURCE_DIR) + "/api/vectors/update/upd.json");
  std::stringstream text;
  text << in.rdbuf();
  const auto parsed = wire::ParseJson(AsBytes(text.str()), {});
  ASSERT_TRUE(parsed.ok()) << wire::WriteJson(MakeVector(), wire::JsonLayout::kIndented);
  const tlog::Policy policy = tlog::Policy::Parse(parsed->Find("policy")->text()).value();
  FollowerState state = StartFollowing(AsBytes(parsed->Find("root")->text())).value();
  ASSERT_EQ(parsed->Find("steps")->items().size(), 11u);
  for (const wire::Json& step : parsed->Find("steps")->items()) {
    const std::string bytes = base::FromHex(step.Find("upd_hex")->text()).value();
    const Upd upd = DecodeUpd(AsBytes(bytes)).value();
    const auto followed = Follow(policy, upd, step.Find("now")->integer(), state);
    EXPECT_EQ(followed.ok(), step.Find("accepted")->boolean()) << step.Find("about")->text();
    if (followed.ok()) {
      state = followed->state;
    }
    EXPECT_EQ(state.Candidate()->statement.sequence, step.Find("release")->integer());
  }
}

}  // namespace
}  // namespace day::update
