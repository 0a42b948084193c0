// `monitor`: follows a log; with the network's root it also judges what the entries say.
#include <fmt/format.h>

#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "libs/net/http_server.h"
#include "libs/os/file.h"
#include "libs/os/system.h"
#include "libs/store/blobs.h"
#include "libs/wire/json_writer.h"
#include "network/audit/commands.h"
#include "network/audit/monitor.h"
#include "network/audit/release_watch.h"
#include "network/audit/verdict.h"
#include "network/core/tools.h"

namespace day::network::audit {
namespace {

using base::ErrorKind;
using base::MakeError;

// What the monitor counted, for /metrics.
struct MonitorCounts {
  std::mutex mutex;
  std::uint64_t looks = 0;
  std::uint64_t entries = 0;
  std::uint64_t size = 0;
  std::uint64_t last_good_look_s = 0;
  std::uint64_t quorum_time_s = 0;
  std::uint64_t releases = 0;
  std::uint64_t anomalies[kAnomalyKinds] = {};

  std::string Text() {
    const std::lock_guard lock(mutex);
    std::string out = fmt::format(
        "# TYPE daylight_monitor_looks counter\ndaylight_monitor_looks_total {}\n"
        "# TYPE daylight_monitor_entries counter\ndaylight_monitor_entries_total {}\n"
        "# TYPE daylight_monitor_size gauge\ndaylight_monitor_size {}\n"
        "# TYPE daylight_monitor_last_good_look_seconds gauge\n"
        "daylight_monitor_last_good_look_seconds {}\n"
        "# TYPE daylight_monitor_quorum_time_seconds gauge\n"
        "daylight_monitor_quorum_time_seconds {}\n"
        "# TYPE daylight_monitor_releases gauge\ndaylight_monitor_releases {}\n"
        "# TYPE daylight_monitor_anomalies counter\n",
        looks, entries, size, last_good_look_s, quorum_time_s, releases);
    for (std::size_t kind = 0; kind < std::size(anomalies); ++kind) {
      out += fmt::format("daylight_monitor_anomalies_total{{kind=\"{}\"}} {}\n",
                         AnomalyName(static_cast<AnomalyKind>(kind)), anomalies[kind]);
    }
    return out + "# EOF\n";
  }
};

void PrintLook(const Flags& flags, const MonitorReport& report) {
  if (flags.json) {
    std::string line;
    wire::JsonWriter json(&line);
    json.BeginObject();
    json.Field("time", NowS());
    json.Field("result", report.anomalies.empty() ? "ok" : "anomaly");
    json.Field("size", report.size);
    json.Field("new_entries", report.new_entries);
    if (report.quorum_time_s) {
      json.Field("quorum_time", *report.quorum_time_s);
    }
    json.Key("anomalies");
    json.BeginArray();
    for (const Anomaly& anomaly : report.anomalies) {
      json.BeginObject();
      json.Field("kind", AnomalyName(anomaly.kind));
      json.Field("where", std::string_view(anomaly.where));
      json.Field("what", std::string_view(anomaly.what));
      if (!anomaly.evidence.empty()) {
        json.Field("evidence", std::string_view(anomaly.evidence));
      }
      json.EndObject();
    }
    json.EndArray();
    json.EndObject();
    return Print(line + "\n");
  }
  for (const Anomaly& anomaly : report.anomalies) {
    Print(fmt::format("ANOMALY {} ({}): {}{}\n", AnomalyName(anomaly.kind),
                      wire::PrintableText(anomaly.where), wire::PrintableText(anomaly.what),
                      anomaly.evidence.empty() ? "" : "; evidence: " + anomaly.evidence));
  }
  if (report.anomalies.empty()) {
    Print(fmt::format("ok: {} entries, {} new\n", report.size, report.new_entries));
  }
}

base::Result<std::unique_ptr<net::HttpServer>> ServeMetrics(const std::string& address,
                                                            MonitorCounts* counts) {
  DAY_TRY_ASSIGN(const net::ListenAddress listen, net::ParseListenAddress(address));
  net::HttpServerOptions http;
  http.address = listen.address;
  http.port = listen.port;
  DAY_TRY_ASSIGN(
      auto server, net::HttpServer::Start(http, [counts](const net::HttpQuestion& question,
                                                         const net::HttpAnswerer& to) {
        net::HttpAnswer answer;
        answer.status = question.target == "/metrics" ? 200 : 404;
        answer.content_type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
        answer.body = answer.status == 200 ? counts->Text() : "";
        to.Send(std::move(answer));
      }));
  Say(fmt::format("serving metrics={}", server->port()));
  return server;
}

// The monitor, and what judges the entries if there is a root.
class Follower {
 public:
  static base::Result<Follower> Open(const Flags& flags, const tlog::Policy* policy,
                                     store::Blobs* state) {
    MonitorOptions options;
    options.stale_after_s = flags.stale_after_s;
    options.ask_witnesses = !flags.no_witnesses;
    DAY_TRY_ASSIGN(Monitor monitor, Monitor::Open(policy, state, options));
    Follower follower(std::move(monitor));
    if (flags.root.empty()) {
      if (!flags.bundles.empty() || !flags.key.empty()) {
        return MakeError(ErrorKind::kInvalidUse, "--bundles and --key need --root");
      }
      return follower;
    }
    DAY_TRY_ASSIGN(const std::string root, os::ReadFile(flags.root, 1u << 20));
    WatchOptions watch;
    if (!flags.bundles.empty()) {
      DAY_TRY_ASSIGN(watch.bundles, OpenSource(flags.bundles));
    }
    DAY_TRY_ASSIGN(watch.program, core::ProgramBeside("daylight"));
    watch.scratch = flags.folder + "/compare";
    DAY_TRY_ASSIGN(follower.watch_, ReleaseWatch::Open(root, state, std::move(watch)));
    if (!flags.key.empty()) {
      DAY_TRY_ASSIGN(follower.signer_, VerdictSigner::Open(flags));
    }
    return follower;
  }

