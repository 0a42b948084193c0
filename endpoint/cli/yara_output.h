// Prints what yara prints, byte for byte (yara 4.5.8).
//
// Thread safety: pure functions; the caller writes the text.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "endpoint/cli/yara_options.h"
#include "libs/workerproto/report.h"

namespace day::endpoint::cli {

// How many rules matched so far, over all files: what -l counts.
struct YaraTotals {
  std::int64_t matching_rules = 0;
};

// Appends what yara prints to standard output for one file that was scanned: module dumps, console
// lines, matching rules with their strings. Returns the number of matching rules (what -c prints,
// with -n as well).
std::int64_t AppendYaraReport(const YaraOptions& options, const workerproto::RuleTable& table,
                              const workerproto::YaraReport& report, std::string_view path,
                              YaraTotals& totals, std::string& out);

// "warning: rule "x": too many matches for $a, ..." for each string that had too many.
void AppendYaraWarnings(const workerproto::RuleTable& table, const workerproto::YaraReport& report,
                        std::string& out);

}  // namespace day::endpoint::cli
