// The examples of the Amazon S3 API Reference, "Signature Calculations for the Authorization
// Header".
#include "libs/store/s3/sigv4.h"

#include <gtest/gtest.h>

namespace day::store::s3 {
namespace {

constexpr std::int64_t kMay24th2013 = 1'369'353'600;

Credentials Example() {
  Credentials credentials;
  credentials.access_key = "AKIAIOSFODNN7EXAMPLE";
  credentials.secret_key =
      crypto::SecretBytes::Copy(base::AsBytes("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"));
  return credentials;
}

std::string SignatureOf(SignedRequest request) {
  request.host = "examplebucket.s3.amazonaws.com";
  const Parameters headers = SignRequest(Example(), request, kMay24th2013);
  EXPECT_EQ(headers[0].second, "20130524T000000Z");
  const std::string& value = headers[2].second;
  return value.substr(value.rfind('=') + 1);
}

TEST(SigV4, SignsAsTheReferenceDoes) {
  EXPECT_EQ(SignatureOf({.method = "GET",
                         .host = "",
                         .path = "/test.txt",
                         .query = {},
                         .headers = {{"range", "bytes=0-9"}},
                         .body = {}}),
            "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
  EXPECT_EQ(SignatureOf({.method = "PUT",
                         .host = "",
                         .path = "/test$file.text",
                         .query = {},
                         .headers = {{"date", "Fri, 24 May 2013 00:00:00 GMT"},
                                     {"x-amz-storage-class", "REDUCED_REDUNDANCY"}},
                         .body = base::AsBytes("Welcome to Amazon S3.")}),
            "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd");
  EXPECT_EQ(SignatureOf({.method = "GET",
                         .host = "",
                         .path = "/",
                         .query = {{"lifecycle", ""}},
                         .headers = {},
                         .body = {}}),
            "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543");
  EXPECT_EQ(SignatureOf({.method = "GET",
                         .host = "",
                         .path = "/",
                         .query = {{"max-keys", "2"}, {"prefix", "J"}},
                         .headers = {},
                         .body = {}}),
            "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7");
}

TEST(SigV4, TargetsAreEncodedAndSorted) {
  const SignedRequest request = {.method = "GET",
                                 .host = "h",
                                 .path = "/b/a$b",
                                 .query = {{"prefix", "a/b c"}, {"list-type", "2"}},
                                 .headers = {},
                                 .body = {}};
  EXPECT_EQ(TargetOf(request), "/b/a%24b?list-type=2&prefix=a%2Fb%20c");
}

}  // namespace
}  // namespace day::store::s3
