#include "libs/net/http_server.h"

#include <algorithm>
#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <charconv>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <set>
#include <thread>

namespace day::net {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;
using base::ErrorKind;
using base::MakeError;
using boost::system::error_code;

HttpAnswer PlainAnswer(unsigned status, std::string body) {
  HttpAnswer answer;
  answer.status = status;
  answer.body = std::move(body);
  return answer;
}

}  // namespace

class HttpAnswerer::Slot {
 public:
  using Deliver = std::function<void(HttpAnswer)>;
  explicit Slot(Deliver deliver) : deliver_(std::move(deliver)) {}
  ~Slot() { Send(PlainAnswer(500, "no answer\n")); }
  Slot(const Slot&) = delete;
  Slot& operator=(const Slot&) = delete;
  void Send(HttpAnswer answer) {
    if (!sent_.exchange(true)) {
      deliver_(std::move(answer));
    }
  }

 private:
  const Deliver deliver_;
  std::atomic<bool> sent_{false};
};

void HttpAnswerer::Send(HttpAnswer answer) const { slot_->Send(std::move(answer)); }

// What the connections share. It lives until the last of them is gone.
class HttpServer::State : public std::enable_shared_from_this<HttpServer::State> {
 public:
  class Connection;

  State(const HttpServerOptions& options, HttpHandler handler)
      : options_(options), handler_(std::move(handler)), acceptor_(asio::make_strand(context_)) {}

  base::Status Listen();
  void Run();
  void Stop(std::uint32_t grace_ms);
  void Accept();

  const HttpServerOptions options_;
  const HttpHandler handler_;
  asio::io_context context_;
  // While all questions wait for their answers nothing else keeps the threads running.
  asio::executor_work_guard<asio::io_context::executor_type> work_{context_.get_executor()};
  tcp::acceptor acceptor_;
  std::uint16_t port_ = 0;
  std::atomic<bool> stopping_{false};
  std::mutex mutex_;
  std::condition_variable idle_;
  std::size_t open_questions_ = 0;  // guarded by mutex_
  std::set<Connection*> open_;      // guarded by mutex_
  std::vector<std::thread> threads_;
};

