#include "worker/engine_scanner.h"

#include <algorithm>
#include <utility>

#include "worker/yara_scanner.h"

namespace day::worker {
namespace {

// Our enums are the engine's in the same order; the protocol must not include the engine.
static_assert(static_cast<int>(engine::Severity::kCritical) ==
              static_cast<int>(workerproto::Severity::kCritical));
static_assert(static_cast<int>(engine::Completeness::kNotScanned) ==
              static_cast<int>(workerproto::Completeness::kNotScanned));
static_assert(static_cast<int>(engine::Finding::Source::kHeuristic) ==
              static_cast<int>(workerproto::Finding::Source::kHeuristic));

std::string Cut(std::string text, std::size_t size_max) {
  if (text.size() > size_max) {
    text.resize(size_max);
  }
  return text;
}

workerproto::Finding ToWire(engine::Finding finding) {
  workerproto::Finding out;
  out.source = static_cast<workerproto::Finding::Source>(finding.source);
  out.name = Cut(std::move(finding.name), workerproto::kNameBytesMax);
  out.rule = Cut(std::move(finding.rule), workerproto::kNameBytesMax);
  out.name_space = Cut(std::move(finding.name_space), workerproto::kPathBytesMax);
  out.provenance = Cut(std::move(finding.provenance), workerproto::kPathBytesMax);
  out.severity = static_cast<workerproto::Severity>(finding.severity);
  out.inner_path = Cut(std::move(finding.inner_path), workerproto::kPathBytesMax);
  out.matches.reserve(finding.matches.size());
  for (engine::StringMatch& match : finding.matches) {
    out.matches.push_back({std::move(match.identifier), match.offset, match.length,
                           Cut(std::move(match.data), workerproto::kMatchDataBytesMax),
                           match.xor_key, match.is_hex});
  }
  return out;
}

engine::HeuristicOptions ToEngine(const workerproto::Alerts& alerts) {
  engine::HeuristicOptions out;
  out.encrypted_archives = alerts.encrypted_archives;
  out.encrypted_documents = alerts.encrypted_documents;
  out.macros = alerts.macros;
  out.broken = alerts.broken;
  out.exceeded_limits = alerts.exceeded_limits;
  out.structured = alerts.structured;
  out.credit_cards_only = alerts.credit_cards_only;
  out.broken_media = alerts.broken_media;
  out.phishing_links = alerts.phishing_links;
  out.phishing_ssl = alerts.phishing_ssl;
  out.phishing_cloak = alerts.phishing_cloak;
  out.phishing_signatures = alerts.phishing_signatures;
  out.deceptive = alerts.deceptive;
  out.crossing_partitions = alerts.crossing_partitions;
  out.precedence = alerts.precedence;
  out.unwanted = alerts.unwanted;
  out.unwanted_only = alerts.unwanted_only;
  out.unwanted_but = alerts.unwanted_but;
  out.ssn_format = alerts.ssn_format;
  out.card_count_min = alerts.card_count_min;
  out.ssn_count_min = alerts.ssn_count_min;
  return out;
}

}  // namespace

workerproto::FileReport ToWire(engine::Report report, std::uint64_t id) {
  workerproto::FileReport out;
  out.id = id;
  out.verdict = report.verdict == engine::Verdict::kFound ? workerproto::Verdict::kFound
                                                          : workerproto::Verdict::kNothingFound;
  out.completeness = static_cast<workerproto::Completeness>(report.completeness);
  out.objects_scanned = report.objects_scanned;
  out.bytes_scanned = report.bytes_scanned;
  for (engine::Finding& finding : report.findings) {
    out.findings.push_back(ToWire(std::move(finding)));
  }
  for (engine::Gap& gap : report.gaps) {
    out.gaps.push_back({Cut(std::move(gap.inner_path), workerproto::kPathBytesMax),
                        Cut(std::move(gap.reason), workerproto::kNameBytesMax)});
  }
  return out;
}

base::Result<std::unique_ptr<FileScanner>> EngineScanner::Create(
    std::unique_ptr<rules::compile::CompiledRules> rules, const DatabaseBytes& database,
    const workerproto::UseDatabase& use) {
  std::unique_ptr<EngineScanner> out(new EngineScanner());
  out->rules_ = std::move(rules);
  if (use.has_signatures) {
    DAY_TRY_ASSIGN(out->signatures_, signatures::Database::Open(database.signatures));
    if (!out->signatures_.body().empty()) {
      DAY_TRY_ASSIGN(out->body_, signatures::clamav::BodyDatabase::Open(out->signatures_.body()));
    }
  }
  out->limits_ = use.settings.budget;
  engine::EngineOptions options;
  options.timeout_ms = use.settings.timeout_ms;
  options.matches_per_finding_max = use.settings.matches_per_finding_max;
  options.heuristics = ToEngine(use.settings.alerts);
  options.official_signatures = use.settings.official_signatures;
  options.body = out->body_.signature_count() > 0 ? &out->body_ : nullptr;
  out->engine_ = engine::Engine::Create(
      out->rules_.get(), use.has_signatures ? &out->signatures_ : nullptr, std::move(options));
  return std::unique_ptr<FileScanner>(std::move(out));
}

void EngineScanner::Scan(base::Bytes data, const workerproto::ScanItem& item, ResultSink* sink) {
  engine::Volumes volumes;
  volumes.is_left_to_another = item.is_left_to_another;
  std::vector<std::uint64_t> starts;
  base::Bytes file = data;
  if (!item.volume_bytes.empty()) {
    std::uint64_t end = 0;
    for (const std::uint64_t size_bytes : item.volume_bytes) {
      starts.push_back(end);
      end += size_bytes;
    }
    volumes.joined = data;
    volumes.starts = starts;
    file = base::ClippedSlice(data, starts[item.volume], item.volume_bytes[item.volume]);
  }
  engine::Report report = engine_->ScanFile(file, item.name, limits_, item.owner, volumes);
  sink->AddReport(ToWire(std::move(report), item.id));
}

workerproto::DatabaseReady EngineScanner::Describe() const {
  workerproto::DatabaseReady ready;
  if (rules_ != nullptr) {
    ready.rule_count = rules_->rule_count();
    ready.string_count = rules_->string_count();
  }
  ready.signature_count = signatures_.count() + body_.signature_count();
  return ready;
}

base::Status EngineScanner::SendRuleTable(
    bool with_metas,
    const std::function<base::Status(const workerproto::RuleTablePart&)>& send) const {
  if (rules_ == nullptr) {
    return send({true, {}});
  }
  return SendTableOf(*rules_, with_metas, send);
}

}  // namespace day::worker
