// AWS Signature Version 4 for requests to S3 ("Authenticating Requests: Using the Authorization
// Header", Amazon S3 API Reference), as every S3 server checks it.
//
//   SignedRequest request{.method = "GET", .path = "/bucket/key", ...};
//   headers = SignRequest(credentials, request, now_s);
//
// Pure functions; thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "libs/base/bytes.h"
#include "libs/crypto/secret.h"

namespace day::store::s3 {

struct Credentials {
  std::string access_key;
  crypto::SecretBytes secret_key;
  std::string region = "us-east-1";
};

using Parameters = std::vector<std::pair<std::string, std::string>>;

// What is signed. Names and values as they are, not percent-encoded.
struct SignedRequest {
  std::string method;
  std::string host;    // as in the Host header
  std::string path;    // begins with a slash
  Parameters query;    // in any order
  Parameters headers;  // further headers to be signed; names in lower case
  base::Bytes body;
};

// The path and query as they go into the request line: percent-encoded, the query sorted.
std::string TargetOf(const SignedRequest& request);

// The headers that sign the request at that time (seconds since 1970): x-amz-date,
// x-amz-content-sha256 and authorization.
Parameters SignRequest(const Credentials& credentials, const SignedRequest& request,
                       std::int64_t now_s);

}  // namespace day::store::s3