// One connection: read a request, ask the handler, write the answer, again. Runs on its strand and
// keeps itself alive through its callbacks.
class HttpServer::State::Connection
    : public std::enable_shared_from_this<HttpServer::State::Connection> {
 public:
  Connection(std::shared_ptr<State> state, tcp::socket socket)
      : state_(std::move(state)), stream_(std::move(socket)) {
    const std::lock_guard lock(state_->mutex_);
    state_->open_.insert(this);
  }
  ~Connection() {
    const std::lock_guard lock(state_->mutex_);
    state_->open_.erase(this);
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void Start() {
    error_code ignored;
    stream_.socket().set_option(tcp::no_delay(true), ignored);
    asio::dispatch(stream_.get_executor(), [self = shared_from_this()] { self->Read(); });
  }
  // Ends whatever it waits for. From any thread.
  void Abandon() {
    asio::post(stream_.get_executor(), [self = shared_from_this()] { self->stream_.close(); });
  }

 private:
  void Read() {
    if (state_->stopping_) {
      return;
    }
    parser_.emplace();
    parser_->body_limit(state_->options_.body_max_bytes);
    parser_->header_limit(state_->options_.head_max_bytes);
    stream_.expires_after(std::chrono::milliseconds(state_->options_.timeout_ms));
    http::async_read(
        stream_, buffer_, *parser_,
        [self = shared_from_this()](error_code code, std::size_t) { self->OnRead(code); });
  }

  void OnRead(error_code code) {
    if (code == http::error::body_limit) {
      return Refuse(413, "the body is too large\n");
    }
    if (code == http::error::header_limit) {
      return Refuse(431, "the head is too large\n");
    }
    if (code == http::error::end_of_stream || code == beast::error::timeout ||
        (code && code.category() != make_error_code(http::error::bad_version).category())) {
      return Close();
    }
    if (code) {
      return Refuse(400, "not HTTP\n");
    }
    auto& message = parser_->get();
    head_only_ = message.method() == http::verb::head;
    keep_alive_ = message.keep_alive();
    version_ = message.version();
    const bool get = head_only_ || message.method() == http::verb::get;
    if (!get && message.method() != http::verb::post) {
      return Refuse(405, "only GET, HEAD and POST\n");
    }
    HttpQuestion question;
    question.method = get ? "GET" : "POST";
    question.target = std::string(message.target());
    question.body = std::move(message.body());
    Ask(std::move(question));
  }

  void Ask(HttpQuestion question) {
    // No limit while the handler thinks: it has its own.
    stream_.expires_never();
    {
      const std::lock_guard lock(state_->mutex_);
      ++state_->open_questions_;
    }
    auto slot =
        std::make_shared<HttpAnswerer::Slot>([self = shared_from_this()](HttpAnswer answer) {
          asio::post(self->stream_.get_executor(), [self, answer = std::move(answer)]() mutable {
            self->Write(std::move(answer), true);
          });
        });
    state_->handler_(std::move(question), HttpAnswerer(std::move(slot)));
  }

  void Refuse(unsigned status, std::string body) {
    keep_alive_ = false;
    Write(PlainAnswer(status, std::move(body)), false);
  }

  void Write(HttpAnswer answer, bool was_asked) {
    auto message = std::make_shared<http::response<http::string_body>>();
    message->version(version_);
    message->result(answer.status);
    message->set(http::field::content_type, answer.content_type);
    message->set(http::field::cache_control, answer.cache_control);
    message->set("X-Content-Type-Options", "nosniff");
    for (const auto& [name, value] : answer.headers) {
      message->set(name, value);
    }
    keep_alive_ = keep_alive_ && !state_->stopping_;
    message->keep_alive(keep_alive_);
    message->content_length(answer.body.size());
    if (!head_only_) {
      message->body() = std::move(answer.body);
    }
    stream_.expires_after(std::chrono::milliseconds(state_->options_.timeout_ms));
    http::async_write(stream_, *message,
                      [self = shared_from_this(), message, was_asked](
                          error_code code, std::size_t) { self->OnWritten(code, was_asked); });
  }

  void OnWritten(error_code code, bool was_asked) {
    if (was_asked) {
      const std::lock_guard lock(state_->mutex_);
      --state_->open_questions_;
      state_->idle_.notify_all();
    }
    if (code || !keep_alive_) {
      return Close();
    }
    Read();
  }

  void Close() {
    error_code ignored;
    stream_.socket().shutdown(tcp::socket::shutdown_send, ignored);
  }

  const std::shared_ptr<State> state_;  // shared: the server may be stopped while we write
  beast::tcp_stream stream_;
  beast::flat_buffer buffer_;
  std::optional<http::request_parser<http::string_body>> parser_;
  bool head_only_ = false;
  bool keep_alive_ = false;
  unsigned version_ = 11;
};

base::Status HttpServer::State::Listen() {
  error_code code;
  const asio::ip::address address = asio::ip::make_address(options_.address, code);
  if (code) {
    return MakeError(ErrorKind::kInvalidUse, options_.address + " is not an IP address");
  }
  const tcp::endpoint endpoint(address, options_.port);
  acceptor_.open(endpoint.protocol(), code);
  if (!code) {
    acceptor_.set_option(tcp::acceptor::reuse_address(true), code);
  }
  if (!code) {
    acceptor_.bind(endpoint, code);
  }
  if (!code) {
    acceptor_.listen(asio::socket_base::max_listen_connections, code);
  }
  if (code) {
    return MakeError(code == asio::error::access_denied ? ErrorKind::kPermission : ErrorKind::kIo,
                     "listen on " + options_.address + ":" + std::to_string(options_.port) + ": " +
                         code.message());
  }
  port_ = acceptor_.local_endpoint(code).port();
  return base::OkStatus();
}

void HttpServer::State::Accept() {
  acceptor_.async_accept(asio::make_strand(context_),
                         [self = shared_from_this()](error_code code, tcp::socket socket) {
                           if (self->stopping_ || code == asio::error::operation_aborted) {
                             return;
                           }
                           std::size_t open = 0;
                           {
                             const std::lock_guard lock(self->mutex_);
                             open = self->open_.size();
                           }
                           // Beyond the limit a connection is closed at once: the socket ends here.
                           if (!code && open < self->options_.connections_max) {
                             std::make_shared<Connection>(self, std::move(socket))->Start();
                           }
                           self->Accept();
                         });
}

void HttpServer::State::Run() {
  Accept();
  for (unsigned i = 0; i < std::max(1u, options_.threads); ++i) {
    threads_.emplace_back([this] { context_.run(); });
  }
}

void HttpServer::State::Stop(std::uint32_t grace_ms) {
  if (threads_.empty()) {
    return;
  }
  stopping_ = true;
  asio::post(acceptor_.get_executor(), [self = shared_from_this()] {
    error_code ignored;
    self->acceptor_.close(ignored);
  });
  std::vector<std::shared_ptr<Connection>> left;  // the last owner must not hold mutex_
  {
    std::unique_lock lock(mutex_);
    idle_.wait_for(lock, std::chrono::milliseconds(grace_ms),
                   [this] { return open_questions_ == 0; });
    // Connections hold us, and what they wait for holds them: without this nobody would ever go.
    for (Connection* connection : open_) {
      if (auto alive = connection->weak_from_this().lock()) {
        left.push_back(std::move(alive));
      }
    }
  }
  for (const auto& connection : left) {
    connection->Abandon();
  }
  left.clear();
  work_.reset();
  for (std::thread& thread : threads_) {
    thread.join();
  }
  threads_.clear();
}

base::Result<std::unique_ptr<HttpServer>> HttpServer::Start(const HttpServerOptions& options,
                                                            HttpHandler handler) {
  auto state = std::make_shared<State>(options, std::move(handler));
  DAY_TRY(state->Listen());
  state->Run();
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(state)));
}

HttpServer::~HttpServer() { Stop(0); }

std::uint16_t HttpServer::port() const { return state_->port_; }

void HttpServer::Stop(std::uint32_t grace_ms) { state_->Stop(grace_ms); }

base::Result<ListenAddress> ParseListenAddress(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  const auto bad = [&text] {
    return MakeError(ErrorKind::kMalformed, text + " is not of the form ADDRESS:PORT");
  };
  if (colon == std::string::npos || colon == 0) {
    return bad();
  }
  ListenAddress out;
  out.address = text.substr(0, colon);
  if (out.address.front() == '[' && out.address.back() == ']') {
    out.address = out.address.substr(1, out.address.size() - 2);
  }
  const char* begin = text.data() + colon + 1;
  const char* end = text.data() + text.size();
  const auto [rest, code] = std::from_chars(begin, end, out.port);
  if (code != std::errc() || rest != end || begin == end) {
    return bad();
  }
  return out;
}

}  // namespace day::net
