// An HTTP/1.1 client for hostile servers: every size and every wait is bounded, and nothing in a
// request tells one user from another.
//
//   HttpClient client(HttpClientOptions{});
//   DAY_TRY_ASSIGN(const Url url, ParseUrl("https://example.org/a"));
//   DAY_TRY_ASSIGN(const HttpResponse response, client.Get(url, {.body_max_bytes = 1 << 20}));
//   if (response.head.status == 200) ... response.body
//
// What it does: http and https (TLS 1.2 and later, certificates and host names checked against the
// system's authorities or `ca_file`), redirects (bounded; never from https to http), an HTTP proxy
// (absolute form for http, CONNECT for https), bodies in pieces, Range to go on with a download.
// One connection a request, no cookies, no compression, a fixed User-Agent without a version.
// The status is no error: 404 is a response. Bodies of statuses other than 200 and 206 are not
// read. Several mirrors, retries and back-off are the caller's business. Time: `stall_timeout_ms`
// bounds each wait for progress, `total_timeout_ms` the whole request with its redirects. Resolving
// a name is bounded by the system's resolver if that is slower. Thread safety: an HttpClient may be
// used by several threads at once; each request stands alone.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "libs/base/bytes.h"
#include "libs/base/result.h"
#include "libs/net/url.h"

namespace day::net {

struct HttpClientOptions {
  std::optional<Url> proxy;  // scheme http; its target is not used
  std::string ca_file;       // PEM; empty: the system's authorities (and SSL_CERT_FILE)
};

struct HttpLimits {
  std::uint64_t body_max_bytes = 0;
  std::uint32_t stall_timeout_ms = 20'000;
  std::uint32_t total_timeout_ms = 600'000;
  std::uint32_t redirects_max = 5;
};

struct HttpHead {
  unsigned status = 0;
  std::string content_type;
  // Where the body starts in the resource: above 0 only for a 206 that answers range_start.
  std::uint64_t body_offset = 0;
  // If the server said how much the body has.
  std::optional<std::uint64_t> body_size;
};

struct HttpResponse {
  HttpHead head;
  std::string body;
};

struct HttpPost {
  std::string content_type;
  std::string_view body;
};

// Any request, with headers of one's own; Host, User-Agent and those of the body's size are set.
struct HttpRequest {
  std::string method;  // "GET", "PUT", "DELETE", ...; not HEAD or CONNECT
  std::vector<std::pair<std::string, std::string>> headers;
  std::string_view body;
};

// Gets a piece of a body; an error ends the request with it.
using BodySink = std::function<base::Status(const HttpHead& head, base::Bytes piece)>;

class HttpClient {
 public:
  explicit HttpClient(HttpClientOptions options) : options_(std::move(options)) {}

  // Errors: kTimeout; kLimit (body, header or redirects beyond the limits); kTruncated if the
  // connection ended within the body; kPermission if TLS does not trust the server; kMalformed for
  // what is no HTTP; kNotFound for a name that does not resolve; kIo for everything else.
  base::Result<HttpResponse> Get(const Url& url, const HttpLimits& limits) const;

  // The same, giving the body away as it comes. `range_start` above 0 asks for the rest from there;
  // a server that ignores it answers 200 from the beginning, and head.body_offset says so. Pieces
  // that came before an error were given to the sink. Errors: as above, and the sink's.
  base::Result<HttpHead> Download(const Url& url, const HttpLimits& limits,
                                  std::uint64_t range_start, const BodySink& sink) const;

  // Redirects of a POST are not followed: they are responses. The body of any status is read.
  base::Result<HttpResponse> Post(const Url& url, const HttpPost& post,
                                  const HttpLimits& limits) const;

  // As Post(). Errors: kInvalidUse for a method that is none of HTTP's.
  base::Result<HttpResponse> Send(const Url& url, const HttpRequest& request,
                                  const HttpLimits& limits) const;

 private:
  HttpClientOptions options_;
};

}  // namespace day::net
