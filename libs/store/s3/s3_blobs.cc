#include "libs/store/s3/s3_blobs.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <ctime>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

#include "libs/base/lines.h"
#include "libs/net/http_client.h"

namespace day::store::s3 {
namespace {

using base::ErrorKind;
using base::MakeError;

constexpr int kAttempts = 4;
constexpr std::chrono::milliseconds kFirstPause(100);
constexpr std::size_t kParallelPuts = 8;
constexpr std::uint64_t kAnswerBytesMax = 4u << 20;  // of anything but a blob
constexpr std::string_view kListPageSize = "1000";

bool IsName(std::string_view text) {
  return !text.empty() && text.size() <= 255 &&
         std::all_of(text.begin(), text.end(), [](unsigned char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '-' || c == '.' || c == '_';
         });
}

// Whether asking again may help: the server is busy, or was not reached.
bool IsPassing(const base::Result<net::HttpResponse>& response) {
  if (!response.ok()) {
    const ErrorKind kind = response.error().kind;
    return kind == ErrorKind::kIo || kind == ErrorKind::kTimeout || kind == ErrorKind::kTruncated;
  }
  const unsigned status = response->head.status;
  return status == 429 || status == 500 || status == 502 || status == 503 || status == 504;
}

// The text of the first <name> element of the answer, for people.
std::string_view ElementText(std::string_view xml, std::string_view name) {
  const std::string open = "<" + std::string(name) + ">";
  const std::size_t begin = xml.find(open);
  if (begin == std::string_view::npos) {
    return {};
  }
  const std::string_view rest = xml.substr(begin + open.size());
  return rest.substr(0, std::min(rest.find('<'), rest.size()));
}

class S3Blobs final : public Blobs {
 public:
  explicit S3Blobs(S3Options options)
      : options_(std::move(options)),
        client_(net::HttpClientOptions{.proxy = {}, .ca_file = options_.ca_file}) {}

  base::Result<std::string> Get(std::string_view key, std::uint64_t size_max_bytes) override {
    DAY_TRY(CheckKey(key));
    DAY_TRY_ASSIGN(net::HttpResponse response,
                   Ask("GET", PathOf(key), {}, {}, std::max(size_max_bytes, kAnswerBytesMax)));
    DAY_TRY(CheckStatus(response, key));
    if (response.body.size() > size_max_bytes) {
      return MakeError(ErrorKind::kLimit, std::string(key) + " is too long");
    }
    return std::move(response.body);
  }

  base::Status Put(std::string_view key, base::Bytes bytes) override {
    DAY_TRY(CheckKey(key));
    DAY_TRY_ASSIGN(const net::HttpResponse response,
                   Ask("PUT", PathOf(key), {}, bytes, kAnswerBytesMax));
    return CheckStatus(response, key);
  }

  base::Result<bool> PutIfAbsent(std::string_view key, base::Bytes bytes) override {
    DAY_TRY(CheckKey(key));
    // A listing tells of the object without fetching it.
    DAY_TRY_ASSIGN(const ObjectList list, ListPage(key, {}, "1"));
    if (!list.keys.empty() && list.keys[0] == ObjectKey(key)) {
      return false;
    }
    DAY_TRY(Put(key, bytes));
    return true;
  }

  base::Status PutMany(std::span<const Blob> blobs) override {
    for (const Blob& blob : blobs) {
      DAY_TRY(CheckKey(blob.key));
    }
    std::atomic<std::size_t> next{0};
    std::mutex mutex;
    base::Status failure;
    const auto put_some = [&] {
      for (std::size_t i = next++; i < blobs.size(); i = next++) {
        base::Status status = Put(blobs[i].key, base::AsBytes(blobs[i].bytes));
        if (!status.ok()) {
          const std::lock_guard lock(mutex);
          failure = std::move(status);
        }
      }
    };
    std::vector<std::thread> threads;
    try {
      for (std::size_t i = 1; i < std::min(kParallelPuts, blobs.size()); ++i) {
        threads.emplace_back(put_some);
      }
    } catch (const std::system_error&) {
      // No more threads are to be had: fewer will do.
    }
    put_some();
    for (std::thread& thread : threads) {
      thread.join();
    }
    return failure;
  }

