#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <set>
#include <sstream>

#include "libs/crypto/hash.h"
#include "libs/update/testing/world.h"
#include "network/release/metadata.h"
#include "network/release/proposal.h"
#include "network/release/publish.h"
#include "network/release/signing.h"

namespace day::network::release {
namespace {

using ::testing::HasSubstr;
using update::testing::WorldKey;

constexpr std::int64_t kTime = 1'800'000'000;
constexpr int kRoot = 1, kTargets = 2, kOnline = 3;

class ReleaseTest : public ::testing::Test {
 protected:
  ReleaseTest()
      : folder_(::testing::TempDir() + "/release_test_" + std::to_string(::getpid())),
        workspace_(Make(folder_)) {}
  ~ReleaseTest() override { std::filesystem::remove_all(folder_); }

  static Workspace Make(const std::string& folder) {
    std::filesystem::remove_all(folder);
    return Workspace::Create(folder, Config{}, ReleaseRules{}, "").value();
  }
  static std::string Pem(int key) { return WorldKey(key).public_key().ToPem(); }
  // A first metadata with one key each, "rules" with 2 of 3.
  static MetadataChange FirstChange() {
    MetadataChange change;
    change.time_s = kTime;
    change.reason = "first";
    using Kind = ChangeStep::Kind;
    change.steps = {{Kind::kDelegate, "rules", "", 2},
                    {Kind::kDelegate, "removals", "", 3},
                    {Kind::kAddKey, "root", Pem(kRoot), 1},
                    {Kind::kAddKey, "targets", Pem(kTargets), 1},
                    {Kind::kAddKey, "timestamp", Pem(kOnline), 1},
                    {Kind::kAddKey, "snapshot", Pem(kOnline), 1},
                    {Kind::kAddKey, "rules", Pem(11), 1},
                    {Kind::kAddKey, "rules", Pem(12), 1},
                    {Kind::kAddKey, "rules", Pem(13), 1},
                    {Kind::kAddKey, "removals", Pem(11), 1},
                    {Kind::kAddKey, "removals", Pem(12), 1},
                    {Kind::kAddKey, "removals", Pem(13), 1},
                    {Kind::kRules, "targets", WriteReleaseRules(ReleaseRules{}), 1}};
    return change;
  }
  base::Result<ChangeState> Sign(const std::vector<int>& keys) {
    const SigningRequest request = ChangeRequest(workspace_).value();
    std::vector<PartSignature> all;
    for (const int key : keys) {
      const auto some = SignParts(request.parts, WorldKey(key)).value();
      all.insert(all.end(), some.begin(), some.end());
    }
    return AddChangeSignatures(workspace_, all);
  }
  void MakeMetadata() {
    ASSERT_TRUE(BeginChange(workspace_, FirstChange()).ok());
    const auto state = Sign({kRoot, kTargets, kOnline, 11, 12, 13});
    ASSERT_TRUE(state.ok());
    ASSERT_TRUE(state->missing.empty());
  }

