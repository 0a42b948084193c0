// Scans one file at a time: identify, match, hash, descend into containers, judge.
//
//   auto engine = Engine::Create(rules.get(), &database, {});
//   Report report = engine->ScanFile(bytes, "/srv/in/invoice.zip", base::BudgetLimits{});
//   // report.verdict: was anything found; report.completeness: was everything looked at.
//
// Every object (the file itself and whatever is opened inside it) is matched against all rules and,
// if a hash signature of its size exists, hashed. One base::Budget pays for the whole file, however
// deep its containers nest; what was not looked at is a Gap with its reason, never silence. Nested
// paths are joined by "//": "inner.tar//a.exe" in Finding::inner_path and Gap::inner_path; the file
// itself is "".
//
// Reasons of gaps (stable words, for scripts): "encrypted", "unsupported: METHOD", "damaged: WHAT",
// "limit NAME" (a base::LimitName, "findings_max", "gaps_max" or one of a decoder's own),
// "timeout".
//
// Findings of how a file is made (heuristics.h) come last. A finding in an object is dropped if
// that object, or a container that holds it, is listed in a .fp or .sfp file of the database.
//
// Memory: beyond the caller's bytes, at most BudgetLimits::bytes_out_max for decompressed objects
// at once; buffers up to EngineOptions::arena_keep_bytes_max stay allocated between files. Thread
// safety: an Engine belongs to one thread; any number may share rules and database.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string_view>

#include "libs/base/budget.h"
#include "libs/base/bytes.h"
#include "libs/engine/heuristics.h"
#include "libs/engine/object_matcher.h"
#include "libs/engine/report.h"

namespace day::rules::compile {
class CompiledRules;
}
namespace day::signatures {
class Database;
}
namespace day::signatures::clamav {
class BodyDatabase;
}

namespace day::engine {

struct EngineOptions {
  std::uint32_t matches_per_finding_max = 10;  // string matches kept as evidence
  std::uint32_t findings_max = 1000;           // findings kept for one file
  std::uint32_t gaps_max = 1000;               // gaps kept for one file; the last one says so
  std::uint64_t timeout_ms = 0;                // wall clock for one file; 0: none
  std::uint64_t arena_keep_bytes_max = 64ull * 1024 * 1024;
  // Body signatures; null: none. REQUIRES: outlives the engine.
  const signatures::clamav::BodyDatabase* body = nullptr;
  HeuristicOptions heuristics;
  // The signatures are a release that was verified: none of them is called unofficial (naming.h).
  bool official_signatures = false;
  // Milliseconds of a monotonic clock; empty: the system's. A test may pass its own.
  std::function<std::uint64_t()> now_ms;
};

// What else there is of a file that is one volume of an archive. Views outlive the scan.
struct Volumes {
  base::Bytes joined;                     // all of them, one after the other; empty: no archive
  std::span<const std::uint64_t> starts;  // of each in `joined`, ascending
  bool is_left_to_another = false;        // what the archive lacks is told of another volume
};

class Engine {
 public:
  // Either pointer may be null: no rules, no signatures. REQUIRES: both outlive the engine.
  static std::unique_ptr<Engine> Create(const rules::compile::CompiledRules* rules,
                                        const signatures::Database* database,
                                        EngineOptions options);
  // The same with another matcher (tests, fuzzing); null: no rules.
  static std::unique_ptr<Engine> CreateWithMatcher(std::unique_ptr<ObjectMatcher> matcher,
                                                   const signatures::Database* database,
                                                   EngineOptions options);
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  // Never fails: whatever goes wrong with the file is a gap in the report. `name` is the path that
  // external variables see; `owner` the name of the file's owner, if known. A volume of an archive
  // is looked at as the file it is, but for what it lacks, and then the whole archive, whose
  // contents have the paths that they would have in an archive of one file. REQUIRES: `data` stays
  // mapped and unchanged during the call.
  Report ScanFile(base::Bytes data, std::string_view name, const base::BudgetLimits& limits,
                  std::string_view owner = {}, const Volumes& volumes = {});

  struct State;

 private:
  Engine();
  std::unique_ptr<State> state_;
};

}  // namespace day::engine
