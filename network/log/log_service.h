// LogService: a log over HTTP (tlog-tiles of C2SP, and POST /add).
//
//   GET  /checkpoint, /tile/<L>/<N>[.p/<W>], /tile/entries/<N>[.p/<W>]     read address
//   POST /add          the entry as the body; answers its decimal index      submit address
//   GET  /metrics      OpenMetrics text                                      submit address
//
// The submit address answers everything, the read address only what the world may read. /add
// answers 200 after the entry is durable (the same index for the same entry, always), 503 with
// Retry-After if the queue is full, 413 for an entry above 65,535 bytes. It does not wait for a
// checkpoint. Thread safety: an object for one thread; inside it has its own.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "libs/base/result.h"
#include "libs/net/http_client.h"
#include "libs/net/http_server.h"
#include "libs/tlog/note.h"
#include "libs/tlog/policy.h"
#include "network/log/log_store.h"
#include "network/log/publisher.h"
#include "network/log/sequencer.h"

namespace day::network::log {

struct LogServiceOptions {
  std::string folder;
  std::optional<net::ListenAddress> listen;  // the world
  std::optional<net::ListenAddress> submit;  // those who may add
  SequencerOptions sequencer;
  PublisherOptions publisher;
};

class LogService {
 public:
  // Opens the log of `key`'s name and serves it. `on_failure` is told of failed publications, from
  // another thread. Errors: kInvalidUse, and those of LogStore::Open() and net::HttpServer.
  static base::Result<std::unique_ptr<LogService>> Start(
      const LogServiceOptions& options, tlog::SignerKey key, tlog::Policy policy,
      std::function<void(const base::Error&)> on_failure);
  // As Stop().
  ~LogService();
  LogService(const LogService&) = delete;
  LogService& operator=(const LogService&) = delete;

  // Answers what was asked, makes what was queued durable, and publishes it once more. Idempotent.
  void Stop();

  std::uint16_t listen_port() const { return reader_ ? reader_->port() : 0; }
  std::uint16_t submit_port() const { return submitter_ ? submitter_->port() : 0; }

 private:
  LogService(tlog::SignerKey key, tlog::Policy policy)
      : key_(std::move(key)), policy_(std::move(policy)) {}
  net::HttpAnswer Read(const std::string& target);
  void Submit(net::HttpQuestion question, net::HttpAnswerer answerer);
  std::string Metrics() const;

  const tlog::SignerKey key_;
  const tlog::Policy policy_;
  std::unique_ptr<LogStore> log_;
  std::unique_ptr<Publisher> publisher_;
  std::unique_ptr<Sequencer> sequencer_;
  std::unique_ptr<net::HttpServer> reader_;
  std::unique_ptr<net::HttpServer> submitter_;
};

// POSTs to witnesses over HTTP.
WitnessClient::Post HttpWitnessPost(std::uint32_t timeout_ms);

// The file of a log that an HTTP target names, with the headers that tlog-tiles asks for; 404 for
// everything else. Also for whoever serves a copy of a log.
net::HttpAnswer AnswerLogFile(store::Blobs& blobs, const std::string& target);

}  // namespace day::network::log
