// Settings and answers. Blobs on a real server: tests/services/s3_check.
#include "libs/store/s3/s3_blobs.h"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace day::store::s3
