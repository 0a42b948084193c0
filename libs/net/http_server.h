// An HTTP/1.1 server for small questions from strangers: every size and every wait is bounded.
//
//   auto server = HttpServer::Start(options, [](HttpQuestion question, HttpAnswerer answerer) {
//     answerer.Send({.status = 200, .content_type = "text/plain", .body = "hello\n"});
//   });
//
// What it does: GET, HEAD and POST, keep-alive, one request after the other on a connection, a
// limit on connections, request heads, bodies and time. No TLS (put it behind a proxy), no chunked
// answers, no routing. An answer may come later and from another thread. Thread safety: the handler
// is called on the server's threads, several at once if there are several; an HttpAnswerer may be
// used from any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "libs/base/result.h"

namespace day::net {

struct HttpServerOptions {
  std::string address = "127.0.0.1";  // an IP address
  std::uint16_t port = 0;             // 0: any free one
  std::uint64_t body_max_bytes = 1u << 20;
  std::uint32_t head_max_bytes = 16u << 10;
  std::uint32_t timeout_ms = 30'000;  // for a request to arrive, an answer to leave, and idling
  std::size_t connections_max = 1024;
  unsigned threads = 1;
};

struct HttpQuestion {
  std::string method;  // "GET" (also for HEAD) or "POST"
  std::string target;  // path and query as sent
  std::string body;
};

struct HttpAnswer {
  unsigned status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string cache_control = "no-store";
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;

  // Text of that status, for people or for protocols of lines.
  static HttpAnswer Plain(unsigned status, std::string body) {
    HttpAnswer answer;
    answer.status = status;
    answer.body = std::move(body);
    return answer;
  }
};

// The way back to whoever asked. Copies answer the same question; the first Send() counts. If all
// copies go away without one, the answer is 500.
class HttpAnswerer {
 public:
  class Slot;
  explicit HttpAnswerer(std::shared_ptr<Slot> slot) : slot_(std::move(slot)) {}
  void Send(HttpAnswer answer) const;

 private:
  std::shared_ptr<Slot> slot_;  // shared with whoever may answer
};

using HttpHandler = std::function<void(HttpQuestion, HttpAnswerer)>;

class HttpServer {
 public:
  // Listens and serves in threads of its own. Errors: kInvalidUse for a bad address, kPermission or
  // kIo if it cannot listen there.
  static base::Result<std::unique_ptr<HttpServer>> Start(const HttpServerOptions& options,
                                                         HttpHandler handler);
  // As Stop(0).
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // Where it listens.
  std::uint16_t port() const;

  // No new connections or requests from now on; questions that were asked get their answers if
  // these come within grace_ms. Then the threads end. Idempotent.
  void Stop(std::uint32_t grace_ms);

 private:
  class State;
  explicit HttpServer(std::shared_ptr<State> state) : state_(std::move(state)) {}
  std::shared_ptr<State> state_;  // shared with its connections
};

// "127.0.0.1:8080", "[::1]:8080": an address and a port. Errors: kMalformed.
struct ListenAddress {
  std::string address;
  std::uint16_t port = 0;
};
base::Result<ListenAddress> ParseListenAddress(const std::string& text);

}  // namespace day::net
