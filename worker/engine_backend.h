// The backend of the shipped worker: the YARA front end and compiler, hash signatures, the engine.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "libs/rules/module/module.h"
#include "libs/signatures/sources/source_set.h"
#include "worker/backend.h"

namespace day::worker {

// Not thread-safe. REQUIRES: the registry outlives the backend and its scanners.
class EngineBackend : public Backend {
 public:
  // `load_magic` is called before the walls go up if rules will ask libmagic.
  EngineBackend(const rules::module::Registry& registry, std::function<void()> load_magic)
      : registry_(registry), load_magic_(std::move(load_magic)) {}

  void Preload(const workerproto::Configure& configure) override;
  std::pair<workerproto::RulesCompiled, std::string> CompileRules(
      const workerproto::CompileRules& request, base::Bytes texts,
      const IncludeLoader& include) override;
  void AddSignatures(std::string_view name, std::string_view text) override;
  workerproto::SignaturesBuilt BuildSignatures(
      const std::function<base::Status(base::Bytes)>& write) override;
  base::Result<std::unique_ptr<FileScanner>> Open(const DatabaseBytes& database,
                                                  const workerproto::UseDatabase& use) override;
  std::unique_ptr<tools::Tool> MakeTool(const workerproto::ToolBegin& begin,
                                        IncludeLoader include) override;

 private:
  const rules::module::Registry& registry_;
  std::function<void()> load_magic_;
  std::unique_ptr<signatures::sources::SourceSet> sources_;  // while a database is put together
};

}  // namespace day::worker
