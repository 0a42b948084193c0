#include "libs/tuf/repository.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <sstream>
#include <string>

#include "libs/crypto/hash.h"
#include "libs/tuf/client.h"
#include "libs/tuf/testing/simulator.h"

namespace day::tuf {
namespace {

using base::AsBytes;
using base::ErrorKind;
using ::testing::ElementsAre;
using testing::kDay;
using testing::kNow;
using testing::MemoryStore;
using testing::TestKey;

// The files of a repository, as a web server has them.
class Mirror : public MetadataSource {
 public:
  void Put(const std::vector<RepositoryFile>& released) {
    for (const RepositoryFile& file : released) {
      files[file.path] = file.bytes;
    }
  }
  base::Result<std::string> Fetch(const std::string& path, std::uint64_t) override {
    const auto found = files.find(path);
    if (found == files.end()) {
      return base::MakeError(ErrorKind::kNotFound, path);
    }
    return found->second;
  }
  std::map<std::string, std::string> files;
};

constexpr int kRootA = 1, kRootB = 2, kRootC = 3, kTargetsKey = 4, kOnline = 5, kRulesA = 6,
              kRulesB = 7;

std::string IdOf(int key) { return KeyId(MakeKey(TestKey(key).public_key())); }

// Root 2 of 3; a delegated role "rules" 2 of 2.
Repository MakeRepository() {
  Repository repository;
  for (const int key : {kRootA, kRootB, kRootC}) {
    EXPECT_TRUE(repository.AddKey("root", TestKey(key).public_key()).ok());
  }
  EXPECT_TRUE(repository.SetThreshold("root", 2).ok());
  EXPECT_TRUE(repository.AddKey("targets", TestKey(kTargetsKey).public_key()).ok());
  EXPECT_TRUE(repository.AddKey("snapshot", TestKey(kOnline).public_key()).ok());
  EXPECT_TRUE(repository.AddKey("timestamp", TestKey(kOnline).public_key()).ok());
  Delegation rules;
  rules.name = "rules";
  rules.paths = {"rules/*"};
  rules.keys.threshold = 2;
  EXPECT_TRUE(repository.AddDelegation("targets", rules).ok());
  EXPECT_TRUE(repository.AddKey("rules", TestKey(kRulesA).public_key()).ok());
  EXPECT_TRUE(repository.AddKey("rules", TestKey(kRulesB).public_key()).ok());
  EXPECT_TRUE(repository.AddTarget("rules", "rules/a", AsBytes("content"), wire::Json()).ok());
  return repository;
}

base::Result<std::vector<RepositoryFile>> Release(Repository* repository, std::vector<int> keys,
                                                  const Lifetimes& lifetimes = {}) {
  DAY_TRY(repository->Prepare(kNow, lifetimes));
  for (const int key : keys) {
    DAY_TRY(repository->Sign(TestKey(key)));
  }
  return repository->Finish();
}

std::vector<std::string> Names(const std::vector<RepositoryFile>& files) {
  std::vector<std::string> names;
  for (const RepositoryFile& file : files) {
    names.push_back(file.path);
  }
  return names;
}

TEST(Repository, AClientAcceptsWhatItReleases) {
  Repository repository = MakeRepository();
  Mirror mirror;
  const auto files =
      Release(&repository, {kRootA, kRootB, kTargetsKey, kOnline, kRulesA, kRulesB}).value();
  EXPECT_THAT(Names(files), ElementsAre("1.root.json", "1.rules.json", "1.snapshot.json",
                                        "1.targets.json", "timestamp.json"));
  mirror.Put(files);
  MemoryStore store;
  ASSERT_TRUE(Client::Init(&store, AsBytes(mirror.files["1.root.json"]), {}).ok());
  Client client(&mirror, &store, kNow, {});
  ASSERT_TRUE(client.Refresh().ok());
  EXPECT_TRUE(VerifyTarget(AsBytes("content"), client.FindTarget("rules/a").value()).ok());
  EXPECT_EQ(client.FindTarget("rules/b").error().kind, ErrorKind::kNotFound);

  // Only what changed gets a new version.
  ASSERT_TRUE(repository.AddTarget("rules", "rules/b", AsBytes("b"), wire::Json()).ok());
  const auto second = Release(&repository, {kOnline, kRulesA, kRulesB}).value();
  EXPECT_THAT(Names(second), ElementsAre("2.rules.json", "2.snapshot.json", "timestamp.json"));
  mirror.Put(second);
  Client again(&mirror, &store, kNow, {});
  ASSERT_TRUE(again.Refresh().ok());
  EXPECT_TRUE(again.FindTarget("rules/b").ok());
}

TEST(Repository, FinishWaitsForEveryThreshold) {
  Repository repository = MakeRepository();
  EXPECT_EQ(Release(&repository, {kRootA, kTargetsKey, kOnline, kRulesA, kRulesB}).error().kind,
            ErrorKind::kPermission);
  const auto missing = repository.Missing();
  ASSERT_EQ(missing.size(), 1u);
  EXPECT_EQ(missing[0].role, "root");
  EXPECT_EQ(missing[0].have, 1);
  EXPECT_EQ(missing[0].need, 2);
  // The second signature comes from another machine.
  const std::string covered = repository.pending().at("root").Covered();
  Signature signature{.key_id = IdOf(kRootC),
                      .signature = TestKey(kRootC).Sign(AsBytes(covered)).value()};
  Signature wrong = signature;
  wrong.signature[0] = static_cast<char>(wrong.signature[0] ^ 1);
  EXPECT_EQ(repository.AddSignature("root", wrong).error().kind, ErrorKind::kPermission);
  wrong = signature;
  wrong.key_id = IdOf(kOnline);
  EXPECT_EQ(repository.AddSignature("root", wrong).error().kind, ErrorKind::kPermission);
  EXPECT_EQ(repository.AddSignature("nobody", signature).error().kind, ErrorKind::kNotFound);
  EXPECT_TRUE(repository.AddSignature("root", signature).ok());
  EXPECT_TRUE(repository.Finish().ok());
}

TEST(Repository, ANewRootNeedsTheOldKeysToo) {
  Repository repository = MakeRepository();
  Mirror mirror;
  mirror.Put(
      Release(&repository, {kRootA, kRootB, kTargetsKey, kOnline, kRulesA, kRulesB}).value());
  MemoryStore store;
  ASSERT_TRUE(Client::Init(&store, AsBytes(mirror.files["1.root.json"]), {}).ok());
  constexpr int kNewA = 11, kNewB = 12;
  for (const int key : {kRootA, kRootB, kRootC}) {
    ASSERT_TRUE(repository.RemoveKey("root", IdOf(key)).ok());
  }
  for (const int key : {kNewA, kNewB}) {
    ASSERT_TRUE(repository.AddKey("root", TestKey(key).public_key()).ok());
  }
  ASSERT_TRUE(repository.RemoveKey("timestamp", IdOf(kOnline)).ok());
  ASSERT_TRUE(repository.AddKey("timestamp", TestKey(13).public_key()).ok());
  EXPECT_TRUE(repository.root().keys.contains(IdOf(kOnline)));  // snapshot still uses it
  EXPECT_FALSE(repository.root().keys.contains(IdOf(kRootA)));
  ASSERT_TRUE(repository.Touch("timestamp").ok());
  EXPECT_EQ(Release(&repository, {kNewA, kNewB, 13}).error().kind, ErrorKind::kPermission);
  EXPECT_TRUE(repository.Missing()[0].by_old_root);
  const auto files = Release(&repository, {kNewA, kNewB, kRootA, kRootC, 13}).value();
  EXPECT_THAT(Names(files), ElementsAre("2.root.json", "timestamp.json"));
  mirror.Put(files);
  Client client(&mirror, &store, kNow, {});
  EXPECT_TRUE(client.Refresh().ok());
  EXPECT_EQ(client.root().common.version, 2);
}

TEST(Repository, ComesBackFromItsFiles) {
  Repository repository = MakeRepository();
  Mirror mirror;
  mirror.Put(
      Release(&repository, {kRootA, kRootB, kTargetsKey, kOnline, kRulesA, kRulesB}).value());
  Repository loaded = Repository::Load(&mirror).value();
  EXPECT_THAT(loaded.targets_roles(), ElementsAre("rules", "targets"));
  EXPECT_EQ(loaded.Prepare(kNow, {}).error().kind, ErrorKind::kInvalidUse);  // nothing changed
  for (Repository* side : {&repository, &loaded}) {
    ASSERT_TRUE(side->RemoveTarget("rules", "rules/a").ok());
    ASSERT_TRUE(side->AddTarget("rules", "rules/c", AsBytes("c"), wire::Json::Object()).ok());
  }
  EXPECT_EQ(Release(&repository, {kOnline, kRulesA, kRulesB}).value(),
            Release(&loaded, {kRulesB, kRulesA, kOnline}).value());
  mirror.files["1.rules.json"].replace(mirror.files["1.rules.json"].find("rules/a"), 7, "rules/x");
  EXPECT_EQ(Repository::Load(&mirror).error().kind, ErrorKind::kPermission);
}

TEST(Repository, MistakesAreRefused) {
  Repository repository = MakeRepository();
  const crypto::PublicKey& key = TestKey(20).public_key();
  EXPECT_EQ(repository.AddKey("nobody", key).error().kind, ErrorKind::kNotFound);
  EXPECT_EQ(repository.RemoveKey("root", "no key").error().kind, ErrorKind::kNotFound);
  EXPECT_EQ(repository.SetThreshold("root", 0).error().kind, ErrorKind::kInvalidUse);
  EXPECT_EQ(repository.RemoveTarget("rules", "x").error().kind, ErrorKind::kNotFound);
  EXPECT_EQ(repository.Touch("nobody").error().kind, ErrorKind::kNotFound);
  Delegation delegation;
  for (const char* name : {"", "root", "rules"}) {
    delegation.name = name;
    delegation.paths = {"*"};
    EXPECT_EQ(repository.AddDelegation("targets", delegation).error().kind, ErrorKind::kInvalidUse);
  }
  delegation.name = "both";
  delegation.path_hash_prefixes = {"0"};
  EXPECT_EQ(repository.AddDelegation("targets", delegation).error().kind, ErrorKind::kInvalidUse);
}

// The files of the vector are those that this code wrote once: the same changes, keys and time must
// give the same bytes for ever. tests/functional/tuf_test.py shows the same files to other clients,
// so they are good for fifty years.
TEST(Repository, SameInputsSameBytes) {
  constexpr Time kLong = 50 * 365 * kDay;
  Repository repository = MakeRepository();
  const auto files = Release(&repository, {kRootA, kRootB, kTargetsKey, kOnline, kRulesA, kRulesB},
                             {kLong, kLong, kLong, kLong})
                         .value();
  std::ifstream in(std::string(DAYLIGHT_SOURCE_DIR) + "/api/vectors/tuf/repository.json");
  std::stringstream text;
  text << in.rdbuf();
  const wire::Json vector = wire::ParseJson(AsBytes(text.str()), {}).value();
  wire::Json made = wire::Json::Object();
  for (const RepositoryFile& file : files) {
    made.Set(file.path, wire::Json::Text(file.bytes));
  }
  EXPECT_EQ(*vector.Find("files"), made) << wire::WriteJson(made, wire::JsonLayout::kIndented);
}

}  // namespace
}  // namespace day::tuf
