// A server that says what a test tells it to say, byte for byte: one answer a connection.
#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

namespace day::net::testing {

struct Answer {
  std::string bytes;
  // After the bytes: hang up at once, or keep silent until the server ends.
  enum class Then : std::uint8_t { kHangUp, kSilence } then = Then::kHangUp;
};

// Listens on 127.0.0.1 from its construction on. Not thread-safe; requests() after Finish() only.
class ScriptServer {
 public:
  explicit ScriptServer(std::vector<Answer> answers);
  // Does not wait for connections that a failed test never made.
  ~ScriptServer();

  std::uint16_t port() const { return port_; }
  std::string Address(const std::string& path) const;
  // Waits until every answer was given.
  void Finish();
  // The header of each request.
  const std::vector<std::string>& requests() const { return requests_; }

 private:
  void Run();

  std::vector<Answer> answers_;
  boost::asio::io_context io_;
  boost::asio::ip::tcp::acceptor acceptor_;
  std::vector<boost::asio::ip::tcp::socket> silent_;
  std::uint16_t port_ = 0;
  std::vector<std::string> requests_;
  std::atomic<bool> done_ = false;
  std::thread thread_;
};

}  // namespace day::net::testing
