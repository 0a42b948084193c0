// SARIF 2.1.0 (OASIS, 27 March 2020): one run, a rule for each rule that matched, a result for each
// finding, a notification for everything that was not completed.
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "endpoint/cli/format.h"
#include "endpoint/cli/scan_writer.h"
#include "endpoint/cli/texts.h"
#include "libs/os/file.h"
#include "libs/wire/json_writer.h"

namespace day::endpoint::cli {
namespace {

using workerproto::FileReport;
using workerproto::Finding;
using workerproto::Severity;

std::string_view Level(Severity severity) {
  switch (severity) {
    case Severity::kInfo:
    case Severity::kLow:
      return "note";
    case Severity::kMedium:
      return "warning";
    case Severity::kHigh:
    case Severity::kCritical:
      return "error";
  }
  return "error";
}

// RFC 3986: everything but unreserved characters and slashes is percent-encoded.
std::string Uri(std::string_view path) {
  std::string uri = path.starts_with('/') ? "file://" : "";
  for (const char c : path) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view("-._~/").find(c) != std::string_view::npos;
    if (plain) {
      uri += c;
    } else {
      uri += fmt::format("%{:02X}", static_cast<unsigned>(static_cast<unsigned char>(c)));
    }
  }
  return uri;
}

class SarifWriter : public ScanWriter {
 public:
  explicit SarifWriter(std::string path) : path_(std::move(path)) {}

  void OnFile(std::string_view path, const FileReport& report, scan::Origin /*origin*/) override {
    for (const Finding& finding : report.findings) {
      if (results_ < kSarifResultsMax) {
        AddResult(path, finding);
      } else {
        truncated_ = true;
      }
    }
    for (const workerproto::Gap& gap : report.gaps) {
      AddNotification(NestedPath(path, gap.inner_path) + ": " + gap.reason);
    }
  }

  void OnUnreadable(std::string_view path, const base::Error& error) override {
    AddNotification(NestedPath(path, {}) + ": " + error.message);
  }

  void OnEnd(const scan::ScanSummary& summary, const DatabaseFacts& /*database*/) override {
    if (truncated_) {
      AddNotification(
          fmt::format("more than {} findings: the rest is not listed", kSarifResultsMax));
    }
    std::string out;
    wire::JsonWriter json(&out);
    json.BeginObject();
    json.Field("$schema", "https://json.schemastore.org/sarif-2.1.0.json");
    json.Field("version", "2.1.0");
    json.Key("runs");
    json.BeginArray();
    json.BeginObject();
    WriteTool(&json);
    json.Key("invocations");
    json.BeginArray();
    json.BeginObject();
    json.Field("executionSuccessful", !summary.stopped);
    json.EndObject();
    json.EndArray();
    json.Field("columnKind", "unicodeCodePoints");
    json.EndObject();
    json.EndArray();
    json.EndObject();
    // The two long lists were encoded as they came: they go in where the writer left room.
    Splice(&out,
           "\"executionSuccessful\":", "\"toolExecutionNotifications\":[" + notifications_ + "],");
    Splice(&out, "\"columnKind\":", "\"results\":[" + encoded_results_ + "],");
    const base::Status status =
        os::WriteFileAtomic(path_, base::AsBytes(out), 0644, os::Durability::kCrashOfProcess);
    if (!status.ok()) {
      PrintError(fmt::format(texts::kSarifNotWritten, path_, status.error().message));
    }
  }

 private:
  static void Splice(std::string* out, std::string_view before, const std::string& text) {
    out->insert(out->rfind(before), text);
  }

  void WriteTool(wire::JsonWriter* json) const {
    json->Key("tool");
    json->BeginObject();
    json->Key("driver");
    json->BeginObject();
    json->Field("name", "Daylight");
    json->Field("version", texts::kVersion);
    json->Key("rules");
    json->BeginArray();
    for (const std::string* id : rule_ids_) {
      json->BeginObject();
      json->Field("id", *id);
      json->EndObject();
    }
    json->EndArray();
    json->EndObject();
    json->EndObject();
  }

  void AddResult(std::string_view path, const Finding& finding) {
    const auto [rule, is_new] = rule_indices_.emplace(finding.rule, rule_indices_.size());
    if (is_new) {
      rule_ids_.push_back(&rule->first);
    }
    std::string out;
    wire::JsonWriter json(&out);
    json.BeginObject();
    json.Field("ruleId", finding.rule);
    json.Field("ruleIndex", std::uint64_t{rule->second});
    json.Field("level", Level(finding.severity));
    json.Key("message");
    json.BeginObject();
    json.Field("text", finding.name + " in " + NestedPath(path, finding.inner_path) + " (" +
                           finding.provenance + ")");
    json.EndObject();
    json.Key("locations");
    json.BeginArray();
    json.BeginObject();
    json.Key("physicalLocation");
    json.BeginObject();
    json.Key("artifactLocation");
    json.BeginObject();
    json.Field("uri", Uri(path));
    json.EndObject();
    // Offsets inside a container are no offsets of the file.
    if (!finding.matches.empty() && finding.inner_path.empty()) {
      json.Key("region");
      json.BeginObject();
      json.Field("byteOffset", finding.matches.front().offset);
      json.Field("byteLength", std::uint64_t{finding.matches.front().length});
      json.EndObject();
    }
    json.EndObject();
    if (!finding.inner_path.empty()) {
      json.Key("logicalLocations");
      json.BeginArray();
      json.BeginObject();
      json.Field("fullyQualifiedName", finding.inner_path);
      json.EndObject();
      json.EndArray();
    }
    json.EndObject();
    json.EndArray();
    json.EndObject();
    encoded_results_ += (results_++ == 0 ? "" : ",") + out;
  }

  void AddNotification(const std::string& text) {
    if (notification_count_ >= kSarifResultsMax) {
      return;
    }
    std::string out;
    wire::JsonWriter json(&out);
    json.BeginObject();
    json.Field("level", "warning");
    json.Key("message");
    json.BeginObject();
    json.Field("text", text);
    json.EndObject();
    json.EndObject();
    notifications_ += (notification_count_++ == 0 ? "" : ",") + out;
  }

  std::string path_;
  std::map<std::string, std::size_t> rule_indices_;
  std::vector<const std::string*> rule_ids_;  // in order of their indices
  std::string encoded_results_;
  std::string notifications_;
  std::size_t results_ = 0;
  std::size_t notification_count_ = 0;
  bool truncated_ = false;
};

}  // namespace

std::unique_ptr<ScanWriter> MakeSarifWriter(std::string path) {
  return std::make_unique<SarifWriter>(std::move(path));
}

}  // namespace day::endpoint::cli
