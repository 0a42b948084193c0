#include "libs/net/http_client.h"

#include <openssl/err.h>

#include <array>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <charconv>
#include <chrono>
#include <limits>
#include <memory>

namespace day::net {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;
using base::ErrorKind;
using base::MakeError;
using boost::system::error_code;
using Clock = std::chrono::steady_clock;
using TlsStream = asio::ssl::stream<tcp::socket&>;

constexpr std::uint32_t kHeaderMaxBytes = 16 * 1024;
constexpr std::size_t kPieceBytes = 64 * 1024;
constexpr const char* kUserAgent = "daylight";

// What to send, apart from where.
struct Ask {
  http::verb verb = http::verb::get;
  std::uint64_t range_start = 0;
  const HttpRequest* request = nullptr;  // not followed if it is redirected; any status has a body
};

ErrorKind KindOf(const error_code& code) {
  if (code == asio::error::timed_out) {
    return ErrorKind::kTimeout;
  }
  if (code == asio::error::host_not_found || code == asio::error::host_not_found_try_again) {
    return ErrorKind::kNotFound;
  }
  if (code == http::error::header_limit || code == http::error::buffer_overflow) {
    return ErrorKind::kLimit;
  }
  if (code == http::error::partial_message || code == http::error::end_of_stream ||
      code == asio::error::eof || code == asio::ssl::error::stream_truncated ||
      code == asio::error::connection_reset) {
    return ErrorKind::kTruncated;
  }
  if (code.category() == asio::error::get_ssl_category()) {
    return ErrorKind::kPermission;
  }
  if (code.category() == make_error_code(http::error::bad_version).category()) {
    return ErrorKind::kMalformed;
  }
  return ErrorKind::kIo;
}

base::Error Failed(const Url& url, const error_code& code) {
  ERR_clear_error();
  const ErrorKind kind = KindOf(code);
  const std::string why = kind == ErrorKind::kTimeout ? "no answer in time" : code.message();
  return MakeError(kind, url.Authority() + ": " + why);
}

// One connection and the one request made over it. Asynchronous operations are run one at a time,
// each until its deadline.
class Exchange {
 public:
  Exchange(const HttpClientOptions& options, const Url& url, const HttpLimits& limits,
           Clock::time_point deadline)
      : options_(options), url_(url), limits_(limits), deadline_(deadline) {}

  base::Status Connect();
  // Sends and reads the header.
  base::Status Send(const Ask& ask);
  const auto& header() { return parser_.get(); }
  base::Status ReadBody(const HttpHead& head, const BodySink& sink);

 private:
  base::Status ConnectTcp(const Url& peer);
  base::Status OpenTunnel();
  base::Status StartTls();
  http::request<http::string_body> MakeRequest(const Ask& ask) const;

  // Runs `start(handler)` to its end or to the deadline, after which the socket is closed.
  template <typename Start>
  error_code Await(Start start) {
    std::optional<error_code> result;
    start([&result](const error_code& code, auto&&...) { result = code; });
    const auto stall = Clock::now() + std::chrono::milliseconds(limits_.stall_timeout_ms);
    io_.restart();
    while (!result && io_.run_one_until(std::min(stall, deadline_)) > 0) {
    }
    if (!result) {
      error_code ignored;
      resolver_.cancel();
      socket_.close(ignored);
      io_.restart();
      io_.run();
      return asio::error::timed_out;
    }
    return *result;
  }
  // Calls `operation(stream)` with the stream that the request goes over.
  template <typename Operation>
  error_code OnStream(Operation operation) {
    return Await([&](auto handler) {
      if (tls_) {
        operation(*tls_, handler);
      } else {
        operation(socket_, handler);
      }
    });
  }
  base::Status Check(const error_code& code) const {
    return code ? base::Status(Failed(url_, code)) : base::OkStatus();
  }