  std::string folder_;
  Workspace workspace_;
};

TEST_F(ReleaseTest, ChangeWaitsForEveryThreshold) {
  ASSERT_TRUE(BeginChange(workspace_, FirstChange()).ok());
  EXPECT_THAT(BeginChange(workspace_, FirstChange()).error().message, HasSubstr("already"));
  const auto first = Sign({kRoot, kTargets, 11});
  ASSERT_TRUE(first.ok());
  EXPECT_EQ(first->missing.size(), 4u);  // rules, removals, snapshot, timestamp
  EXPECT_FALSE(workspace_.Has("tuf/timestamp.json"));
  EXPECT_FALSE(Sign({99}).ok());
  const auto second = Sign({12, 13, kOnline});
  ASSERT_TRUE(second.ok());
  EXPECT_TRUE(second->missing.empty());
  EXPECT_FALSE(workspace_.Has("change.json"));
  const auto metadata = Metadata::Load(workspace_);
  ASSERT_TRUE(metadata.ok());
  EXPECT_EQ(metadata->FindAuthority("rules")->role.threshold, 2);
  EXPECT_EQ(metadata->FindAuthority("nobody").error().kind, base::ErrorKind::kNotFound);
  EXPECT_EQ(metadata->Rules(workspace_)->reviews, 1);
  ASSERT_TRUE(workspace_.Write("rules.json", base::AsBytes("{}")).ok());
  EXPECT_EQ(metadata->Rules(workspace_).error().kind, base::ErrorKind::kPermission);
}

TEST_F(ReleaseTest, InterruptedChangeIsMadeGood) {
  MakeMetadata();
  MetadataChange change;
  change.time_s = kTime + 1;
  change.reason = "more signatures";
  change.steps = {{ChangeStep::Kind::kAddKey, "root", Pem(4), 1},
                  {ChangeStep::Kind::kAddKey, "targets", Pem(5), 1}};
  ASSERT_TRUE(BeginChange(workspace_, change).ok());
  // As if killed after the journal: only one of the files is in place.
  const auto before = PublishedFiles(workspace_);
  ASSERT_TRUE(Sign({kRoot, kTargets, kOnline}).ok());
  const std::string root = workspace_.Read("tuf/2.root.json").value();
  std::string journal = R"({"files":[{"name":"2.root.json","text":)";
  journal += wire::WriteJson(wire::Json::Text(root), wire::JsonLayout::kOneLine) + "}]}";
  ASSERT_TRUE(workspace_.Erase("tuf/2.root.json").ok());
  ASSERT_TRUE(workspace_.Write("metadata-files.json", base::AsBytes(journal)).ok());
  const auto metadata = Metadata::Load(workspace_);
  ASSERT_TRUE(metadata.ok()) << metadata.error().message;
  EXPECT_EQ(workspace_.Read("tuf/2.root.json").value(), root);
  EXPECT_FALSE(workspace_.Has("metadata-files.json"));
  EXPECT_EQ(PublishedFiles(workspace_)->size(), before->size() + 1);
}

TEST_F(ReleaseTest, ThresholdsThatCannotBeReachedAreRefused) {
  MetadataChange change = FirstChange();
  change.steps.push_back({ChangeStep::Kind::kThreshold, "rules", "", 4});
  EXPECT_THAT(BeginChange(workspace_, change).error().message, HasSubstr("4 signatures"));
}

class ProposalTest : public ReleaseTest {
 protected:
  void SetUp() override {
    MakeMetadata();
    NewProposal wanted{.author = "alice", .reason = "why", .time_s = kTime, .rollout = {{100, 0}}};
    proposal_ =
        MakeProposal(workspace_, LogCopy::Load(workspace_).value(),
                     {.engine = 1, .files = {{"a.yar", "rule a { condition: true }"}}}, wanted)
            .value();
    authority_ = Metadata::Load(workspace_)->FindAuthority("rules").value();
  }
  void Accept() {
    TestReport report;
    report.bundle_sha256 = proposal_.sha256();
    ASSERT_TRUE(
        workspace_.Write(proposal_.File("test.json"), base::AsBytes(WriteTestReport(report))).ok());
    proposal_ = LoadProposal(workspace_, proposal_.id).value();
    ASSERT_TRUE(AddReview(workspace_, &proposal_, {"bob", "accept", "", "fine", kTime}).ok());
  }

