#include "libs/net/testing/script_server.h"

#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <utility>

namespace day::net::testing {

namespace asio = boost::asio;
using asio::ip::tcp;

ScriptServer::ScriptServer(std::vector<Answer> answers)
    : answers_(std::move(answers)),
      acceptor_(io_, tcp::endpoint(asio::ip::address_v4::loopback(), 0)),
      port_(acceptor_.local_endpoint().port()),
      thread_([this] { Run(); }) {}

std::string ScriptServer::Address(const std::string& path) const {
  return "http://127.0.0.1:" + std::to_string(port_) + path;
}

ScriptServer::~ScriptServer() {
  while (!done_) {
    boost::system::error_code ignored;
    tcp::socket(io_).connect({asio::ip::address_v4::loopback(), port_}, ignored);
  }
  Finish();
}

void ScriptServer::Finish() {
  if (thread_.joinable()) {
    thread_.join();
  }
  silent_.clear();
}

void ScriptServer::Run() {
  for (const Answer& answer : answers_) {
    tcp::socket socket = acceptor_.accept();
    boost::system::error_code ignored;
    std::string request;
    asio::read_until(socket, asio::dynamic_buffer(request), "\r\n\r\n", ignored);
    requests_.push_back(request);
    asio::write(socket, asio::buffer(answer.bytes), ignored);
    if (answer.then == Answer::Then::kSilence) {
      silent_.push_back(std::move(socket));
    } else {
      socket.shutdown(tcp::socket::shutdown_send, ignored);
      char rest[256];
      while (socket.read_some(asio::buffer(rest), ignored) > 0) {
      }
    }
  }
  done_ = true;
}

}  // namespace day::net::testing
