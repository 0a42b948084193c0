// RuleMatcher: the ObjectMatcher over compiled rules.
//
// External variables called filename, filepath, extension, filetype and owner are set for each
// object if the rules declare them as strings; all others keep the values they were compiled with.
// Names and severities come from metadata (naming.h); private strings are no evidence. Not
// thread-safe: it owns one Scanner.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "libs/engine/naming.h"
#include "libs/engine/object_matcher.h"
#include "libs/rules/compile/compiled_rules.h"
#include "libs/rules/scan/scanner.h"

namespace day::engine {

// Bytes of a match that a report shows.
inline constexpr std::size_t kMatchDataBytesMax = 512;

class RuleMatcher final : public ObjectMatcher {
 public:
  // REQUIRES: `rules` outlives the matcher.
  explicit RuleMatcher(const rules::compile::CompiledRules& rules);

  MatchOutcome Match(base::Bytes data, const ObjectFacts& facts, const MatchLimits& limits,
                     std::vector<Finding>& findings) override;

 private:
  using Fact = std::string_view ObjectFacts::*;
  struct External {
    std::string identifier;
    Fact fact;
  };

  Finding MakeFinding(std::uint32_t rule, base::Bytes data, const MatchLimits& limits);

  const rules::compile::CompiledRules& rules_;
  std::unique_ptr<rules::scan::Scanner> scanner_;
  std::vector<External> externals_;
};

}  // namespace day::engine
