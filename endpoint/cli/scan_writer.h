// Writers of scan results: for people, as JSON lines, as SARIF. Each is an observer of the scan.
//
// All three escape what comes from files: no byte of a path or of a match reaches a terminal as a
// control character, and JSON is always valid UTF-8. Not thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "endpoint/scan/file_scan.h"

namespace day::endpoint::cli {

// What the summary says of the database.
struct DatabaseFacts {
  std::uint64_t rule_count = 0;
  std::uint64_t signature_count = 0;
  std::int64_t ready_ns = 0;
  bool from_cache = false;
};

class ScanWriter {
 public:
  virtual ~ScanWriter() = default;
  virtual void OnFile(std::string_view path, const workerproto::FileReport& report,
                      scan::Origin origin) = 0;
  virtual void OnUnreadable(std::string_view path, const base::Error& error) = 0;
  virtual void OnEnd(const scan::ScanSummary& summary, const DatabaseFacts& database) = 0;
};

enum class Show : std::uint8_t {
  kFindings,   // --infected
  kImportant,  // findings, and what was not completed
  kAll,        // clean files as well
};

enum class Colours : std::uint8_t { kOff, kOn };

// Lines for people on standard output.
std::unique_ptr<ScanWriter> MakeHumanWriter(Show show, Colours colours, bool with_bell,
                                            bool with_summary);
// api/scan-report.schema.json on standard output.
std::unique_ptr<ScanWriter> MakeJsonWriter(Show show);
// Collects, and writes `path` at the end. At most kSarifResultsMax results; then it says so.
inline constexpr std::size_t kSarifResultsMax = 100'000;
std::unique_ptr<ScanWriter> MakeSarifWriter(std::string path);

// "/a/b.zip//c": the path of something inside a scanned file.
std::string NestedPath(std::string_view path, std::string_view inner_path);

}  // namespace day::endpoint::cli
