// Scans one file at a time with compiled rules. The findings are those of libyara 4.5.8.
//
//   auto scanner = Scanner::Create(rules);
//   ScanOutcome outcome = scanner->Scan(data, {});
//   for (std::uint32_t rule : scanner->matching_rules()) { ... scanner->MatchesOf(string) ... }
//
// Thread safety: a Scanner belongs to one thread; any number may share one CompiledRules.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "libs/base/bytes.h"
#include "libs/base/result.h"
#include "libs/match/pattern.h"
#include "libs/rules/compile/compiled_rules.h"

namespace day::rules::scan {

struct ScanOptions {
  // Stop after this many matching rules (yara -l); 0: no limit.
  std::uint64_t rule_matches_max = 0;
  // Stop after this much processor time; 0: never. Checked between steps of bounded length.
  std::uint64_t timeout_ms = 0;
  // Content for modules (yara -x), by module name.
  std::map<std::string, base::Bytes, std::less<>> module_data;
  // Where console.log writes; may be empty.
  std::function<void(std::string_view)> console;
};

// How the scan of one file ended; never a verdict.
struct ScanOutcome {
  bool timed_out = false;
  // Strings (global indices) with more matches than match::kMatchesMax: the rest was dropped.
  std::vector<std::uint32_t> too_many_matches;
};

class Scanner {
 public:
  static std::unique_ptr<Scanner> Create(const compile::CompiledRules& rules);
  ~Scanner();

  // Sets an external variable for the next scans (filename, extension, ...). The type must be that
  // of the declaration. Errors: kNotFound, kInvalidUse.
  base::Status SetExternal(std::string_view identifier,
                           const std::variant<std::int64_t, double, bool, std::string>& value);

  // REQUIRES: data stays unchanged until the next Scan() or the last use of the results below.
  ScanOutcome Scan(base::Bytes data, const ScanOptions& options);

  // Public rules that match, in order of definition; valid until the next Scan().
  std::span<const std::uint32_t> matching_rules() const;
  // Public rules that do not match (yara -n), in order of definition.
  std::vector<std::uint32_t> rules_not_matching() const;
  // All matches of a string (global index), searched now if the conditions did not need them.
  std::span<const match::Match> MatchesOf(std::uint32_t string);

  // For explain.h and cost.h.
  struct State;
  State& state() { return *state_; }

 private:
  Scanner();
  std::unique_ptr<State> state_;
};

}  // namespace day::rules::scan
