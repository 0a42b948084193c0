// Blobs in a bucket of any S3 server (Amazon's, Ceph's RADOS Gateway, Swift's s3api, ...).
//
//   DAY_TRY_ASSIGN(S3Options options, ParseS3Options(text));
//   DAY_TRY_ASSIGN(const std::unique_ptr<Blobs> blobs, OpenS3Blobs(std::move(options)));
//
// A key is an object below the options' prefix, addressed by path. Durable means that the server
// acknowledged it. S3 replaces objects whole, so readers see an old object or a new one. What S3
// cannot promise: PutIfAbsent() looks and then puts, since many servers ignore conditions; two
// writers at the same moment may both be told that they were first. Whoever needs more (the log
// does) has one writer at a time, by a lock elsewhere. Requests that fail for want of a server are
// tried again, kAttempts times in all. Thread safety: as Blobs asks.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "libs/base/result.h"
#include "libs/net/url.h"
#include "libs/store/blobs.h"
#include "libs/store/s3/sigv4.h"

namespace day::store::s3 {

struct S3Options {
  net::Url endpoint;    // of the server: its path is "/"
  std::string bucket;   // letters, digits, '.', '-'
  std::string prefix;   // a blob key, or empty
  std::string ca_file;  // as in net::HttpClientOptions
  Credentials credentials;
};

// Lines "endpoint URL", "bucket NAME", "access-key KEY", "secret-key KEY", and if wanted "prefix
// KEY", "region NAME", "ca-file PATH"; '#' begins a comment. Errors: kMalformed, with the line.
base::Result<S3Options> ParseS3Options(std::string_view text);

// Asks nothing of the server yet. Errors: kInvalidUse.
base::Result<std::unique_ptr<Blobs>> OpenS3Blobs(S3Options options);

// What a server answers to ListObjectsV2.
struct ObjectList {
  std::vector<std::string> keys;
  std::string continuation;  // empty: these were the last
};
// Errors: kMalformed. Only keys without markup (no '&') are understood: ours have none.
base::Result<ObjectList> ParseObjectList(std::string_view xml);

}  // namespace day::store::s3