  base::Result<MonitorReport> Look(const Source& log) {
    if (!watch_) {
      return monitor_.Look(
          log, NowS(), [](std::uint64_t, base::Bytes) {}, [] { return base::OkStatus(); });
    }
    // What was made of entries that turn out wrong is dropped.
    ReleaseWatch before = *watch_;
    DAY_TRY_ASSIGN(
        MonitorReport report,
        monitor_.Look(
            log, NowS(), [this](std::uint64_t i, base::Bytes entry) { watch_->OnEntry(i, entry); },
            [this] { return watch_->Save(); }));
    if (report.new_entries == 0) {
      watch_ = std::move(before);
    }
    watch_->CheckBundles();
    for (const Verdict& verdict : watch_->TakeVerdicts()) {
      if (signer_) {
        if (const base::Status posted = signer_->Post(verdict); !posted.ok()) {
          report.anomalies.push_back(
              {AnomalyKind::kUnreachable, "log", posted.error().message, {}});
        }
      }
    }
    DAY_TRY(watch_->Save());
    for (Anomaly& anomaly : watch_->TakeAnomalies()) {
      report.anomalies.push_back(std::move(anomaly));
    }
    return report;
  }

  std::uint64_t releases() const { return watch_ ? watch_->releases() : 0; }

 private:
  explicit Follower(Monitor monitor) : monitor_(std::move(monitor)) {}

  Monitor monitor_;
  std::optional<ReleaseWatch> watch_;
  std::optional<VerdictSigner> signer_;
};

}  // namespace

base::Result<int> RunMonitor(const Flags& flags) {
  DAY_TRY_ASSIGN(const tlog::Policy policy, LoadPolicy(flags.policy));
  DAY_TRY_ASSIGN(const Source source, OpenSource(flags.where));
  DAY_TRY_ASSIGN(const auto state, store::OpenDirectoryBlobs(flags.folder));
  DAY_TRY_ASSIGN(Follower follower, Follower::Open(flags, &policy, state.get()));
  MonitorCounts counts;
  std::unique_ptr<net::HttpServer> server;
  os::CatchStopSignals();
  if (!flags.listen.empty()) {
    DAY_TRY_ASSIGN(server, ServeMetrics(flags.listen, &counts));
  }
  bool wrong = false;
  do {
    DAY_TRY_ASSIGN(const MonitorReport report, follower.Look(source));
    wrong = !report.anomalies.empty();
    {
      const std::lock_guard lock(counts.mutex);
      ++counts.looks;
      counts.entries += report.new_entries;
      counts.size = report.size;
      counts.releases = follower.releases();
      counts.quorum_time_s = report.quorum_time_s.value_or(counts.quorum_time_s);
      counts.last_good_look_s = wrong ? counts.last_good_look_s : NowS();
      for (const Anomaly& anomaly : report.anomalies) {
        ++counts.anomalies[static_cast<std::size_t>(anomaly.kind)];
      }
    }
    PrintLook(flags, report);
    if (!flags.once) {
      WaitSeconds(flags.interval_s);
    }
  } while (!flags.once && !os::StopRequested());
  return wrong ? 1 : 0;
}

}  // namespace day::network::audit
