#include "network/log/log_service.h"

#include <fmt/format.h>

#include <utility>

#include "libs/tlog/tile.h"

namespace day::network::log {
namespace {

using base::ErrorKind;
using base::MakeError;

constexpr std::uint32_t kStopGraceMs = 10'000;
constexpr std::uint64_t kWitnessReplyBytesMax = 64u << 10;

}  // namespace

WitnessClient::Post HttpWitnessPost(std::uint32_t timeout_ms) {
  return
      [timeout_ms](const std::string& url, const std::string& body) -> base::Result<WitnessReply> {
        DAY_TRY_ASSIGN(const net::Url parsed, net::ParseUrl(url));
        net::HttpLimits limits;
        limits.body_max_bytes = kWitnessReplyBytesMax;
        limits.stall_timeout_ms = timeout_ms;
        limits.total_timeout_ms = timeout_ms;
        const net::HttpClient client({});
        DAY_TRY_ASSIGN(net::HttpResponse response,
                       client.Post(parsed, {"text/plain; charset=utf-8", body}, limits));
        return WitnessReply{response.head.status, std::move(response.body)};
      };
}

net::HttpAnswer AnswerLogFile(store::Blobs& blobs, const std::string& target) {
  net::HttpAnswer answer;
  const std::string_view path = std::string_view(target).substr(target.starts_with('/') ? 1 : 0);
  std::uint64_t size_max = tlog::kNoteBytesMax;
  if (path == kCheckpointKey) {
    answer.cache_control = "no-cache";
  } else if (const auto id = tlog::ParseTilePath(path)) {
    size_max =
        id->kind == tlog::TileId::Kind::kEntries ? tlog::kBundleBytesMax : tlog::kTileBytesMax;
    answer.content_type = "application/octet-stream";
    answer.cache_control = "public, max-age=31536000, immutable";
  } else {
    return net::HttpAnswer::Plain(404, "not found\n");
  }
  auto bytes = blobs.Get(path, size_max);
  if (!bytes.ok()) {
    return bytes.error().kind == ErrorKind::kNotFound
               ? net::HttpAnswer::Plain(404, "not found\n")
               : net::HttpAnswer::Plain(500, "the storage failed\n");
  }
  answer.body = std::move(bytes).value();
  return answer;
}

base::Result<std::unique_ptr<LogService>> LogService::Start(
    const LogServiceOptions& options, tlog::SignerKey key, tlog::Policy policy,
    std::function<void(const base::Error&)> on_failure) {
  if (!options.listen && !options.submit) {
    return MakeError(ErrorKind::kInvalidUse, "the log has no address to listen on");
  }
  std::unique_ptr<LogService> service(new LogService(std::move(key), std::move(policy)));
  LogService* self = service.get();
  DAY_TRY_ASSIGN(service->log_, LogStore::Open(options.folder, service->key_.verifier().name()));
  service->publisher_ = std::make_unique<Publisher>(
      service->log_.get(), &service->key_, &service->policy_, options.publisher,
      HttpWitnessPost(options.publisher.witnesses.request_timeout_ms));
  service->publisher_->Start(std::move(on_failure));
  service->sequencer_ = std::make_unique<Sequencer>(service->log_.get(), options.sequencer,
                                                    [self] { self->publisher_->Wake(); });
  net::HttpServerOptions server;
  if (options.listen) {
    server.address = options.listen->address;
    server.port = options.listen->port;
    DAY_TRY_ASSIGN(service->reader_,
                   net::HttpServer::Start(server, [self](net::HttpQuestion question,
                                                         const net::HttpAnswerer& to) {
                     to.Send(question.method == "GET" ? self->Read(question.target)
                                                      : net::HttpAnswer::Plain(405, "only GET\n"));
                   }));
  }
  if (options.submit) {
    server.address = options.submit->address;
    server.port = options.submit->port;
    server.body_max_bytes = tlog::kEntryBytesMax;
    DAY_TRY_ASSIGN(
        service->submitter_,
        net::HttpServer::Start(server, [self](net::HttpQuestion question, net::HttpAnswerer to) {
          self->Submit(std::move(question), std::move(to));
        }));
  }
  return service;
}

LogService::~LogService() { Stop(); }

void LogService::Stop() {
  if (submitter_) {
    submitter_->Stop(kStopGraceMs);
  }
  if (reader_) {
    reader_->Stop(kStopGraceMs);
  }
  if (sequencer_) {
    sequencer_->Stop();
  }
  if (publisher_) {
    publisher_->Stop();
    // What was added last may not be published yet.
    const auto tree = log_->Tree();
    if (tree.ok() && tree->size != publisher_->state().size) {
      (void)publisher_->Publish();
    }
  }
}

net::HttpAnswer LogService::Read(const std::string& target) {
  return AnswerLogFile(log_->public_blobs(), target);
}

void LogService::Submit(net::HttpQuestion question, net::HttpAnswerer answerer) {
  if (question.target == "/metrics" && question.method == "GET") {
    net::HttpAnswer answer = net::HttpAnswer::Plain(200, Metrics());
    answer.content_type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    return answerer.Send(std::move(answer));
  }
  if (question.target != "/add") {
    return answerer.Send(question.method == "GET" ? Read(question.target)
                                                  : net::HttpAnswer::Plain(404, "not found\n"));
  }
  if (question.method != "POST") {
    return answerer.Send(net::HttpAnswer::Plain(405, "only POST\n"));
  }
  const base::Status queued =
      sequencer_->Add(std::move(question.body), [answerer](base::Result<Added> added) {
        answerer.Send(added.ok() ? net::HttpAnswer::Plain(200, fmt::format("{}\n", added->index))
                                 : net::HttpAnswer::Plain(500, "the storage failed\n"));
      });
  if (!queued.ok()) {
    net::HttpAnswer answer = net::HttpAnswer::Plain(503, queued.error().message + "\n");
    answer.headers.emplace_back("Retry-After", "1");
    answerer.Send(std::move(answer));
  }
}

std::string LogService::Metrics() const {
  const SequencerCounts adds = sequencer_->counts();
  const PublisherState published = publisher_->state();
  std::string out;
  const auto counter = [&out](std::string_view name, std::string_view help, std::uint64_t value) {
    out += fmt::format("# TYPE {0} counter\n# HELP {0} {1}\n{0}_total {2}\n", name, help, value);
  };
  counter("daylight_log_entries", "Entries made durable.", adds.entries);
  counter("daylight_log_duplicates", "Entries that were there already.", adds.duplicates);
  counter("daylight_log_batches", "Batches written.", adds.batches);
  counter("daylight_log_pushed_back", "Entries refused because the queue was full.",
          adds.pushed_back);
  counter("daylight_log_add_failures", "Entries answered with an error.", adds.failures);
  counter("daylight_log_publications", "Checkpoints published.", published.published);
  counter("daylight_log_publication_failures", "Checkpoints not published.", published.failures);
  out += fmt::format(
      "# TYPE daylight_log_published_size gauge\n# HELP daylight_log_published_size Entries in the "
      "last published checkpoint.\ndaylight_log_published_size {}\n# EOF\n",
      published.size);
  return out;
}

}  // namespace day::network::log