  base::Status Delete(std::string_view key) override {
    DAY_TRY(CheckKey(key));
    DAY_TRY_ASSIGN(const net::HttpResponse response,
                   Ask("DELETE", PathOf(key), {}, {}, kAnswerBytesMax));
    base::Status status = CheckStatus(response, key);
    const bool absent = !status.ok() && status.error().kind == ErrorKind::kNotFound &&
                        response.body.find("<Code>NoSuchBucket<") == std::string::npos;
    return absent ? base::OkStatus() : std::move(status);
  }

  base::Result<std::vector<std::string>> List(std::string_view prefix,
                                              std::size_t count_max) override {
    if (!prefix.empty() &&
        (prefix.back() != '/' || !IsBlobKey(prefix.substr(0, prefix.size() - 1)))) {
      return MakeError(ErrorKind::kInvalidUse, "not a folder of blobs: " + std::string(prefix));
    }
    const std::string below = ObjectKey("");
    std::vector<std::string> keys;
    std::string continuation;
    do {
      DAY_TRY_ASSIGN(ObjectList page, ListPage(prefix, continuation, kListPageSize));
      for (const std::string& object : page.keys) {
        if (object.starts_with(below) && IsBlobKey(std::string_view(object).substr(below.size()))) {
          keys.push_back(object.substr(below.size()));
        }
      }
      if (keys.size() > count_max) {
        return MakeError(ErrorKind::kLimit, "more than " + std::to_string(count_max) + " blobs");
      }
      continuation = std::move(page.continuation);
    } while (!continuation.empty());
    std::sort(keys.begin(), keys.end());
    return keys;
  }

 private:
  static base::Status CheckKey(std::string_view key) {
    return IsBlobKey(key) ? base::OkStatus()
                          : base::Status(MakeError(ErrorKind::kInvalidUse,
                                                   "not a key of a blob: " + std::string(key)));
  }
  std::string ObjectKey(std::string_view key) const {
    return (options_.prefix.empty() ? "" : options_.prefix + "/") + std::string(key);
  }
  std::string PathOf(std::string_view key) const {
    return "/" + options_.bucket + "/" + ObjectKey(key);
  }

  base::Result<ObjectList> ListPage(std::string_view prefix, const std::string& continuation,
                                    std::string_view size) {
    Parameters query = {
        {"list-type", "2"}, {"max-keys", std::string(size)}, {"prefix", ObjectKey(prefix)}};
    if (!continuation.empty()) {
      query.emplace_back("continuation-token", continuation);
    }
    DAY_TRY_ASSIGN(const net::HttpResponse response,
                   Ask("GET", "/" + options_.bucket, query, {}, kAnswerBytesMax));
    DAY_TRY(CheckStatus(response, prefix));
    return ParseObjectList(response.body);
  }

  base::Result<net::HttpResponse> Ask(std::string method, std::string path, Parameters query,
                                      base::Bytes body, std::uint64_t answer_max_bytes) {
    SignedRequest request;
    request.method = std::move(method);
    request.host = options_.endpoint.Authority();
    request.path = std::move(path);
    request.query = std::move(query);
    request.body = body;
    net::Url url = options_.endpoint;
    url.target = TargetOf(request);
    net::HttpLimits limits;
    limits.body_max_bytes = answer_max_bytes;
    auto pause = kFirstPause;
    for (int attempt = 1;; ++attempt, pause *= 2) {
      net::HttpRequest http;
      http.method = request.method;
      http.headers = SignRequest(options_.credentials, request, std::time(nullptr));
      http.body = base::AsText(body);
      base::Result<net::HttpResponse> response = client_.Send(url, http, limits);
      if (attempt == kAttempts || !IsPassing(response)) {
        return response;
      }
      std::this_thread::sleep_for(pause);
    }
  }

