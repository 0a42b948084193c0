// Against a real server if DAYLIGHT_TEST_S3 names a settings file (tests/services/ceph.sh makes one
// and tests/functional/s3_test.py starts it); the parsers always.
#include "libs/store/s3/s3_blobs.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <thread>

namespace day::store::s3 {
namespace {

using base::AsBytes;
using base::ErrorKind;

TEST(S3Options, AreReadFromLines) {
  const auto options = ParseS3Options(
      "# where\nendpoint https://s3.example.org:8443\nbucket b-1\nprefix logs/a\n\nregion eu\n"
      "ca-file /ca.pem\naccess-key AK\nsecret-key SK\n");
  ASSERT_TRUE(options.ok());
  EXPECT_EQ(options->endpoint.Authority(), "s3.example.org:8443");
  EXPECT_EQ(options->bucket, "b-1");
  EXPECT_EQ(options->prefix, "logs/a");
  EXPECT_EQ(options->credentials.region, "eu");
  EXPECT_EQ(options->ca_file, "/ca.pem");
  for (const char* bad : {"", "bucket b\n", "endpoint http://h/path\n", "endpoint  http://h\n",
                          "bucket a/b\n", "prefix /x\n", "nonsense x\n", "bucket\n"}) {
    EXPECT_EQ(ParseS3Options(bad).error().kind, ErrorKind::kMalformed) << bad;
  }
}

TEST(ObjectList, IsReadFromXml) {
  const auto list = ParseObjectList(
      "<?xml version=\"1.0\"?><ListBucketResult xmlns=\"x\"><IsTruncated>true</IsTruncated>"
      "<NextContinuationToken>t/1</NextContinuationToken><Contents><Key>a/b</Key><Size>1</Size>"
      "</Contents><Contents><Key>a&amp;b</Key></Contents><Contents><Key>c</Key></Contents>"
      "</ListBucketResult>");
  ASSERT_TRUE(list.ok());
  EXPECT_EQ(list->keys, (std::vector<std::string>{"a/b", "c"}));
  EXPECT_EQ(list->continuation, "t/1");
  EXPECT_TRUE(ParseObjectList("<ListBucketResult/>")->keys.empty());
  for (const char* bad : {"", "<Error/>", "<ListBucketResult><Key>a", "<ListBucketResult><Key>a<b>",
                          "<ListBucketResult><IsTruncated>true</IsTruncated>"}) {
    EXPECT_EQ(ParseObjectList(bad).error().kind, ErrorKind::kMalformed) << bad;
  }
}

// Every test has a prefix of its own.
class S3BlobsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const char* path = std::getenv("DAYLIGHT_TEST_S3");
    if (path == nullptr) {
      GTEST_SKIP() << "DAYLIGHT_TEST_S3 is not set: tests/functional/s3_test.py sets it";
    }
    std::ifstream in(path);
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
}  // namespace day::store::s3
