// What the front end has to say about rule text: errors, warnings and advice.
//
// Codes are named after YARA's (kDuplicatedIdentifier is ERROR_DUPLICATED_IDENTIFIER) and messages
// of errors and warnings are YARA 4.5.8's own words, so that tools that read them keep working.
// Spans, what was expected and hints are ours. Two renderers: one for people, one that prints
// YARA's line.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "libs/rules/syntax/ruleset.h"

namespace day::rules::syntax {

enum class Severity : std::uint8_t { kError, kWarning, kAdvice };

enum class Code : std::uint8_t {
  kNoCode,
  kInvalidRegularExpression,
  kInvalidHexString,
  kSyntaxError,
  kLoopNestingLimitExceeded,
  kDuplicatedLoopIdentifier,
  kDuplicatedIdentifier,
  kDuplicatedTagIdentifier,
  kDuplicatedStringIdentifier,
  kUnreferencedString,
  kUndefinedString,
  kUndefinedIdentifier,
  kMisplacedAnonymousString,
  kIncludesCircularReference,
  kIncludeDepthExceeded,
  kWrongType,
  kNestedForOfLoop,
  kInvalidFieldName,
  kUnknownModule,
  kNotAStructure,
  kNotIndexable,
  kNotAFunction,
  kTooManyArguments,
  kWrongArguments,
  kEmptyString,
  kDivisionByZero,
  kRegularExpressionTooLarge,
  kRegularExpressionTooComplex,
  kInvalidModuleName,
  kTooManyStrings,
  kIntegerOverflow,
  kInvalidOperand,
  kDuplicatedExternalVariable,
  kInvalidModifier,
  kDuplicatedModifier,
  kInvalidPercentage,
  kIdentifierMatchesWildcard,
  kInvalidValue,
  // Ours: something YARA would accept but that a named limit of this library refuses.
  kLimitExceeded,
  // Warnings and advice.
  kWarning,
  kLint,
};

// "ERROR_DUPLICATED_IDENTIFIER"; empty for codes that YARA does not have.
std::string_view CodeName(Code code);

struct Diagnostic {
  Severity severity = Severity::kError;
  Code code = Code::kNoCode;
  std::string message = {};     // YARA's words
  Span span = {};               // the offending text
  std::string expected = {};    // "expecting" in plain words, or empty
  std::string hint = {};        // what to do about it, or empty
  std::string rule = {};        // the rule that YARA names, or empty
  std::uint32_t yara_line = 0;  // the line that YARA prints, which is not always span.line
  bool printed_by_yara = true;  // false for what only we say
  std::string check = {};       // lint checks: its name, such as "duplicate-string"
};

using SourceFiles = std::vector<std::shared_ptr<const SourceFile>>;

// Which of YARA's programs: they print errors outside a rule differently.
enum class YaraProgram : std::uint8_t { kYara, kYarac };

// `error: rule "x" in f.yar(3): undefined identifier "y"`, with a line end.
std::string RenderLikeYara(const Diagnostic& diagnostic, std::string_view path,
                           YaraProgram program = YaraProgram::kYara);

// Several lines: position, message, the source line, a caret under the span, expectation, hint.
// `text` is the content of the file that the span points into.
std::string Render(const Diagnostic& diagnostic, std::string_view path, std::string_view text);

// The candidate nearest to `word` by edit distance, if near enough to be meant; else empty.
std::string_view Nearest(std::string_view word, const std::vector<std::string_view>& candidates);

}  // namespace day::rules::syntax
