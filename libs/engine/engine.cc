#include "libs/engine/engine.h"

#include <utility>

#include "libs/engine/engine_state.h"
#include "libs/engine/file_scan.h"
#include "libs/engine/list_facts.h"
#include "libs/engine/rule_matcher.h"
#include "libs/signatures/clamav/body_database.h"
#include "libs/signatures/database.h"

namespace day::engine {
namespace {

// Copies are made only for signatures that can match them: those for any file, too, for in copies
// capital letters are small ones, and blanks are one.
Wanted WantedBy(const signatures::clamav::BodyDatabase& body) {
  constexpr std::uint32_t kAny = 1u << 0;
  constexpr std::uint32_t kHtml = 1u << 3;
  constexpr std::uint32_t kText = 1u << 7;
  Wanted wanted;
  wanted.html_copies = (body.targets() & (kAny | kHtml | kText)) != 0;
  wanted.text_copies = (body.targets() & (kAny | kText)) != 0;
  return wanted;
}

}  // namespace

Engine::Engine() : state_(std::make_unique<State>()) {}
Engine::~Engine() = default;

std::unique_ptr<Engine> Engine::Create(const rules::compile::CompiledRules* rules,
                                       const signatures::Database* database,
                                       EngineOptions options) {
  std::unique_ptr<ObjectMatcher> matcher;
  if (rules != nullptr) {
    matcher = std::make_unique<RuleMatcher>(*rules);
  }
  return CreateWithMatcher(std::move(matcher), database, std::move(options));
}

std::unique_ptr<Engine> Engine::CreateWithMatcher(std::unique_ptr<ObjectMatcher> matcher,
                                                  const signatures::Database* database,
                                                  EngineOptions options) {
  std::unique_ptr<Engine> engine(new Engine());
  engine->state_->matcher = std::move(matcher);
  if (database != nullptr && database->count() > 0) {
    engine->state_->hashes = std::make_unique<HashMatcher>(*database);
  }
  if (database != nullptr && !database->near_lines().empty()) {
    engine->state_->near = std::make_unique<NearMatcher>(*database);
  }
  if (database != nullptr) {
    auto metadata = std::make_unique<signatures::metadata::MetadataMatcher>(database->lists());
    engine->state_->metadata = metadata->empty() ? nullptr : std::move(metadata);
    engine->state_->ignored_rules = IgnoredRules(database->lists());
    auto types = std::make_unique<signatures::filetypes::FileTypeTable>(database->lists());
    engine->state_->file_types = types->empty() ? nullptr : std::move(types);
    auto certificates = std::make_unique<CertificateMatcher>(database->lists());
    engine->state_->certificates = certificates->empty() ? nullptr : std::move(certificates);
    engine->state_->zip_passwords = ZipPasswords(database->lists());
    engine->state_->rar_passwords = RarPasswords(database->lists());
  }
  if (options.body != nullptr) {
    engine->state_->icons = std::make_unique<signatures::icons::IconTable>(
        database != nullptr ? database->lists() : std::string_view());
    engine->state_->bodies =
        std::make_unique<BodySignatureMatcher>(*options.body, engine->state_->icons.get());
    engine->state_->wanted = WantedBy(*options.body);
  }
  engine->state_->wanted.links =
      engine->state_->matcher != nullptr || engine->state_->bodies != nullptr;
  engine->state_->options = std::move(options);
  const HeuristicOptions& heuristics = engine->state_->options.heuristics;
  engine->state_->wanted.alerts =
      heuristics.deceptive || heuristics.crossing_partitions || heuristics.exceeded_limits;
  engine->state_->links =
      LinkMatcher::Create(database != nullptr ? database->lists() : std::string_view(),
                          engine->state_->options.heuristics);
  return engine;
}

Report Engine::ScanFile(base::Bytes data, std::string_view name, const base::BudgetLimits& limits,
                        std::string_view owner, const Volumes& volumes) {
  Report report = FileScan(*state_, data, name, limits, owner, volumes).Run();
  std::uint64_t kept = 0;
  for (unpack::inflate::OutputBuffer& buffer : state_->buffers) {
    kept += buffer.capacity();
    if (kept > state_->options.arena_keep_bytes_max) {
      kept -= buffer.capacity();
      buffer.Release();
    }
  }
  return report;
}

}  // namespace day::engine
