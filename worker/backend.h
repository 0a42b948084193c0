// What a session needs of the engine, as interfaces: the composition root hands in the real thing
// (engine_backend.h), tests a small one. Everything here runs inside the sandbox, but for
// Preload(). Not thread-safe.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "libs/base/bytes.h"
#include "libs/base/result.h"
#include "libs/workerproto/messages.h"
#include "worker/tools/tool.h"

namespace day::worker {

// Where a scanner writes what it found in one file.
class ResultSink {
 public:
  virtual ~ResultSink() = default;
  // Engine mode: once for each file.
  virtual void AddReport(const workerproto::FileReport& report) = 0;
  // Yara mode: any number of parts, the last one with `last_of_file`.
  virtual void AddYaraPart(workerproto::YaraReport part, bool last_of_file) = 0;
};

// Scans files with one database and one set of settings.
class FileScanner {
 public:
  virtual ~FileScanner() = default;
  // REQUIRES: `data` unchanged during the call. `item` says its id and names, and what of `data` is
  // the file itself if it is one volume of several.
  virtual void Scan(base::Bytes data, const workerproto::ScanItem& item, ResultSink* sink) = 0;
  virtual workerproto::DatabaseReady Describe() const = 0;
  // Calls `send` with parts of the rule table; the last part says so.
  virtual base::Status SendRuleTable(
      bool with_metas,
      const std::function<base::Status(const workerproto::RuleTablePart&)>& send) const = 0;
};

// Everything of a database that a scanner reads in place. REQUIRES: outlives the scanner.
struct DatabaseBytes {
  base::Bytes rules;  // 64-byte aligned
  base::Bytes signatures;
  std::vector<std::pair<std::string, base::Bytes>> module_data;
};

// Returns the text of an included file.
using IncludeLoader = std::function<std::optional<std::string>(const std::string& path)>;

class Backend {
 public:
  virtual ~Backend() = default;

  // Before the walls go up: reads whatever files the libraries below will ever need.
  virtual void Preload(const workerproto::Configure& configure) = 0;

  // Fills everything of the answer but size_bytes; the blob is returned beside it.
  virtual std::pair<workerproto::RulesCompiled, std::string> CompileRules(
      const workerproto::CompileRules& request, base::Bytes texts,
      const IncludeLoader& include) = 0;

  virtual void AddSignatures(std::string_view name, std::string_view text) = 0;
  // Fills everything of the answer but size_bytes; writes the table piece by piece.
  virtual workerproto::SignaturesBuilt BuildSignatures(
      const std::function<base::Status(base::Bytes)>& write) = 0;

  // Errors: kMalformed, kNotFound, kInvalidUse (externals).
  virtual base::Result<std::unique_ptr<FileScanner>> Open(const DatabaseBytes& database,
                                                          const workerproto::UseDatabase& use) = 0;

  // Null if there is no such tool. `include` is called only while the tool runs or takes a file.
  virtual std::unique_ptr<tools::Tool> MakeTool(const workerproto::ToolBegin& /*begin*/,
                                                IncludeLoader /*include*/) {
    return nullptr;
  }
};

}  // namespace day::worker
