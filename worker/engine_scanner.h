// Engine mode: containers are opened, hashes looked up, findings judged (libs/engine).
#pragma once

#include <memory>

#include "libs/engine/engine.h"
#include "libs/rules/compile/compiled_rules.h"
#include "libs/signatures/clamav/body_database.h"
#include "libs/signatures/database.h"
#include "worker/backend.h"

namespace day::worker {

// Not thread-safe. REQUIRES: what `database` views outlives the scanner.
class EngineScanner : public FileScanner {
 public:
  // `rules` may be null: hash signatures only. Errors: kMalformed (the signature table).
  static base::Result<std::unique_ptr<FileScanner>> Create(
      std::unique_ptr<rules::compile::CompiledRules> rules, const DatabaseBytes& database,
      const workerproto::UseDatabase& use);

  void Scan(base::Bytes data, const workerproto::ScanItem& item, ResultSink* sink) override;
  workerproto::DatabaseReady Describe() const override;
  base::Status SendRuleTable(
      bool with_metas,
      const std::function<base::Status(const workerproto::RuleTablePart&)>& send) const override;

 private:
  EngineScanner() = default;

  std::unique_ptr<rules::compile::CompiledRules> rules_;
  signatures::Database signatures_;
  signatures::clamav::BodyDatabase body_;
  std::unique_ptr<engine::Engine> engine_;
  base::BudgetLimits limits_;
};

// The report as the protocol has it; texts beyond the protocol's limits are cut.
workerproto::FileReport ToWire(engine::Report report, std::uint64_t id);

}  // namespace day::worker