  const HttpClientOptions& options_;
  const Url& url_;
  const HttpLimits& limits_;
  Clock::time_point deadline_;
  asio::io_context io_;
  tcp::resolver resolver_{io_};
  tcp::socket socket_{io_};
  std::unique_ptr<asio::ssl::context> tls_context_;
  std::unique_ptr<TlsStream> tls_;
  boost::beast::flat_buffer buffer_{kHeaderMaxBytes + kPieceBytes};
  http::response_parser<http::buffer_body> parser_;
};

base::Status Exchange::ConnectTcp(const Url& peer) {
  tcp::resolver::results_type addresses;
  DAY_TRY(Check(Await([&](auto handler) {
    resolver_.async_resolve(peer.host, std::to_string(peer.port),
                            [&addresses, handler](const error_code& code, auto results) {
                              addresses = std::move(results);
                              handler(code);
                            });
  })));
  return Check(Await([&](auto handler) { asio::async_connect(socket_, addresses, handler); }));
}

base::Status Exchange::OpenTunnel() {
  const std::string authority = url_.host.find(':') == std::string::npos
                                    ? url_.host + ":" + std::to_string(url_.port)
                                    : "[" + url_.host + "]:" + std::to_string(url_.port);
  http::request<http::empty_body> request(http::verb::connect, authority, 11);
  request.set(http::field::host, authority);
  request.set(http::field::user_agent, kUserAgent);
  DAY_TRY(Check(Await([&](auto handler) { http::async_write(socket_, request, handler); })));
  http::response_parser<http::empty_body> answer;
  answer.skip(true);
  answer.header_limit(kHeaderMaxBytes);
  DAY_TRY(Check(
      Await([&](auto handler) { http::async_read_header(socket_, buffer_, answer, handler); })));
  if (answer.get().result_int() / 100 != 2) {
    return MakeError(ErrorKind::kIo,
                     "the proxy refuses: status " + std::to_string(answer.get().result_int()));
  }
  buffer_.clear();
  return base::OkStatus();
}

base::Status Exchange::StartTls() {
  error_code code;
  tls_context_ = std::make_unique<asio::ssl::context>(asio::ssl::context::tls_client);
  SSL_CTX_set_min_proto_version(tls_context_->native_handle(), TLS1_2_VERSION);
  if (options_.ca_file.empty()) {
    tls_context_->set_default_verify_paths(code);
  } else {
    tls_context_->load_verify_file(options_.ca_file, code);
  }
  DAY_TRY(Check(code));
  tls_ = std::make_unique<TlsStream>(socket_, *tls_context_);
  tls_->set_verify_mode(asio::ssl::verify_peer);
  tls_->set_verify_callback(asio::ssl::host_name_verification(url_.host));
  SSL_set_tlsext_host_name(tls_->native_handle(), url_.host.c_str());
  return Check(
      Await([&](auto handler) { tls_->async_handshake(asio::ssl::stream_base::client, handler); }));
}

base::Status Exchange::Connect() {
  DAY_TRY(ConnectTcp(options_.proxy ? *options_.proxy : url_));
  if (url_.scheme == Scheme::kHttp) {
    return base::OkStatus();
  }
  if (options_.proxy) {
    DAY_TRY(OpenTunnel());
  }
  return StartTls();
}

http::request<http::string_body> Exchange::MakeRequest(const Ask& ask) const {
  const bool absolute = options_.proxy && url_.scheme == Scheme::kHttp;
  http::request<http::string_body> request(ask.verb, absolute ? url_.ToText() : url_.target, 11);
  request.set(http::field::host, url_.Authority());
  request.set(http::field::user_agent, kUserAgent);
  request.set(http::field::accept, "*/*");
  request.set(http::field::accept_encoding, "identity");
  request.keep_alive(false);
  if (ask.range_start > 0) {
    request.set(http::field::range, "bytes=" + std::to_string(ask.range_start) + "-");
  }
  if (ask.request != nullptr) {
    for (const auto& [name, value] : ask.request->headers) {
      request.set(name, value);
    }
    request.body() = ask.request->body;
    request.prepare_payload();
  }
  return request;
}

base::Status Exchange::Send(const Ask& ask) {
  const auto request = MakeRequest(ask);
  // A server may answer and hang up before it has read a long body: then the answer counts.
  const error_code sent =
      OnStream([&](auto& stream, auto handler) { http::async_write(stream, request, handler); });
  if (sent && sent != asio::error::broken_pipe && sent != asio::error::connection_reset) {
    return Check(sent);
  }
  parser_.header_limit(kHeaderMaxBytes);
  // ReadBody() counts instead: the length of the page that comes with a 404 does not matter.
  parser_.body_limit(std::numeric_limits<std::uint64_t>::max());
  return Check(OnStream([&](auto& stream, auto handler) {
    http::async_read_header(stream, buffer_, parser_, handler);
  }));
}

base::Status Exchange::ReadBody(const HttpHead& head, const BodySink& sink) {
  std::array<std::byte, kPieceBytes> piece;
  std::uint64_t total = 0;
  while (!parser_.is_done()) {
    auto& body = parser_.get().body();
    body.data = piece.data();
    body.size = piece.size();
    const error_code code = OnStream([&](auto& stream, auto handler) {
      http::async_read_some(stream, buffer_, parser_, handler);
    });
    const std::size_t size = piece.size() - body.size;
    total += size;
    if (total > limits_.body_max_bytes) {
      return MakeError(ErrorKind::kLimit, url_.Authority() + ": the answer is too long");
    }
    if (size > 0) {
      DAY_TRY(sink(head, base::Bytes(piece).first(size)));
    }
    if (code && code != http::error::need_buffer) {
      return Check(code);
    }
  }
  return base::OkStatus();
}

bool IsRedirect(unsigned status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

std::string_view View(boost::beast::string_view text) { return {text.data(), text.size()}; }

// The start in "bytes 10-19/20".
std::optional<std::uint64_t> ContentRangeStart(std::string_view text) {
  constexpr std::string_view kUnit = "bytes ";
  if (!text.starts_with(kUnit)) {
    return std::nullopt;
  }
  text.remove_prefix(kUnit.size());
  std::uint64_t start = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), start);
  const bool dash = error == std::errc() && end != text.data() + text.size() && *end == '-';
  return dash ? std::optional(start) : std::nullopt;
}

