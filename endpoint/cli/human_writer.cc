#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <string>

#include "endpoint/cli/format.h"
#include "endpoint/cli/scan_writer.h"
#include "endpoint/cli/texts.h"
#include "libs/os/system.h"
#include "libs/wire/json_writer.h"

namespace day::endpoint::cli {
namespace {

using workerproto::Completeness;
using workerproto::FileReport;
using workerproto::Finding;
using workerproto::StringMatch;

constexpr std::size_t kEvidenceMax = 5;
constexpr std::size_t kEvidenceBytesMax = 60;
constexpr std::string_view kRed = "\x1b[1;31m";
constexpr std::string_view kYellow = "\x1b[33m";
constexpr std::string_view kGreen = "\x1b[32m";
constexpr std::string_view kPlain = "\x1b[0m";

std::string EvidenceText(const StringMatch& match) {
  const std::string_view data = std::string_view(match.data).substr(0, kEvidenceBytesMax);
  const std::string_view more = match.data.size() > kEvidenceBytesMax ? " ..." : "";
  const std::string shown =
      match.is_hex ? base::ToHex(base::AsBytes(data)) : wire::PrintableText(data);
  return shown + std::string(more);
}

class HumanWriter : public ScanWriter {
 public:
  HumanWriter(Show show, Colours colours, bool with_bell, bool with_summary)
      : show_(show), colours_(colours), with_bell_(with_bell), with_summary_(with_summary) {}

  void OnFile(std::string_view path, const FileReport& report, scan::Origin origin) override {
    std::string inner;
    for (const Finding& finding : report.findings) {
      // Findings of one object stand together under one headline.
      if (&finding == &report.findings.front() || finding.inner_path != inner) {
        inner = finding.inner_path;
        Headline(kRed, texts::kFound, NestedPath(path, inner));
      }
      Describe(finding);
    }
    if (!report.findings.empty() && with_bell_) {
      line_ += '\a';
    }
    if (report.completeness != Completeness::kComplete && show_ != Show::kFindings) {
      const std::string_view word =
          report.completeness == Completeness::kPartial ? texts::kPartial : texts::kNotScanned;
      for (const workerproto::Gap& gap : report.gaps) {
        Headline(kYellow, word,
                 NestedPath(path, gap.inner_path) + ": " + wire::PrintableText(gap.reason));
      }
    }
    const bool clean = report.findings.empty() && report.completeness == Completeness::kComplete;
    if (clean && show_ == Show::kAll) {
      Headline(kGreen,
               origin == scan::Origin::kScanned  ? texts::kClean
               : origin == scan::Origin::kVolume ? texts::kVolume
                                                 : texts::kKnownClean,
               NestedPath(path, {}));
    }
    Write();
  }

  void OnUnreadable(std::string_view path, const base::Error& error) override {
    if (show_ != Show::kFindings) {
      Headline(kYellow, texts::kNotReadable,
               NestedPath(path, {}) + ": " + wire::PrintableText(error.message));
      Write();
    }
  }

  void OnEnd(const scan::ScanSummary& summary, const DatabaseFacts& database) override {
    if (!with_summary_) {
      return;
    }
    const std::uint64_t read = summary.files - summary.files_known;
    line_ += '\n';
    line_ += fmt::format(texts::kSummaryFiles, FormatCount(read), FormatBytes(summary.bytes),
                         FormatDuration(summary.elapsed_ns),
                         FormatRate(summary.bytes, summary.elapsed_ns));
    if (summary.files_known > 0) {
      line_ += fmt::format(texts::kSummaryKnown, FormatCount(summary.files_known));
    }
    line_ += summary.files_found == 0
                 ? std::string(texts::kSummaryNothing)
                 : fmt::format(texts::kSummaryFound, FormatCount(summary.files_found),
                               FormatCount(summary.findings));
    if (summary.files_partial + summary.files_not_scanned + summary.folders_not_read > 0) {
      line_ += fmt::format(texts::kSummaryIncomplete, FormatCount(summary.files_partial),
                           FormatCount(summary.files_not_scanned),
                           FormatCount(summary.folders_not_read));
    }
    if (summary.pool.workers_lost > 0) {
      line_ += fmt::format(texts::kSummaryWorkers, FormatCount(summary.pool.workers_lost));
    }
    line_ += fmt::format(texts::kSummaryDatabase, FormatCount(database.rule_count),
                         FormatCount(database.signature_count), FormatDuration(database.ready_ns),
                         database.from_cache ? texts::kFromCache : "");
    if (summary.stopped) {
      line_ += texts::kSummaryStopped;
    }
    Write();
  }

 private:
  void Headline(std::string_view colour, std::string_view word, std::string_view text) {
    const bool coloured = colours_ == Colours::kOn;
    line_ +=
        fmt::format("{}{}{}  {}\n", coloured ? colour : "", word, coloured ? kPlain : "", text);
  }

  void Describe(const Finding& finding) {
    const std::string_view source = texts::kSources[static_cast<std::size_t>(finding.source)];
    line_ +=
        fmt::format(texts::kFindingLine, wire::PrintableText(finding.name),
                    workerproto::SeverityName(finding.severity), source,
                    wire::PrintableText(finding.rule), wire::PrintableText(finding.provenance));
    line_ += '\n';
    const std::size_t shown = std::min(finding.matches.size(), kEvidenceMax);
    for (std::size_t i = 0; i < shown; ++i) {
      const StringMatch& match = finding.matches[i];
      line_ += finding.source == Finding::Source::kNear
                   ? fmt::format(texts::kNearLine, wire::PrintableText(match.identifier),
                                 EvidenceText(match))
                   : fmt::format(texts::kEvidenceLine, wire::PrintableText(match.identifier),
                                 match.offset, match.length, EvidenceText(match));
      line_ += '\n';
    }
    if (shown < finding.matches.size()) {
      line_ += fmt::format(texts::kMoreEvidence, finding.matches.size() - shown);
      line_ += '\n';
    }
  }

  void Write() {
    if (!line_.empty()) {
      PrintText(line_);
      std::fflush(stdout);
      line_.clear();
    }
  }

  Show show_;
  Colours colours_;
  bool with_bell_;
  bool with_summary_;
  std::string line_;
};

}  // namespace

std::string NestedPath(std::string_view path, std::string_view inner_path) {
  std::string text = wire::PrintableText(path);
  if (!inner_path.empty()) {
    text += "//" + wire::PrintableText(inner_path);
  }
  return text;
}

std::unique_ptr<ScanWriter> MakeHumanWriter(Show show, Colours colours, bool with_bell,
                                            bool with_summary) {
  return std::make_unique<HumanWriter>(show, colours, with_bell, with_summary);
}

}  // namespace day::endpoint::cli
