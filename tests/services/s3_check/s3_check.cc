// s3_check SETTINGS: the store's promises, kept by the S3 server of the settings file
// (tests/services/s3_test.py starts one). Leaves objects behind.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <iterator>

#include "libs/store/s3/s3_blobs.h"
#include "libs/store/testing/blobs_promises.h"

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

TEST_F(S3BlobsTest, SingleBlobs) {
  testing::ExpectSingleBlobs(blobs_.get());
  // Where there are no folders a blob may be called as another's begins.
  EXPECT_TRUE(blobs_->PutIfAbsent("a", AsBytes("")).value());
}

TEST_F(S3BlobsTest, ManyBlobsOverSeveralPages) { testing::ExpectManyBlobs(blobs_.get(), 1200); }

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
