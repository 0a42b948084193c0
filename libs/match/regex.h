// YARA's regular expressions and hex strings: parsing, and searching a text with `matches`.
//
// Syntax and limits follow YARA 4.5.8 (libyara/re_lexer.l, re_grammar.y, hex_grammar.y as
// documented in the YARA manual, "Hexadecimal strings" and "Regular expressions"). Parsing is
// iterative, bounded by kRegexSourceMax, and never fails other than with an error that says where.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "libs/base/bytes.h"
#include "libs/base/result.h"
#include "libs/match/pattern.h"

namespace day::match {

inline constexpr std::size_t kRegexSourceMax = 8191;

// Something a rule author should know that is not an error; offset is into the parsed source.
struct ParseWarning {
  enum class Code : std::uint8_t {
    kUnknownEscape,  // "unknown escape sequence" (only reported by YARA with --strict-escape)
    kSlowPattern,    // "consecutive jumps", "too many alternatives", unbounded repeats of any byte
  };
  Code code;
  std::string message;  // YARA's wording
  std::uint64_t offset;
};

struct RegexFlags {
  bool no_case = false;  // /i
  bool dot_all = false;  // /s
  // Lazy and greedy quantifiers in one expression: an error in strings, allowed by YARA in
  // conditions
  // (`matches`), where only whether there is a match can be seen.
  bool allow_mixed_greed = false;
};

// Groups and alternatives nested deeper than this are refused (kLimit).
inline constexpr std::uint32_t kNestingMax = 200;

// Parses the text between the slashes (with "\/" still escaped). Errors: kMalformed with YARA's
// message text and the offset; kLimit.
base::Result<RegexTree> ParseRegex(std::string_view source, RegexFlags flags,
                                   std::vector<ParseWarning>* warnings);

// Parses the text between the braces of a hex string, comments and newlines included.
base::Result<RegexTree> ParseHex(std::string_view source, std::vector<ParseWarning>* warnings);

// A compiled expression for `matches` and for functions that take a regex. Flat like PatternView's
// code; immutable; thread-safe with a scratch a thread (kept inside, so not: one a thread).
class Regex {
 public:
  static base::Result<std::vector<std::uint64_t>> Compile(const RegexTree& tree);
  // REQUIRES: code made by Compile(), outliving the Regex.
  explicit Regex(std::span<const std::uint64_t> code) : code_(code) {}
  // The length of the match at the first offset that has one (longest if greedy, shortest
  // otherwise; 0 for an empty match), or -1. ^ and $ mean the subject's ends. Time is linear in
  // subject x states.
  std::int64_t Search(base::Bytes subject) const;

 private:
  std::span<const std::uint64_t> code_;
};

}  // namespace day::match
