// Yara mode: one file, all rules, every match, in the order in which libyara reports them.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "libs/base/result.h"
#include "libs/rules/compile/compiled_rules.h"
#include "libs/rules/module/module.h"
#include "libs/rules/scan/scanner.h"
#include "worker/backend.h"

namespace day::worker {

// Parts of a report are handed over when they hold about this much.
inline constexpr std::size_t kYaraPartBytes = 512u << 10;
// Console lines and module dumps of one file beyond this are cut, and say so.
inline constexpr std::size_t kConsoleBytesMax = 16u << 20;

// The rule table in parts, for either mode.
base::Status SendTableOf(
    const rules::compile::CompiledRules& rules, bool with_metas,
    const std::function<base::Status(const workerproto::RuleTablePart&)>& send);

// Not thread-safe. REQUIRES: the registry outlives the scanner, and so does what `database` views.
class YaraScanner : public FileScanner {
 public:
  // Errors: kInvalidUse, kNotFound (externals).
  static base::Result<std::unique_ptr<FileScanner>> Create(
      std::unique_ptr<rules::compile::CompiledRules> rules, const DatabaseBytes& database,
      const workerproto::UseDatabase& use, const rules::module::Registry& registry);

  void Scan(base::Bytes data, const workerproto::ScanItem& item, ResultSink* sink) override;
  workerproto::DatabaseReady Describe() const override;
  base::Status SendRuleTable(
      bool with_metas,
      const std::function<base::Status(const workerproto::RuleTablePart&)>& send) const override;

 private:
  struct Dump {
    const rules::module::Module* module = nullptr;
    std::unique_ptr<rules::module::Instance> instance;
    base::Bytes module_data;
  };

  YaraScanner() = default;
  void AppendDumps(base::Bytes data);
  // In fast mode, for strings whose further matches change nothing.
  bool IsSettledByOneMatch(std::uint32_t string) const;
  void AppendRule(std::uint32_t rule, base::Bytes data, ResultSink* sink);
  void AppendMatch(std::uint32_t string, const match::Match& match, base::Bytes data);
  void AppendConsoleLine(std::string_view line);
  // Sets what time the next file may take; false if there is none left.
  bool SetTimeout();

  std::unique_ptr<rules::compile::CompiledRules> rules_;
  std::unique_ptr<rules::scan::Scanner> scanner_;
  rules::scan::ScanOptions options_;
  workerproto::ScanSettings settings_;
  std::vector<Dump> dumps_;
  std::function<void(std::string_view)> no_console_ = [](std::string_view) {};
  workerproto::YaraReport part_;  // of the file being scanned
  std::size_t console_bytes_ = 0;
};

}  // namespace day::worker
