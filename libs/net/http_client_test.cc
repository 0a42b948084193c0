#include "libs/net/http_client.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "libs/net/testing/script_server.h"

namespace day::net {
namespace {

using base::ErrorKind;
using testing::Answer;
using testing::ScriptServer;
using Then = Answer::Then;

constexpr HttpLimits kLimits{.body_max_bytes = 1000,
                             .stall_timeout_ms = 30'000,
                             .total_timeout_ms = 60'000,
                             .redirects_max = 2};

base::Result<HttpResponse> Get(const std::string& address, const HttpLimits& limits = kLimits,
                               HttpClientOptions options = {}) {
  return HttpClient(std::move(options)).Get(ParseUrl(address).value(), limits);
}

TEST(HttpClient, GetsABodyAndSaysNothingAboutItself) {
  ScriptServer server({{"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Type: a/b\r\n\r\nhello"}});
  const HttpResponse response = Get(server.Address("/x?y=1#z")).value();
  EXPECT_EQ(response.head.status, 200u);
  EXPECT_EQ(response.head.content_type, "a/b");
  EXPECT_EQ(response.head.body_size, 5u);
  EXPECT_EQ(response.body, "hello");
  server.Finish();
  EXPECT_EQ(server.requests()[0],
            "GET /x?y=1 HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(server.port()) +
                "\r\nUser-Agent: daylight\r\nAccept: */*\r\nAccept-Encoding: identity\r\n"
                "Connection: close\r\n\r\n");
}

TEST(HttpClient, ReadsChunksAndBodiesThatEndWithTheConnection) {
  ScriptServer server(
      {{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"},
       {"HTTP/1.0 200 OK\r\n\r\nold"},
       {"HTTP/1.1 404 Not Found\r\nContent-Length: 100000\r\n\r\n", Then::kSilence}});
  for (const char* body : {"abcde", "old"}) {
    const auto response = Get(server.Address("/"));
    ASSERT_TRUE(response.ok()) << response.error().message;
    EXPECT_EQ(response->body, body);
  }
  const HttpResponse missing = Get(server.Address("/")).value();  // its body is not waited for
  EXPECT_EQ(missing.head.status, 404u);
  EXPECT_EQ(missing.body, "");
}

TEST(HttpClient, EndlessDataIsCut) {
  const std::string flood(5000, 'x');
  ScriptServer server({{"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n" + flood},
                       {"HTTP/1.1 200 OK\r\n\r\n" + flood},
                       {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1388\r\n" + flood},
                       {"HTTP/1.1 200 OK\r\nX: " + std::string(100'000, 'h')}});
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(Get(server.Address("/")).error().kind, ErrorKind::kLimit) << i;
  }
}

TEST(HttpClient, SilenceAndTricklesTimeOut) {
  ScriptServer server(
      {{"", Then::kSilence}, {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe", Then::kSilence}});
  for (int i = 0; i < 2; ++i) {
    HttpLimits limits = kLimits;
    (i == 0 ? limits.stall_timeout_ms : limits.total_timeout_ms) = 200;
    const auto start = std::chrono::steady_clock::now();
    EXPECT_EQ(Get(server.Address("/"), limits).error().kind, ErrorKind::kTimeout) << i;
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20));
  }
}

TEST(HttpClient, ACutBodyIsTruncatedAndResumed) {
  ScriptServer server(
      {{"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n01234"},
       {"HTTP/1.1 206 Partial\r\nContent-Length: 5\r\nContent-Range: bytes 5-9/10\r\n\r\n56789"},
       {"HTTP/1.1 206 Partial\r\nContent-Length: 5\r\nContent-Range: bytes 4-9/10\r\n\r\n56789"},
       {"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123456789"}});
  std::string body;
  const BodySink sink = [&body](const HttpHead& head, base::Bytes piece) {
    body.resize(std::min<std::size_t>(body.size(), head.body_offset == 0 ? 0 : body.size()));
    body += base::AsText(piece);
    return base::OkStatus();
  };
  const HttpClient client({});
  const Url url = ParseUrl(server.Address("/")).value();
  EXPECT_EQ(client.Download(url, kLimits, 0, sink).error().kind, ErrorKind::kTruncated);
  EXPECT_EQ(body, "01234");
  EXPECT_EQ(client.Download(url, kLimits, 5, sink).value().body_offset, 5u);
  EXPECT_EQ(body, "0123456789");
  EXPECT_EQ(client.Download(url, kLimits, 5, sink).error().kind, ErrorKind::kMalformed);
  EXPECT_EQ(client.Download(url, kLimits, 5, sink).value().body_offset, 0u);
  EXPECT_EQ(body, "0123456789");
  server.Finish();
  EXPECT_NE(server.requests()[1].find("\r\nRange: bytes=5-\r\n"), std::string::npos);
}

TEST(HttpClient, ASinkMayStop) {
  ScriptServer server({{"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"}});
  const auto stop = [](const HttpHead&, base::Bytes) {
    return base::Status(base::MakeError(ErrorKind::kCancelled, "enough"));
  };
  const Url url = ParseUrl(server.Address("/")).value();
  EXPECT_EQ(HttpClient({}).Download(url, kLimits, 0, stop).error().kind, ErrorKind::kCancelled);
}

TEST(HttpClient, FollowsAFewRedirects) {
  const std::string again = "HTTP/1.1 302 Found\r\nLocation: next\r\n\r\n";
  ScriptServer server({{again},
                       {"HTTP/1.1 301 Moved\r\nLocation: /b/c\r\n\r\n"},
                       {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"},
                       {again},
                       {again},
                       {again}});
  EXPECT_EQ(Get(server.Address("/a/first")).value().body, "ok");
  EXPECT_EQ(Get(server.Address("/")).error().kind, ErrorKind::kLimit);
  server.Finish();
  EXPECT_TRUE(server.requests()[1].starts_with("GET /a/next "));
  EXPECT_TRUE(server.requests()[2].starts_with("GET /b/c "));
}

TEST(HttpClient, ProxyGetsTheWholeAddress) {
  ScriptServer proxy(
      {{"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"}, {"HTTP/1.1 403 No\r\n\r\n"}});
  const HttpClientOptions options{.proxy = ParseUrl(proxy.Address("")).value(), .ca_file = ""};
  EXPECT_EQ(Get("http://example.invalid/a", kLimits, options).value().body, "ok");
  EXPECT_EQ(Get("https://example.invalid/a", kLimits, options).error().kind, ErrorKind::kIo);
  proxy.Finish();
  EXPECT_TRUE(proxy.requests()[0].starts_with("GET http://example.invalid/a HTTP/1.1\r\n"));
  EXPECT_TRUE(proxy.requests()[1].starts_with("CONNECT example.invalid:443 HTTP/1.1\r\n"));
}

TEST(HttpClient, PostsAndReadsWhateverStatus) {
  ScriptServer server(
      {{"HTTP/1.1 409 Conflict\r\nContent-Length: 3\r\nContent-Type: "
        "text/x.tlog.size\r\n\r\n17\n"}});
  const Url url = ParseUrl(server.Address("/add-checkpoint")).value();
  const HttpResponse response =
      HttpClient({}).Post(url, {.content_type = "text/plain", .body = "old 3\n"}, kLimits).value();
  EXPECT_EQ(response.head.status, 409u);
  EXPECT_EQ(response.head.content_type, "text/x.tlog.size");
  EXPECT_EQ(response.body, "17\n");
}

TEST(HttpClient, NoServerNoHttp) {
  ScriptServer server({{"SSH-2.0-OpenSSH\r\n\r\n"}});
  const std::string address = server.Address("/");
  EXPECT_EQ(Get(address).error().kind, ErrorKind::kMalformed);
  EXPECT_EQ(Get("http://127.0.0.1:1/").error().kind, ErrorKind::kIo);
}

TEST(Url, ParsesAndPrints) {
  for (const auto& [text, same] : {std::pair{"http://a", "http://a/"},
                                   {"HTTPS://a.b:443/c?d#e", "https://a.b/c?d"},
                                   {"http://a:81?q", "http://a:81/?q"},
                                   {"https://[::1]:8443/x", "https://[::1]:8443/x"}}) {
    EXPECT_EQ(ParseUrl(text).value().ToText(), same);
  }
  for (const char* text : {"", "a", "ftp://a/", "http://", "http://a b/", "http://a/\r\nX: y",
                           "http://u@a/", "http://a:0/", "http://a:65536/", "http://a:1x/",
                           "http://[::1", "http://[::1]x/", "http://a_\xC3\xA9/", "http:///x"}) {
    EXPECT_FALSE(ParseUrl(text).ok()) << text;
  }
}

TEST(Url, ResolvesReferences) {
  const Url base = ParseUrl("https://h/a/b?c").value();
  for (const auto& [reference, result] : {std::pair{"d", "https://h/a/d"},
                                          {"/d", "https://h/d"},
                                          {"?e", "https://h/a/b?e"},
                                          {"//i/j", "https://i/j"},
                                          {"http://k", "http://k/"},
                                          {"d?u=x:y", "https://h/a/d?u=x:y"}}) {
    EXPECT_EQ(ResolveUrl(base, reference).value().ToText(), result);
  }
  EXPECT_FALSE(ResolveUrl(base, "javascript:x").ok());
}

}  // namespace
}  // namespace day::net