  static base::Status CheckStatus(const net::HttpResponse& response, std::string_view key) {
    const unsigned status = response.head.status;
    if (status / 100 == 2) {
      return base::OkStatus();
    }
    const std::string what = "S3, " + std::string(key) + ": status " + std::to_string(status) +
                             " " + std::string(ElementText(response.body, "Code"));
    return MakeError(status == 404                    ? ErrorKind::kNotFound
                     : status == 401 || status == 403 ? ErrorKind::kPermission
                     : status == 507                  ? ErrorKind::kLimit
                                                      : ErrorKind::kIo,
                     what);
  }

  S3Options options_;
  net::HttpClient client_;
};

}  // namespace

base::Result<S3Options> ParseS3Options(std::string_view text) {
  S3Options options;
  std::optional<net::Url> endpoint;
  int number = 0;
  while (!text.empty()) {
    const std::string_view line = base::TakeLine(&text);
    ++number;
    const auto malformed = [number](std::string_view why) {
      return MakeError(ErrorKind::kMalformed,
                       "S3 settings, line " + std::to_string(number) + ": " + std::string(why));
    };
    if (line.empty() || line[0] == '#') {
      continue;
    }
    const std::size_t space = line.find(' ');
    const std::string_view name = line.substr(0, space);
    const std::string_view value =
        space == std::string_view::npos ? std::string_view() : line.substr(space + 1);
    if (value.empty() || value.find_first_of(" \t\r") != std::string_view::npos) {
      return malformed("expected a name, one blank and a value");
    }
    if (name == "endpoint") {
      DAY_TRY_ASSIGN(endpoint, net::ParseUrl(value));
      if (endpoint->target != "/") {
        return malformed("an endpoint has no path");
      }
    } else if (name == "bucket" && IsName(value)) {
      options.bucket = value;
    } else if (name == "prefix" && IsBlobKey(value)) {
      options.prefix = value;
    } else if (name == "region" && IsName(value)) {
      options.credentials.region = value;
    } else if (name == "ca-file") {
      options.ca_file = value;
    } else if (name == "access-key") {
      options.credentials.access_key = value;
    } else if (name == "secret-key") {
      options.credentials.secret_key = crypto::SecretBytes::Copy(base::AsBytes(value));
    } else {
      return malformed("not a setting, or not a value for it");
    }
  }
  if (!endpoint || options.bucket.empty() || options.credentials.access_key.empty() ||
      options.credentials.secret_key.empty()) {
    return MakeError(ErrorKind::kMalformed,
                     "S3 settings: endpoint, bucket, access-key and secret-key are needed");
  }
  options.endpoint = *endpoint;
  return options;
}

base::Result<std::unique_ptr<Blobs>> OpenS3Blobs(S3Options options) {
  if (!IsName(options.bucket) || (!options.prefix.empty() && !IsBlobKey(options.prefix))) {
    return MakeError(ErrorKind::kInvalidUse, "not a bucket, or not a prefix");
  }
  return std::unique_ptr<Blobs>(std::make_unique<S3Blobs>(std::move(options)));
}

base::Result<ObjectList> ParseObjectList(std::string_view xml) {
  constexpr std::string_view kOpen = "<Key>";
  constexpr std::string_view kClose = "</Key>";
  if (xml.find("<ListBucketResult") == std::string_view::npos) {
    return MakeError(ErrorKind::kMalformed, "S3: the answer is no list of objects");
  }
  ObjectList list;
  for (std::size_t at = xml.find(kOpen); at != std::string_view::npos; at = xml.find(kOpen, at)) {
    at += kOpen.size();
    const std::size_t end = xml.find('<', at);
    if (end == std::string_view::npos || !xml.substr(end).starts_with(kClose)) {
      return MakeError(ErrorKind::kMalformed, "S3: a key in a list has no end");
    }
    const std::string_view key = xml.substr(at, end - at);
    if (key.find('&') == std::string_view::npos) {
      list.keys.emplace_back(key);
    }
    at = end;
  }
  if (ElementText(xml, "IsTruncated") == "true") {
    list.continuation = ElementText(xml, "NextContinuationToken");
    if (list.continuation.empty()) {
      return MakeError(ErrorKind::kMalformed, "S3: a list goes on, but not where");
    }
  }
  return list;
}

}  // namespace day::store::s3