template <typename Header>
base::Result<HttpHead> MakeHead(const Header& header, std::uint64_t range_start) {
  HttpHead head;
  head.status = header.result_int();
  head.content_type = View(header[http::field::content_type]);
  const std::string_view length = View(header[http::field::content_length]);
  std::uint64_t size = 0;
  const auto [end, error] = std::from_chars(length.data(), length.data() + length.size(), size);
  if (!length.empty() && error == std::errc() && end == length.data() + length.size()) {
    head.body_size = size;
  }
  if (head.status == 206) {
    const auto start = ContentRangeStart(View(header[http::field::content_range]));
    if (range_start == 0 || start != range_start) {
      return MakeError(ErrorKind::kMalformed, "the server sends a part that was not asked for");
    }
    head.body_offset = range_start;
  }
  return head;
}

// One request with its redirects.
base::Result<HttpHead> Perform(const HttpClientOptions& options, Url url, const HttpLimits& limits,
                               const Ask& ask, const BodySink& sink) {
  const auto deadline = Clock::now() + std::chrono::milliseconds(limits.total_timeout_ms);
  for (std::uint32_t redirects = 0;; ++redirects) {
    Exchange exchange(options, url, limits, deadline);
    DAY_TRY(exchange.Connect());
    DAY_TRY(exchange.Send(ask));
    DAY_TRY_ASSIGN(const HttpHead head, MakeHead(exchange.header(), ask.range_start));
    if (ask.request != nullptr || head.status == 200 || head.status == 206) {
      DAY_TRY(exchange.ReadBody(head, sink));
      return head;
    }
    const std::string_view location = View(exchange.header()[http::field::location]);
    if (!IsRedirect(head.status) || location.empty()) {
      return head;
    }
    if (redirects >= limits.redirects_max) {
      return MakeError(ErrorKind::kLimit, url.Authority() + ": too many redirects");
    }
    DAY_TRY_ASSIGN(Url next, ResolveUrl(url, location));
    if (url.scheme == Scheme::kHttps && next.scheme == Scheme::kHttp) {
      return MakeError(ErrorKind::kPermission, url.Authority() + ": redirects from https to http");
    }
    url = std::move(next);
  }
}

// Boost reports through error codes here, but memory and its own checks may still throw.
template <typename Function>
auto Guarded(Function function) -> decltype(function()) {
  try {
    return function();
  } catch (const std::exception& exception) {
    return MakeError(ErrorKind::kInternal, exception.what());
  }
}

BodySink AppendTo(std::string* body) {
  return [body](const HttpHead&, base::Bytes piece) {
    body->append(base::AsText(piece));
    return base::OkStatus();
  };
}

}  // namespace

base::Result<HttpResponse> HttpClient::Get(const Url& url, const HttpLimits& limits) const {
  HttpResponse response;
  DAY_TRY_ASSIGN(response.head, Download(url, limits, 0, AppendTo(&response.body)));
  return response;
}

base::Result<HttpHead> HttpClient::Download(const Url& url, const HttpLimits& limits,
                                            std::uint64_t range_start, const BodySink& sink) const {
  return Guarded(
      [&] { return Perform(options_, url, limits, {.range_start = range_start}, sink); });
}

base::Result<HttpResponse> HttpClient::Post(const Url& url, const HttpPost& post,
                                            const HttpLimits& limits) const {
  return Send(
      url, {.method = "POST", .headers = {{"Content-Type", post.content_type}}, .body = post.body},
      limits);
}

base::Result<HttpResponse> HttpClient::Send(const Url& url, const HttpRequest& request,
                                            const HttpLimits& limits) const {
  const http::verb verb = http::string_to_verb(request.method);
  if (verb == http::verb::unknown || verb == http::verb::head || verb == http::verb::connect) {
    return MakeError(ErrorKind::kInvalidUse, "not a method for a request: " + request.method);
  }
  HttpResponse response;
  DAY_TRY_ASSIGN(response.head, Guarded([&] {
                   return Perform(options_, url, limits, {.verb = verb, .request = &request},
                                  AppendTo(&response.body));
                 }));
  return response;
}

}  // namespace day::net
