// Why a rule did or did not match a file: its condition as a tree with the value of every part.
//
//   Explanation why = Explain(scanner, rule, data, {});
//   Print(why.condition, 0);   // recursively: text, value, decisive
//
// A slow path for people: it scans the file, then evaluates every node of one condition, also those
// that the scan skipped. Loops show their first kExplainedIterationsMax iterations.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "libs/base/bytes.h"
#include "libs/rules/scan/scanner.h"

namespace day::rules::scan {

inline constexpr std::size_t kExplainedIterationsMax = 16;
inline constexpr std::size_t kExplainedMatchesMax = 8;
// Nodes of a tree; beyond this, parts are shown without their own parts.
inline constexpr std::size_t kExplainedNodesMax = 10'000;

struct ExplainedNode {
  enum class Result : std::uint8_t { kFalse, kTrue, kUndefined };

  std::string text;   // the expression, as YARA text
  std::string label;  // of an iteration: "$a1", "v0 = 3"; else empty
  std::string value;  // "true", "false", "undefined", a number, a quoted text
  Result result = Result::kUndefined;
  // This part alone decides the value of the one around it: the first false operand of an `and`.
  bool decisive = false;
  std::uint32_t line = 0;  // in the rule's file
  std::uint32_t column = 0;
  std::vector<ExplainedNode> parts;
};

struct ExplainedString {
  std::string identifier;
  std::uint64_t match_count = 0;
  std::vector<match::Match> first_matches;  // at most kExplainedMatchesMax
};

struct Explanation {
  std::string rule;
  bool condition_true = false;
  // It is reported: the condition is true, and so are the global rules of its namespace.
  bool matches = false;
  bool timed_out = false;
  // Global rules of the namespace that are false.
  std::vector<std::string> failed_globals;
  std::vector<ExplainedString> strings;
  ExplainedNode condition;
};

// REQUIRES: rule < rule_count. Ends the use of the scanner's last results.
Explanation Explain(Scanner& scanner, std::uint32_t rule, base::Bytes data,
                    const ScanOptions& options);

}  // namespace day::rules::scan
