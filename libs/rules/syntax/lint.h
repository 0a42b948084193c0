// Advice on rules that compile: what is probably a mistake, a cost or a trap.
//
// Each finding is a Diagnostic of severity kAdvice whose `check` names the check:
//   never-true            the condition, or a part of it that must hold, cannot be true
//   contradictory-guards  two comparisons that must both hold exclude each other
//   duplicate-string      the same pattern twice in one rule
//   duplicate-rule        the same patterns and condition as an earlier rule
//   unescaped-dot         a "." in what looks like a domain name matches any byte
//   short-string          a text of fewer than 4 bytes without fullword
//   no-size-guard         hashes or statistics of the file without a bound of filesize
//   yara-x-only           a statement that YARA 4.x refuses
//   self-reference        a rule that asks for itself, which is always false
//
// Time is linear in the rule set. Thread-safe: no state.
#pragma once

#include <vector>

#include "libs/rules/syntax/diagnostic.h"
#include "libs/rules/syntax/ruleset.h"

namespace day::rules::syntax {

std::vector<Diagnostic> Lint(const RuleSet& rules);

}  // namespace day::rules::syntax
