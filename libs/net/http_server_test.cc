#include "libs/net/http_server.h"

#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace day::net {
namespace {

namespace asio = boost::asio;

// A bare connection: writes bytes, reads all that comes until the other end closes or time is up.
class Wire {
 public:
  explicit Wire(std::uint16_t port) : socket_(context_) {
    socket_.connect({asio::ip::make_address("127.0.0.1"), port});
    const timeval limit = {10, 0};
    ::setsockopt(socket_.native_handle(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
  }
  void Send(const std::string& text) { asio::write(socket_, asio::buffer(text)); }
  std::string ReadAll() {
    std::string out;
    char piece[4096];
    for (;;) {
      const ssize_t count = ::recv(socket_.native_handle(), piece, sizeof(piece), 0);
      if (count <= 0) {
        return out;
      }
      out.append(piece, static_cast<std::size_t>(count));
    }
  }

 private:
  asio::io_context context_;
  asio::ip::tcp::socket socket_;
};

std::unique_ptr<HttpServer> Echo(HttpServerOptions options = {}) {
  return std::move(HttpServer::Start(options,
                                     [](HttpQuestion question, const HttpAnswerer& to) {
                                       HttpAnswer answer;
                                       answer.body = question.method + " " + question.target + " " +
                                                     question.body;
                                       to.Send(std::move(answer));
                                     }))
      .value();
}

std::string Ask(std::uint16_t port, const std::string& text) {
  Wire wire(port);
  wire.Send(text);
  return wire.ReadAll();
}

TEST(HttpServer, AnswersGetHeadAndPost) {
  const auto server = Echo();
  const std::string get =
      Ask(server->port(), "GET /a?b HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(get.starts_with("HTTP/1.1 200 ")) << get;
  EXPECT_TRUE(get.ends_with("\r\n\r\nGET /a?b ")) << get;
  const std::string head =
      Ask(server->port(), "HEAD /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_NE(head.find("Content-Length: 7\r\n"), std::string::npos) << head;
  EXPECT_TRUE(head.ends_with("\r\n\r\n")) << head;
  const std::string post = Ask(server->port(),
                               "POST /p HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n"
                               "Connection: close\r\n\r\nbody");
  EXPECT_TRUE(post.ends_with("POST /p body")) << post;
}

TEST(HttpServer, KeepsConnectionsAndPipelines) {
  const auto server = Echo();
  const std::string both = Ask(
      server->port(),
      "GET /1 HTTP/1.1\r\nHost: x\r\n\r\nGET /2 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_LT(both.find("GET /1 "), both.find("GET /2 "));
  EXPECT_NE(both.find("GET /2 "), std::string::npos);
}

TEST(HttpServer, RefusesWhatIsTooLargeOrNoHttp) {
  HttpServerOptions options;
  options.body_max_bytes = 10;
  options.head_max_bytes = 1000;
  const auto server = Echo(options);
  EXPECT_TRUE(Ask(server->port(), "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 11\r\n\r\n")
                  .starts_with("HTTP/1.1 413 "));
  EXPECT_TRUE(Ask(server->port(), "GET /" + std::string(2000, 'a') + " HTTP/1.1\r\n\r\n")
                  .starts_with("HTTP/1.1 431 "));
  EXPECT_TRUE(Ask(server->port(), "rubbish\r\n\r\n").starts_with("HTTP/1.1 400 "));
  EXPECT_TRUE(
      Ask(server->port(), "DELETE / HTTP/1.1\r\nHost: x\r\n\r\n").starts_with("HTTP/1.1 405 "));
}

TEST(HttpServer, ClosesConnectionsThatSayNothing) {
  HttpServerOptions options;
  options.timeout_ms = 100;
  const auto server = Echo(options);
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(Ask(server->port(), "GET / HT"), "");
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5));
}

TEST(HttpServer, LimitsConnections) {
  HttpServerOptions options;
  options.connections_max = 2;
  const auto server = Echo(options);
  Wire first(server->port());
  Wire second(server->port());
  first.Send("GET /1 HTTP/1.1\r\nHost: x\r\n");
  second.Send("GET /2 HTTP/1.1\r\nHost: x\r\n");
  Wire third(server->port());
  EXPECT_EQ(third.ReadAll(), "");
}

TEST(HttpServer, AnswersMayComeLaterAndFromElsewhere) {
  std::mutex mutex;
  std::vector<HttpAnswerer> waiting;
  auto server = HttpServer::Start({}, [&](const HttpQuestion& question, HttpAnswerer to) {
                  if (question.target != "/lost") {
                    const std::lock_guard lock(mutex);
                    waiting.push_back(std::move(to));
                  }
                }).value();
  // Nobody answers: 500, not silence.
  EXPECT_TRUE(Ask(server->port(), "GET /lost HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                  .starts_with("HTTP/1.1 500 "));
  std::thread later([&] {
    for (;;) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
      const std::lock_guard lock(mutex);
      if (!waiting.empty()) {
        HttpAnswer answer;
        answer.body = "later";
        waiting[0].Send(answer);
        waiting[0].Send(answer);  // only the first counts
        return;
      }
    }
  });
  EXPECT_TRUE(Ask(server->port(), "GET /late HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                  .ends_with("later"));
  later.join();
}

TEST(HttpServer, StoppingLetsQuestionsFinish) {
  std::atomic<bool> asked{false};
  std::thread answering;
  auto server = HttpServer::Start({}, [&](const HttpQuestion&, HttpAnswerer to) {
                  answering = std::thread([to] {
                    std::this_thread::sleep_for(std::chrono::milliseconds(100));
                    to.Send({});
                  });
                  asked = true;
                }).value();
  Wire wire(server->port());
  wire.Send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  while (!asked) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  server->Stop(5000);
  server->Stop(5000);
  EXPECT_TRUE(wire.ReadAll().starts_with("HTTP/1.1 200 "));
  answering.join();
}

TEST(HttpServer, StoppingDoesNotWaitForIdleConnections) {
  const auto server = Echo();
  Wire idle(server->port());
  Wire half(server->port());
  half.Send("GET / HT");
  EXPECT_NE(Ask(server->port(), "GET / HTTP/1.1\r\nConnection: close\r\n\r\n"), "");
  const auto start = std::chrono::steady_clock::now();
  server->Stop(1000);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5));
  EXPECT_EQ(half.ReadAll(), "");
}

TEST(HttpServer, SaysWhereItCannotListen) {
  const auto server = Echo();
  HttpServerOptions options;
  options.port = server->port();
  EXPECT_FALSE(HttpServer::Start(options, [](HttpQuestion, const HttpAnswerer&) {}).ok());
  options.address = "nowhere";
  EXPECT_EQ(HttpServer::Start(options, [](HttpQuestion, const HttpAnswerer&) {}).error().kind,
            base::ErrorKind::kInvalidUse);
}

TEST(ListenAddress, AddressAndPort) {
  EXPECT_EQ(ParseListenAddress("127.0.0.1:80")->port, 80);
  EXPECT_EQ(ParseListenAddress("[::1]:0")->address, "::1");
  for (const char* bad : {"", "80", ":80", "a:", "a:b", "a:65536", "a:-1", "a:1x"}) {
    EXPECT_FALSE(ParseListenAddress(bad).ok()) << bad;
  }
}

}  // namespace
}  // namespace day::net
