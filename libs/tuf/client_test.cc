// The client against hostile repositories: the attacks of the specification's section 1.5.2 and the
// situations that the public conformance suite checks, written anew against our own simulator.
#include "libs/tuf/client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "libs/crypto/hash.h"
#include "libs/tuf/testing/simulator.h"

namespace day::tuf {
namespace {

using base::AsBytes;
using base::ErrorKind;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::kDay;
using testing::kNow;
using testing::MemoryStore;
using testing::Simulator;

class ClientTest : public ::testing::Test {
 protected:
  void Trust() {
    ASSERT_TRUE(Client::Init(&store_, AsBytes(sim_.served["root"][0]), ClientLimits{}).ok());
  }
  base::Status Refresh(Time now = kNow) {
    sim_.requests.clear();
    return Client(&sim_, &store_, now, ClientLimits{}).Refresh();
  }
  // A search in a new session; the error if it fails.
  base::Result<TargetInfo> Find(std::string_view path) {
    Client client(&sim_, &store_, kNow, ClientLimits{});
    DAY_TRY(client.Refresh());
    sim_.requests.clear();
    return client.FindTarget(path);
  }
  void SetUp() override { Trust(); }

  Simulator sim_;
  MemoryStore store_;
};

TEST_F(ClientTest, RefreshAsksForWhatItNeedsAndStoresItAsItCame) {
  EXPECT_TRUE(Refresh().ok());
  EXPECT_THAT(sim_.requests,
              ElementsAre("2.root.json", "timestamp.json", "1.snapshot.json", "1.targets.json"));
  for (const char* role : {"root", "timestamp", "snapshot", "targets"}) {
    EXPECT_EQ(store_.files[std::string(role) + ".json"], sim_.served[role].back());
  }
  EXPECT_TRUE(Refresh().ok());
  EXPECT_THAT(sim_.requests, ElementsAre("2.root.json", "timestamp.json"));
}

TEST_F(ClientTest, KeepsTheBytesNotItsOwnSpelling) {
  sim_.served["timestamp"].back() += " \n ";
  EXPECT_TRUE(Refresh().ok());
  EXPECT_EQ(store_.files["timestamp.json"], sim_.served["timestamp"].back());
}

TEST_F(ClientTest, ARootThatDoesNotSignItselfIsNotTrusted) {
  std::string bytes = sim_.served["root"][0];
  const std::size_t sig = bytes.find("\"sig\":\"") + 7;
  bytes[sig] = bytes[sig] == '0' ? '1' : '0';
  MemoryStore fresh;
  EXPECT_EQ(Client::Init(&fresh, AsBytes(bytes), {}).error().kind, ErrorKind::kPermission);
  EXPECT_THAT(fresh.files, IsEmpty());
  store_.files["root.json"] = bytes;
  EXPECT_EQ(Refresh().error().kind, ErrorKind::kPermission);
  EXPECT_THAT(sim_.requests, IsEmpty());
}

TEST_F(ClientTest, UnsignedRolesStopTheUpdateWhereTheyAre) {
  for (const auto& [role, stored] : {std::pair{"root", "root 1"},
                                     {"timestamp", "root 2"},
                                     {"snapshot", "root 2, timestamp 2"},
                                     {"targets", "root 2, snapshot 2, timestamp 2"}}) {
    sim_ = Simulator();
    store_.files.clear();
    Trust();
    sim_.signers[role].clear();
    sim_.Publish({"root", "targets", "snapshot", "timestamp"});
    EXPECT_EQ(Refresh().error().kind, ErrorKind::kPermission) << role;
    EXPECT_EQ(store_.Summary(), stored);
  }
}

TEST_F(ClientTest, ThresholdsCountKeysNotSignaturesOrNames) {
  sim_.root.snapshot.threshold = 3;
  sim_.AddKey("snapshot");
  // The same key under a second identifier.
  const Key key = sim_.root.keys[sim_.root.snapshot.key_ids[0]];
  sim_.root.keys["other"] = key;
  sim_.root.snapshot.key_ids.push_back("other");
  sim_.Publish({"root", "snapshot"});
  Envelope envelope = ParseEnvelope(AsBytes(sim_.served["snapshot"].back()), 1 << 20).value();
  Signature again = envelope.signatures[0];
  again.key_id = "other";
  envelope.signatures.push_back(again);
  sim_.served["snapshot"].back() = WriteEnvelope(envelope);
  sim_.Publish({"timestamp"});
  EXPECT_EQ(Refresh().error().kind, ErrorKind::kPermission);
  EXPECT_EQ(store_.Version("snapshot"), 0);
  sim_.AddKey("snapshot");
  sim_.Publish({"root", "snapshot", "timestamp"});
  EXPECT_TRUE(Refresh().ok());
}

TEST_F(ClientTest, KeysNamedTwiceAreRefused) {
  Envelope envelope = ParseEnvelope(AsBytes(sim_.served["snapshot"].back()), 1 << 20).value();
  envelope.signatures.push_back(envelope.signatures[0]);
  sim_.served["snapshot"].back() = WriteEnvelope(envelope);
  EXPECT_EQ(Refresh().error().kind, ErrorKind::kMalformed);
  sim_ = Simulator();
  sim_.root.timestamp.key_ids.push_back(sim_.root.timestamp.key_ids[0]);
  sim_.Publish({"root"});
  EXPECT_EQ(Refresh().error().kind, ErrorKind::kMalformed);
  EXPECT_EQ(store_.Version("root"), 1);
}

TEST_F(ClientTest, AWrongSignatureDoesNoHarmBesideARightOne) {
  sim_.AddKey("timestamp");
  sim_.Publish({"root", "timestamp"});
  for (const char* text : {"", "00", "zz"}) {
    Envelope envelope = ParseEnvelope(AsBytes(sim_.served["timestamp"].back()), 1 << 20).value();
    envelope.signatures[0].signature.clear();
    envelope.signatures[0].unknown.Set("sig", wire::Json::Text(text));
    sim_.served["timestamp"].back() = WriteEnvelope(envelope);
    EXPECT_TRUE(Refresh().ok()) << text;
    sim_.Publish({"timestamp"});
  }
}

TEST_F(ClientTest, UnknownFieldsAreSigned) {
  sim_.root.common.unknown.Set("custom", wire::Json::Text("value"));
  sim_.root.root.unknown.Set("another", wire::Json::Integer(7));
  sim_.Publish({"root"});
  EXPECT_TRUE(Refresh().ok());
  EXPECT_EQ(store_.Version("root"), 2);
  std::string& bytes = sim_.served["root"].back();
  bytes.replace(bytes.find("\"value\""), 7, "\"Value\"");
  store_.files["root.json"] = sim_.served["root"][0];
  EXPECT_EQ(Refresh().error().kind, ErrorKind::kPermission);
}

TEST_F(ClientTest, RootsFollowOneByOneSignedByOldAndNew) {
  sim_.RotateKeys("root");
  sim_.Publish({"root"});  // only the new key signs
  EXPECT_EQ(Refresh().error().kind, ErrorKind::kPermission);
  EXPECT_EQ(store_.Version("root"), 1);
  sim_ = Simulator();
  const int old_key = sim_.signers["root"][0];
  sim_.RotateKeys("root");
  sim_.signers["root"].push_back(old_key);
  sim_.Publish({"root"});
  sim_.signers["root"].pop_back();
  for (int i = 0; i < 5; ++i) {
    sim_.Publish({"root"});
  }
  EXPECT_TRUE(Refresh().ok());
  EXPECT_EQ(store_.Version("root"), 7);
  sim_.root.common.version += 1;  // a gap
  sim_.Publish({"root"});
  EXPECT_EQ(Refresh().error().kind, ErrorKind::kPermission);
  EXPECT_EQ(store_.Version("root"), 7);
}

TEST_F(ClientTest, RootsAreCounted) {
  for (int i = 0; i < 5; ++i) {
    sim_.Publish({"root"});
  }
  const ClientLimits limits{.roots_max = 3};
  EXPECT_TRUE(Client(&sim_, &store_, kNow, limits).Refresh().ok());
  EXPECT_EQ(store_.Version("root"), 4);
}

TEST_F(ClientTest, RollbackIsRefused) {
  sim_.Publish({"targets", "snapshot", "timestamp"});
  EXPECT_TRUE(Refresh().ok());
  // Timestamp.
  const Simulator now = sim_;
  sim_.served["timestamp"].pop_back();
  EXPECT_EQ(Refresh().error().kind, ErrorKind::kPermission);
  // Snapshot named by a newer timestamp.
  sim_ = now;
  sim_.timestamp.snapshot.version = 1;
  sim_.Publish({"timestamp"});
  EXPECT_EQ(Refresh().error().kind, ErrorKind::kPermission);
  EXPECT_THAT(sim_.requests, ElementsAre("2.root.json", "timestamp.json"));
  // Targets named by a newer snapshot, with and without hashes.
  for (const bool with_hashes : {false, true}) {
    sim_ = now;
    sim_.with_hashes = with_hashes;
    sim_.snapshot.meta["targets.json"].version = 1;
    sim_.Publish({"snapshot", "timestamp"});
    EXPECT_EQ(Refresh().error().kind, ErrorKind::kPermission);
    EXPECT_EQ(store_.Version("snapshot"), 2);
    store_.files["timestamp.json"] = now.served.at("timestamp").back();
  }
  EXPECT_EQ(store_.Summary(), "root 1, snapshot 2, targets 2, timestamp 2");
}

TEST_F(ClientTest, RolesDoNotDisappear) {
  sim_.Delegate("targets", "extra", {"x/*"});
  sim_.Publish({"extra", "targets", "snapshot", "timestamp"});
  EXPECT_TRUE(Refresh().ok());
  sim_.snapshot.meta.erase("extra.json");
  sim_.Publish({"snapshot", "timestamp"});
  EXPECT_EQ(Refresh().error().kind, ErrorKind::kPermission);
  EXPECT_EQ(store_.Version("snapshot"), 2);
}

TEST_F(ClientTest, FastForwardIsRecoveredByReplacingKeys) {
  for (int i = 0; i < 99; ++i) {
    sim_.Publish({"targets", "snapshot", "timestamp"});
  }
  EXPECT_TRUE(Refresh().ok());
  EXPECT_EQ(store_.Version("timestamp"), 100);
  const std::string attacked = store_.Summary();
  const auto roll_back = [&] {
    for (const char* role : {"targets", "snapshot", "timestamp"}) {
      sim_.served[role].clear();
    }
    sim_.targets["targets"].common.version = 0;
    sim_.snapshot.common.version = 0;
    sim_.timestamp.common.version = 0;
    sim_.Publish({"targets", "snapshot", "timestamp"});
  };
  roll_back();
  EXPECT_EQ(Refresh().error().kind, ErrorKind::kPermission);  // without new keys: an attack
  EXPECT_EQ(store_.Summary(), attacked);
  sim_.AddKey("snapshot");  // one more key takes nothing from the attacker
  sim_.Publish({"root"});
  EXPECT_EQ(Refresh().error().kind, ErrorKind::kPermission);
  sim_.RotateKeys("snapshot");
  sim_.Publish({"root"});
  roll_back();
  EXPECT_TRUE(Refresh().ok());
  EXPECT_EQ(store_.Summary(), "root 3, snapshot 1, targets 1, timestamp 1");
}

TEST_F(ClientTest, ReplacedKeysSignNothingAnyMore) {
  EXPECT_TRUE(Refresh().ok());
  const std::vector<int> old_keys = sim_.signers["timestamp"];
  sim_.RotateKeys("timestamp");
  sim_.Publish({"root"});
  sim_.signers["timestamp"] = old_keys;
  sim_.Publish({"timestamp"});
  EXPECT_EQ(Refresh().error().kind, ErrorKind::kPermission);
}

TEST_F(ClientTest, MixAndMatchIsRefused) {
  sim_.with_hashes = true;
  sim_.Publish({"targets", "snapshot", "timestamp"});
  EXPECT_TRUE(Refresh().ok());
  for (const char* role : {"targets", "snapshot"}) {
    const Simulator before = sim_;
    const auto files = store_.files;
    sim_.Publish({"targets", "snapshot", "timestamp"});
    sim_.served[role].back() += " ";  // another file than announced, rightly signed
    EXPECT_FALSE(Refresh().ok()) << role;
    EXPECT_EQ(store_.Version(role), 2);
    sim_ = before;
    store_.files = files;
  }
  sim_.Publish({"targets", "snapshot", "timestamp"});
  std::swap(sim_.served["targets"][2], sim_.served["targets"][1]);
  EXPECT_FALSE(Refresh().ok());
}

TEST_F(ClientTest, VersionsMustBeThoseAnnounced) {
  sim_.Publish({"targets", "snapshot", "timestamp"});
  sim_.targets["targets"].common.version = 5;
  sim_.served["targets"].back() = sim_.SignedBytes("targets");
  EXPECT_EQ(Refresh().error().kind, ErrorKind::kPermission);
  EXPECT_EQ(store_.Summary(), "root 1, snapshot 2, timestamp 2");
}

TEST_F(ClientTest, TypesAreChecked) {
  sim_.root.timestamp.key_ids.push_back(sim_.root.snapshot.key_ids[0]);
  sim_.Publish({"root"});
  sim_.snapshot.meta = {{"snapshot.json", MetaFile{}}};
  sim_.served["timestamp"].push_back(sim_.SignedBytes("snapshot"));
  EXPECT_EQ(Refresh().error().kind, ErrorKind::kMalformed);
  EXPECT_EQ(store_.Summary(), "root 2");
}

TEST_F(ClientTest, ExpiredMetadataIsRefusedButAnExpiredRootIsReplaced) {
  EXPECT_TRUE(Refresh().ok());
  for (const auto& [role, stored] :
       {std::pair{"timestamp", "root 1, snapshot 1, targets 1, timestamp 1"},
        {"snapshot", "root 1, snapshot 1, targets 1, timestamp 2"},
        {"targets", "root 1, snapshot 2, targets 1, timestamp 2"}}) {
    const Simulator before = sim_;
    const auto files = store_.files;
    Common& common = std::string(role) == "timestamp"  ? sim_.timestamp.common
                     : std::string(role) == "snapshot" ? sim_.snapshot.common
                                                       : sim_.targets["targets"].common;
    common.expires = kNow;
    sim_.Publish({"targets", "snapshot", "timestamp"});
    EXPECT_EQ(Refresh().error().kind, ErrorKind::kPermission) << role;
    EXPECT_EQ(store_.Summary(), stored);
    sim_ = before;
    store_.files = files;
  }
  sim_.root.common.expires = kNow - 1;
  sim_.Publish({"root", "timestamp"});
  EXPECT_EQ(Refresh().error().kind, ErrorKind::kPermission);
  EXPECT_EQ(store_.Summary(), "root 2, snapshot 1, targets 1, timestamp 1");
  sim_.root.common.expires = kNow + 60 * kDay;
  sim_.Publish({"root"});
  EXPECT_TRUE(Refresh().ok());
}

TEST_F(ClientTest, AFrozenMirrorIsNoticedWhenWhatItServesExpires) {
  EXPECT_TRUE(Refresh().ok());
  EXPECT_TRUE(Refresh(kNow + 29 * kDay).ok());
  EXPECT_EQ(Refresh(kNow + 31 * kDay).error().kind, ErrorKind::kPermission);
  EXPECT_EQ(store_.Summary(), "root 1, snapshot 1, targets 1, timestamp 1");
}

TEST_F(ClientTest, ATimestampOfTheSameVersionChangesNothing) {
  EXPECT_TRUE(Refresh().ok());
  sim_.timestamp.snapshot.version = 100;
  sim_.served["timestamp"].back() = sim_.SignedBytes("timestamp");
  EXPECT_TRUE(Refresh().ok());
  EXPECT_THAT(sim_.requests, ElementsAre("2.root.json", "timestamp.json"));
}

TEST_F(ClientTest, EndlessDataIsRefused) {
  sim_.served["timestamp"].back() += std::string(20'000, ' ');
  EXPECT_EQ(Refresh().error().kind, ErrorKind::kLimit);
  sim_ = Simulator();
  sim_.with_hashes = true;
  sim_.Publish({"snapshot", "timestamp"});
  sim_.served["snapshot"].back() += " ";
  EXPECT_EQ(Refresh().error().kind, ErrorKind::kLimit);  // beyond the announced length
}

TEST_F(ClientTest, MissingFilesAreErrorsButRootsEnd) {
  sim_.served["timestamp"].clear();
  EXPECT_EQ(Refresh().error().kind, ErrorKind::kNotFound);
  EXPECT_THAT(sim_.requests, ElementsAre("2.root.json", "timestamp.json"));
}

TEST_F(ClientTest, WithoutConsistentSnapshotsNamesHaveNoVersions) {
  sim_.root.consistent_snapshot = false;
  sim_.Publish({"root"});
  EXPECT_TRUE(Refresh().ok());
  EXPECT_THAT(sim_.requests, ElementsAre("2.root.json", "3.root.json", "timestamp.json",
                                         "snapshot.json", "targets.json"));
  sim_.AddTarget("targets", "a/b c", "x");
  sim_.Publish({"targets", "snapshot", "timestamp"});
  EXPECT_EQ(Find("a/b c")->url_path, "a/b%20c");
}

// Delegations: the roles that are visited, in order, while a target is looked for.
TEST_F(ClientTest, DelegationsAreSearchedDepthFirst) {
  sim_.Delegate("targets", "A", {"*"});
  sim_.Delegate("targets", "B", {"*"});
  sim_.Delegate("A", "C", {"*"});
  sim_.Delegate("A", "D", {"*"});
  sim_.Delegate("D", "A", {"*"});  // a cycle
  sim_.Delegate("B", "C", {"*"});  // reached twice
  sim_.Publish({"A", "B", "C", "D", "targets", "snapshot", "timestamp"});
  EXPECT_EQ(Find("missing").error().kind, ErrorKind::kNotFound);
  EXPECT_THAT(sim_.requests, ElementsAre("1.A.json", "1.C.json", "1.D.json", "1.B.json"));
}

TEST_F(ClientTest, TerminatingDelegationsEndTheSearch) {
  sim_.Delegate("targets", "A", {"*"});
  sim_.Delegate("targets", "B", {"*"});
  sim_.Delegate("A", "C", {"*"}, true);
  sim_.Delegate("A", "D", {"*"});
  sim_.Delegate("C", "E", {"*"});
  sim_.AddTarget("B", "there", "x");
  sim_.Publish({"A", "B", "C", "D", "E", "targets", "snapshot", "timestamp"});
  EXPECT_EQ(Find("there").error().kind, ErrorKind::kNotFound);
  EXPECT_THAT(sim_.requests, ElementsAre("1.A.json", "1.C.json", "1.E.json"));
}

TEST_F(ClientTest, OnlyDelegatedPathsCount) {
  sim_.Delegate("targets", "A", {"*.doc", "foo-?.tgz"});
  sim_.Delegate("targets", "B", {"releases/*/*"});
  sim_.Delegate("B", "C", {"releases/x/*"});
  for (const char* path : {"a.doc", "releases/a.doc", "foo-1.tgz", "foo-10.tgz"}) {
    sim_.AddTarget("A", path, path);
  }
  sim_.AddTarget("C", "releases/x/1", "x");
  sim_.AddTarget("C", "releases/y/1", "y");
  sim_.Publish({"A", "B", "C", "targets", "snapshot", "timestamp"});
  for (const char* path : {"a.doc", "foo-1.tgz", "releases/x/1"}) {
    EXPECT_TRUE(Find(path).ok()) << path;
  }
  for (const char* path : {"releases/a.doc", "foo-10.tgz", "releases/y/1", "A.DOC"}) {
    EXPECT_EQ(Find(path).error().kind, ErrorKind::kNotFound) << path;
  }
}

TEST_F(ClientTest, HashPrefixesDelegateBins) {
  sim_.Delegate("targets", "bin", {});
  Delegation& bin = sim_.targets["targets"].delegations[0];
  bin.paths.reset();
  const std::string hash = crypto::Sha256Hex(AsBytes("inside"));
  bin.path_hash_prefixes = {hash.substr(0, 2)};
  sim_.AddTarget("bin", "inside", "x");
  sim_.AddTarget("bin", "outside!", "x");
  sim_.Publish({"bin", "targets", "snapshot", "timestamp"});
  EXPECT_TRUE(Find("inside").ok());
  EXPECT_EQ(Find("outside!").error().kind, ErrorKind::kNotFound);
}

TEST_F(ClientTest, WhatOneDelegatorVouchesForDoesNotCountForAnother) {
  sim_.Delegate("targets", "parent-a", {"a/*"});
  sim_.Delegate("targets", "parent-b", {"b/*"});
  sim_.Delegate("parent-a", "release", {"a/*"});
  sim_.Delegate("parent-b", "release", {"b/*"});
  sim_.signers["release"].pop_back();  // only the key that A lists signs
  sim_.AddTarget("release", "a/x", "good");
  sim_.AddTarget("release", "b/x", "bad");
  sim_.Publish({"release", "parent-a", "parent-b", "targets", "snapshot", "timestamp"});
  Client client(&sim_, &store_, kNow, ClientLimits{});
  ASSERT_TRUE(client.Refresh().ok());
  EXPECT_TRUE(client.FindTarget("a/x").ok());
  EXPECT_EQ(client.FindTarget("b/x").error().kind, ErrorKind::kPermission);
  EXPECT_TRUE(client.FindTarget("a/x").ok());
}

TEST_F(ClientTest, RolesOutsideTheSnapshotAreNotAskedFor) {
  sim_.Delegate("targets", "ghost", {"*"});
  sim_.Publish({"ghost", "targets"});
  sim_.snapshot.meta.erase("ghost.json");
  sim_.Publish({"snapshot", "timestamp"});
  EXPECT_EQ(Find("x").error().kind, ErrorKind::kPermission);
  EXPECT_THAT(sim_.requests, IsEmpty());
}

TEST_F(ClientTest, RolesInOneSearchAreCounted) {
  std::vector<std::string> roles;
  for (int i = 0; i < 40; ++i) {
    roles.push_back("role" + std::to_string(i));
    sim_.Delegate("targets", roles.back(), {"*"});
  }
  roles.insert(roles.end(), {"targets", "snapshot", "timestamp"});
  sim_.Publish(roles);
  EXPECT_EQ(Find("x").error().kind, ErrorKind::kLimit);
  EXPECT_EQ(sim_.requests.size(), 32u);
}

TEST_F(ClientTest, StrangeRoleNamesStayInTheirPlace) {
  for (const char* role : {"?", "#", "/up", "../up", "..", "a b\n"}) {
    sim_ = Simulator();
    store_.files.clear();
    Trust();
    sim_.Delegate("targets", role, {"*"});
    sim_.Publish({role, "targets", "snapshot", "timestamp"});
    EXPECT_EQ(Find("x").error().kind, ErrorKind::kNotFound);
    EXPECT_THAT(sim_.requests, ElementsAre("1." + RoleFileName(role)));
    EXPECT_EQ(store_.files.size(), 5u);
    for (const auto& [file, bytes] : store_.files) {
      EXPECT_EQ(file.find('/'), std::string::npos);
    }
  }
}

TEST_F(ClientTest, DelegatedRolesCannotBeTopRoles) {
  sim_.Delegate("targets", "snapshot", {"*"});
  sim_.Publish({"targets", "snapshot", "timestamp"});
  EXPECT_EQ(Refresh().error().kind, ErrorKind::kMalformed);
}

TEST_F(ClientTest, TargetsAreNamedByHashAndChecked) {
  sim_.AddTarget("targets", "dir/file name", "content");
  sim_.Publish({"targets", "snapshot", "timestamp"});
  const TargetInfo info = Find("dir/file name").value();
  EXPECT_EQ(info.url_path, "dir/" + info.file.hashes.at("sha256") + ".file%20name");
  EXPECT_TRUE(VerifyTarget(AsBytes("content"), info).ok());
  EXPECT_EQ(VerifyTarget(AsBytes("Content"), info).error().kind, ErrorKind::kPermission);
  EXPECT_EQ(VerifyTarget(AsBytes("content "), info).error().kind, ErrorKind::kPermission);
  TargetInfo unknown = info;
  unknown.file.hashes = {{"md17", "00"}};
  EXPECT_EQ(VerifyTarget(AsBytes("content"), unknown).error().kind, ErrorKind::kUnsupported);
  unknown.file.hashes["sha512"] = crypto::ToHexDigest(crypto::Sha512(AsBytes("content")));
  EXPECT_TRUE(VerifyTarget(AsBytes("content"), unknown).ok());
}

TEST(TargetFileName, StaysInItsFolder) {
  EXPECT_EQ(TargetFileName("a/../b"), "a%2F..%2Fb");
  for (const std::string& path : {std::string(".."), std::string("."), std::string(500, '/')}) {
    EXPECT_TRUE(TargetFileName(path).starts_with("sha256-")) << path;
  }
}

}  // namespace
}  // namespace day::tuf
