// s3_check SETTINGS: the store's promises, kept by the S3 server of the settings file
// (tests/services/s3_test.py starts one). Leaves objects behind.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <iterator>

#include "libs/store/s3/s3_blobs.h"

namespace day::store::s3 {
namespace {

using base::AsBytes;
using base::ErrorKind;

const char* settings_path = nullptr;

// Every test has a prefix of its own.
class S3BlobsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::ifstream in(settings_path);
    settings_.assign(std::istreambuf_iterator<char>(in), {});
    blobs_ = Open(settings_ + "prefix test-" + std::to_string(::getpid()) + "/" +
                  ::testing::UnitTest::GetInstance()->current_test_info()->name() + "\n");
  }
  static std::unique_ptr<Blobs> Open(const std::string& settings) {
    return OpenS3Blobs(ParseS3Options(settings).value()).value();
  }

  std::string settings_;
  std::unique_ptr<Blobs> blobs_;
};

TEST_F(S3BlobsTest, PutGetReplaceDelete) {
  EXPECT_EQ(blobs_->Get("a/b", 10).error().kind, ErrorKind::kNotFound);
  ASSERT_TRUE(blobs_->Put("a/b", AsBytes("one")).ok());
  EXPECT_EQ(blobs_->Get("a/b", 10).value(), "one");
  ASSERT_TRUE(blobs_->Put("a/b", AsBytes("two")).ok());
  EXPECT_EQ(blobs_->Get("a/b", 3).value(), "two");
  EXPECT_EQ(blobs_->Get("a/b", 2).error().kind, ErrorKind::kLimit);
  EXPECT_EQ(blobs_->Get("../b", 2).error().kind, ErrorKind::kInvalidUse);
  EXPECT_FALSE(blobs_->PutIfAbsent("a/b", AsBytes("three")).value());
  EXPECT_EQ(blobs_->Get("a/b", 10).value(), "two");
  EXPECT_TRUE(blobs_->PutIfAbsent("a/c", AsBytes("three")).value());
  EXPECT_TRUE(blobs_->PutIfAbsent("a", AsBytes("")).value());
  EXPECT_EQ(blobs_->Get("a", 0).value(), "");
  ASSERT_TRUE(blobs_->Delete("a/b").ok());
  ASSERT_TRUE(blobs_->Delete("a/b").ok());
  EXPECT_EQ(blobs_->Get("a/b", 10).error().kind, ErrorKind::kNotFound);
}

TEST_F(S3BlobsTest, ManyAndListOverSeveralPages) {
  std::vector<Blob> many;
  for (int i = 0; i < 1200; ++i) {
    many.push_back({"t/" + std::to_string(i % 5) + "/" + std::to_string(i), std::to_string(i)});
  }
  ASSERT_TRUE(blobs_->PutMany(many).ok());
  EXPECT_EQ(blobs_->Get("t/2/1197", 10).value(), "1197");
  EXPECT_EQ(blobs_->List("", 2000)->size(), many.size());
  EXPECT_EQ(blobs_->List("t/3/", 2000)->size(), many.size() / 5);
  EXPECT_EQ(blobs_->List("nowhere/", 100)->size(), 0u);
  EXPECT_EQ(blobs_->List("", 1199).error().kind, ErrorKind::kLimit);
  EXPECT_FALSE(blobs_->PutMany(std::vector<Blob>{{"a/../b", ""}}).ok());
}

TEST_F(S3BlobsTest, WrongCredentialsAndBucketsAreClearErrors) {
  const std::string bad_key = settings_ + "secret-key wrong\n";
  EXPECT_EQ(Open(bad_key)->Put("a", AsBytes("x")).error().kind, ErrorKind::kPermission);
  const std::string bad_bucket = settings_ + "bucket not-there\n";
  EXPECT_EQ(Open(bad_bucket)->Put("a", AsBytes("x")).error().kind, ErrorKind::kNotFound);
  EXPECT_EQ(Open(bad_bucket)->Delete("a").error().kind, ErrorKind::kNotFound);
}

}  // namespace

int RunChecks(int argc, char** argv) {
  ::testing::InitGoogleTest(&argc, argv);
  if (argc != 2) {
    (void)std::fputs("usage: s3_check SETTINGS\n", stderr);
    return 2;
  }
  settings_path = argv[1];
  return RUN_ALL_TESTS();
}

}  // namespace day::store::s3

int main(int argc, char** argv) { return day::store::s3::RunChecks(argc, argv); }
