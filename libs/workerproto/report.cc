#include "libs/workerproto/report.h"

namespace day::workerproto {

std::string_view VerdictName(Verdict verdict) {
  return verdict == Verdict::kFound ? "found" : "nothing_found";
}

std::string_view CompletenessName(Completeness completeness) {
  switch (completeness) {
    case Completeness::kComplete:
      return "complete";
    case Completeness::kPartial:
      return "partial";
    case Completeness::kNotScanned:
      return "not_scanned";
  }
  return "not_scanned";
}

std::string_view SeverityName(Severity severity) {
  switch (severity) {
    case Severity::kInfo:
      return "info";
    case Severity::kLow:
      return "low";
    case Severity::kMedium:
      return "medium";
    case Severity::kHigh:
      return "high";
    case Severity::kCritical:
      return "critical";
  }
  return "high";
}

std::string_view SourceName(Finding::Source source) {
  switch (source) {
    case Finding::Source::kRule:
      return "rule";
    case Finding::Source::kHash:
      return "hash";
    case Finding::Source::kSignature:
      return "signature";
    case Finding::Source::kNear:
      return "near";
    case Finding::Source::kHeuristic:
      return "heuristic";
  }
  return "rule";
}

void AppendPart(const YaraReport& part, YaraReport* whole) {
  const std::uint64_t matches_base = whole->matches.size();
  const std::uint64_t data_base = whole->data.size();
  whole->status = part.status;
  whole->error += part.error;
  whole->bytes_scanned += part.bytes_scanned;
  for (YaraRule rule : part.rules) {
    rule.matches_begin += matches_base;
    // A rule whose matches did not fit into one part goes on in the next one.
    if (!whole->rules.empty() && whole->rules.back().rule == rule.rule) {
      whole->rules.back().matches_count += rule.matches_count;
    } else {
      whole->rules.push_back(rule);
    }
  }
  for (YaraMatch match : part.matches) {
    match.data_offset += data_base;
    whole->matches.push_back(match);
  }
  whole->data += part.data;
  whole->too_many_matches.insert(whole->too_many_matches.end(), part.too_many_matches.begin(),
                                 part.too_many_matches.end());
  whole->console.insert(whole->console.end(), part.console.begin(), part.console.end());
  whole->module_dump += part.module_dump;
}

}  // namespace day::workerproto