  Proposal proposal_;
  Authority authority_;
};

TEST_F(ProposalTest, ObjectionsInWords) {
  EXPECT_EQ(Objections(proposal_, ReleaseRules{}), std::vector<std::string>{"it was not tested"});
  Accept();
  EXPECT_TRUE(Objections(proposal_, ReleaseRules{}).empty());
  ASSERT_TRUE(AddReview(workspace_, &proposal_, {"carol", "reject", "", "no", kTime}).ok());
  EXPECT_EQ(Objections(proposal_, ReleaseRules{}), std::vector<std::string>{"carol rejected it"});
  ASSERT_TRUE(AddReview(workspace_, &proposal_, {"carol", "accept", "", "well", kTime}).ok());
  EXPECT_TRUE(Objections(proposal_, {.reviews = 2}).empty());
  EXPECT_FALSE(Objections(proposal_, {.reviews = 3}).empty());
}

TEST_F(ProposalTest, SignaturesCoverReviewsAndCountOncePerKey) {
  Accept();
  ASSERT_TRUE(Freeze(workspace_, &proposal_, 2, {}, "").ok());
  EXPECT_FALSE(AddReview(workspace_, &proposal_, {"dan", "reject", "", "late", kTime}).ok());
  const SigningRequest request = ProposalRequest(proposal_);
  ASSERT_EQ(request.parts.size(), 3u);
  for (const int key : {11, 11, 12}) {
    ASSERT_TRUE(AddProposalSignatures(workspace_, authority_,
                                      SignParts(request.parts, WorldKey(key)).value(), &proposal_)
                    .ok());
  }
  EXPECT_EQ(update::CountSigners(proposal_.release, authority_.keys, authority_.role), 2);
  EXPECT_FALSE(AddProposalSignatures(workspace_, authority_,
                                     SignParts(request.parts, WorldKey(kRoot)).value(), &proposal_)
                   .ok());
  const Proposal loaded = LoadProposal(workspace_, proposal_.id).value();
  EXPECT_EQ(update::CountSigners(*loaded.decision, authority_.keys, authority_.role), 2);
  EXPECT_EQ(loaded.reviews, proposal_.reviews);
}

TEST_F(ProposalTest, WhatSeesLessSaysSoAndNeedsTheKeysOfRemovals) {
  Accept();
  EXPECT_EQ(RoleOf(proposal_), "rules");
  for (auto list : {&Blindness::removed, &Blindness::changed, &Blindness::hashes_removed,
                    &Blindness::allowed}) {
    Proposal one = proposal_;
    (one.test->blindness.*list) = {"x"};
    EXPECT_EQ(RoleOf(one), "removals");
  }
  proposal_.test->blindness.removed = {"x"};
  ASSERT_TRUE(Freeze(workspace_, &proposal_, 3, {}, "").ok());
  const Proposal loaded = LoadProposal(workspace_, proposal_.id).value();
  EXPECT_TRUE(loaded.statement.removes);
  EXPECT_EQ(update::RoleOf(loaded.statement), "removals");
}

TEST(Signing, FilesReadBackAndAreStrict) {
  const SigningRequest request{"1-00000000", {"words"}, {{"release", PartKind::kDsse, "{}"}}};
  EXPECT_EQ(ParseSigningRequest(WriteSigningRequest(request)).value(), request);
  const SignatureFile file{"change", {{"root", "ab", std::string("\0\xff", 2)}}};
  EXPECT_EQ(ParseSignatureFile(WriteSignatureFile(file)).value(), file);
  EXPECT_FALSE(ParseSignatureFile(WriteSigningRequest(request)).ok());
  EXPECT_FALSE(ParseSigningRequest("{}").ok());
  EXPECT_THAT(ParseSigningRequest("[").error().message, HasSubstr("is damaged"));
}

// Whether a file is accepted; and if it is, it must be the same when it is written and read again.
template <typename Parse, typename Write>
auto ReadsBack(Parse parse, Write write) {
  return [=](const std::string& text) {
    const auto made = parse(text);
    return made.ok() && parse(write(*made)).value() == *made;
  };
}

// What another implementation of the workspace's files needs to check itself.
TEST(Vectors, Files) {
  std::ifstream in(std::string(DAYLIGHT_SOURCE_DIR) + "/api/vectors/release/files.json");
  std::stringstream all;
  all << in.rdbuf();
  const auto vectors = wire::ParseJson(base::AsBytes(all.str()), {});
  ASSERT_TRUE(vectors.ok());
  using Check = std::function<bool(const std::string&)>;
  const std::map<std::string, Check> kParsers = {
      {"signing-request", ReadsBack(ParseSigningRequest, WriteSigningRequest)},
      {"signatures", ReadsBack(ParseSignatureFile, WriteSignatureFile)},
      {"change.json", ReadsBack(ParseChange, WriteChange)},
      {"test.json", ReadsBack(ParseTestReport, WriteTestReport)},
      {"reviews.json", ReadsBack(ParseReviews, WriteReviews)},
      {"release.json", [](const std::string& text) { return ParseConfig(text).ok(); }},
      {"rules.json", [](const std::string& text) { return ParseReleaseRules(text).ok(); }},
      {"log/reports", [](const std::string& text) { return ParseEntryNotes(text).ok(); }},
  };
  std::set<std::string> seen;
  for (const wire::Json& vector : vectors->items()) {
    const std::string& file = vector.Find("file")->text();
    seen.insert(file);
    EXPECT_EQ(kParsers.at(file)(vector.Find("text")->text()), vector.Find("valid")->boolean())
        << file << ", " << vector.Find("about")->text();
  }
  EXPECT_EQ(seen.size(), kParsers.size());
}

TEST(Config, RolloutsRise) {
  EXPECT_EQ(ParseRollout("1:0,100:60")->size(), 2u);
  for (const char* bad : {"", "1:0", "100", "100:0,", "50:0,40:0,100:0", "1:9,100:8", "101:0",
                          "-1:0,100:0", "1:0,,100:0"}) {
    EXPECT_EQ(std::string_view(bad) == "100:0,", ParseRollout(bad).ok()) << bad;
  }
}

TEST(RuleFolder, KindsOfFiles) {
  EXPECT_EQ(KindOfRuleFile("a/b.yar"), RuleFileKind::kRules);
  EXPECT_EQ(KindOfRuleFile("a.hsb"), RuleFileKind::kHashes);
  EXPECT_EQ(KindOfRuleFile("a.sfp"), RuleFileKind::kAllowed);
  EXPECT_EQ(KindOfRuleFile("yar"), RuleFileKind::kOther);
  EXPECT_TRUE(IsNoticeId("halt-0123abcd"));
  EXPECT_FALSE(IsNoticeId("halt-0123abc"));
  EXPECT_FALSE(IsNoticeId("1-0123abcd"));
}

}  // namespace
}  // namespace day::network::release
