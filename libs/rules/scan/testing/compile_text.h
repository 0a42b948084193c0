// Rule text to compiled rules in one step, and the comparison of Scanner with its slow twin.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "libs/rules/compile/compiled_rules.h"
#include "libs/rules/scan/scanner.h"
#include "libs/rules/syntax/ruleset.h"

namespace day::rules::scan::testing {

class CompiledText {
 public:
  // Null if the text has an error (then in *error, if given) or cannot be compiled.
  static std::unique_ptr<CompiledText> Make(const std::string& text,
                                            const module::Registry& registry,
                                            std::string* error = nullptr);

  const syntax::RuleSet& ruleset() const { return ruleset_; }
  const compile::CompiledRules& rules() const { return *rules_; }
  const std::string& blob() const { return blob_; }

 private:
  syntax::RuleSet ruleset_;
  std::string blob_;
  std::vector<std::uint64_t> storage_;
  std::unique_ptr<compile::CompiledRules> rules_;
};

// Scans with both and says in words what differs: empty if nothing does.
std::string Difference(const CompiledText& rules, Scanner& scanner, const std::string& file);

}  // namespace day::rules::scan::testing
