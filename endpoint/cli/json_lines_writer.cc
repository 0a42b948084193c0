#include <string>

#include "endpoint/cli/format.h"
#include "endpoint/cli/scan_writer.h"
#include "libs/wire/json_writer.h"

namespace day::endpoint::cli {
namespace {

using workerproto::FileReport;
using workerproto::Finding;

// A path as JSON: as text, and where that loses bytes as hexadecimal as well.
void WritePath(std::string_view path, wire::JsonWriter* json) {
  json->Field("path", path);
  if (!wire::IsUtf8(path)) {
    json->Field("path_hex", base::ToHex(base::AsBytes(path)));
  }
}

void WriteFinding(const Finding& finding, wire::JsonWriter* json) {
  json->BeginObject();
  json->Field("name", finding.name);
  json->Field("severity", workerproto::SeverityName(finding.severity));
  json->Field("source", workerproto::SourceName(finding.source));
  json->Field("rule", finding.rule);
  json->Field("namespace", finding.name_space);
  json->Field("provenance", finding.provenance);
  json->Field("inner_path", finding.inner_path);
  json->Key("matches");
  json->BeginArray();
  for (const workerproto::StringMatch& match : finding.matches) {
    json->BeginObject();
    json->Field("identifier", match.identifier);
    json->Field("offset", match.offset);
    json->Field("length", std::uint64_t{match.length});
    json->Field("data_hex", base::ToHex(base::AsBytes(match.data)));
    if (match.xor_key != 0) {
      json->Field("xor_key", std::uint64_t{match.xor_key});
    }
    json->EndObject();
  }
  json->EndArray();
  json->EndObject();
}

class JsonLinesWriter : public ScanWriter {
 public:
  explicit JsonLinesWriter(Show show) : show_(show) {}

  void OnFile(std::string_view path, const FileReport& report, scan::Origin origin) override {
    if (show_ == Show::kFindings && report.findings.empty()) {
      return;
    }
    const bool is_known = origin == scan::Origin::kRemembered;
    if (is_known && report.findings.empty() && report.gaps.empty()) {
      WriteKnownClean(path);
      return;
    }
    wire::JsonWriter json(&line_);
    json.BeginObject();
    json.Field("type", "file");
    WritePath(path, &json);
    json.Field("verdict", workerproto::VerdictName(report.verdict));
    json.Field("completeness", workerproto::CompletenessName(report.completeness));
    json.Field("objects_scanned", report.objects_scanned);
    json.Field("bytes_scanned", report.bytes_scanned);
    json.Key("findings");
    json.BeginArray();
    for (const Finding& finding : report.findings) {
      WriteFinding(finding, &json);
    }
    json.EndArray();
    WriteGaps(report.gaps, &json);
    if (is_known) {
      json.Field("known", true);
    }
    if (origin == scan::Origin::kVolume) {
      json.Field("is_volume", true);
    }
    json.EndObject();
    WriteLine();
  }

  void OnUnreadable(std::string_view path, const base::Error& error) override {
    if (show_ == Show::kFindings) {
      return;
    }
    wire::JsonWriter json(&line_);
    json.BeginObject();
    json.Field("type", "file");
    WritePath(path, &json);
    json.Field("verdict", "nothing_found");
    json.Field("completeness", "not_scanned");
    WriteGaps({{"", error.message}}, &json);
    json.EndObject();
    WriteLine();
  }

  void OnEnd(const scan::ScanSummary& summary, const DatabaseFacts& database) override {
    wire::JsonWriter json(&line_);
    json.BeginObject();
    json.Field("type", "summary");
    json.Field("files", summary.files);
    json.Field("files_known", summary.files_known);
    json.Field("files_known_clean", summary.files_known_clean);
    json.Field("files_found", summary.files_found);
    json.Field("findings", summary.findings);
    json.Field("files_partial", summary.files_partial);
    json.Field("files_failed", summary.files_failed);
    json.Field("files_not_scanned", summary.files_not_scanned);
    json.Field("folders_not_read", summary.folders_not_read);
    json.Field("objects_scanned", summary.objects);
    json.Field("bytes_scanned", summary.bytes);
    json.Key("elapsed_seconds");
    json.Real(static_cast<double>(summary.elapsed_ns) / 1e9);
    json.Field("workers_lost", summary.pool.workers_lost);
    json.Field("rules", database.rule_count);
    json.Field("hash_signatures", database.signature_count);
    json.Field("stopped", summary.stopped);
    json.EndObject();
    WriteLine();
  }

 private:
  void WriteKnownClean(std::string_view path) {
    wire::JsonWriter json(&line_);
    json.BeginObject();
    json.Field("type", "file");
    WritePath(path, &json);
    json.Field("verdict", "nothing_found");
    json.Field("completeness", "complete");
    json.Field("known", true);
    json.Field("known_clean", true);
    json.EndObject();
    WriteLine();
  }

  static void WriteGaps(const std::vector<workerproto::Gap>& gaps, wire::JsonWriter* json) {
    json->Key("gaps");
    json->BeginArray();
    for (const workerproto::Gap& gap : gaps) {
      json->BeginObject();
      json->Field("inner_path", gap.inner_path);
      json->Field("reason", gap.reason);
      json->EndObject();
    }
    json->EndArray();
  }

  void WriteLine() {
    line_ += '\n';
    PrintText(line_);
    line_.clear();
  }

  Show show_;
  std::string line_;
};

}  // namespace

std::unique_ptr<ScanWriter> MakeJsonWriter(Show show) {
  return std::make_unique<JsonLinesWriter>(show);
}

}  // namespace day::endpoint::cli
