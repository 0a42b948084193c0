#include "libs/rules/syntax/diagnostic.h"

#include <algorithm>

namespace day::rules::syntax {
namespace {

constexpr std::size_t kNearestWordMax = 64;
constexpr std::size_t kNearestCandidatesMax = 5000;
constexpr std::size_t kSourceLineMax = 160;  // shown of a source line
constexpr std::size_t kYaraMessageMax = 511;

// Levenshtein distance, given up (limit + 1) once it must exceed `limit`.
std::size_t EditDistance(std::string_view a, std::string_view b, std::size_t limit) {
  if ((a.size() > b.size() ? a.size() - b.size() : b.size() - a.size()) > limit) {
    return limit + 1;
  }
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) {
    row[j] = j;
  }
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t above = row[j];
      const std::size_t change = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({above + 1, row[j - 1] + 1, change});
      diagonal = above;
    }
  }
  return row[b.size()];
}

std::string_view SeverityName(Severity severity) {
  switch (severity) {
    case Severity::kError:
      return "error";
    case Severity::kWarning:
      return "warning";
    case Severity::kAdvice:
      return "advice";
  }
  return "error";
}

// The source line around a span, cut to a readable length, and the caret line below it.
std::string Excerpt(const Span& span, std::string_view text) {
  const std::size_t begin = std::min<std::size_t>(span.begin_offset, text.size());
  std::size_t line_begin = text.rfind('\n', begin == 0 ? 0 : begin - 1);
  line_begin = line_begin == std::string_view::npos || begin == 0 ? 0 : line_begin + 1;
  if (begin > 0 && text[begin - 1] == '\n') {
    line_begin = begin;
  }
  std::size_t line_end = std::min(text.find('\n', begin), text.size());
  if (line_end > line_begin && text[line_end - 1] == '\r') {
    --line_end;
  }
  const std::size_t show_begin =
      begin - line_begin > kSourceLineMax / 2 ? begin - kSourceLineMax / 2 : line_begin;
  const std::size_t show_end = std::min(std::max(line_end, begin), show_begin + kSourceLineMax);
  std::string line;
  for (const char c : text.substr(show_begin, show_end - show_begin)) {
    line += c == '\t' || (c >= 0 && c < 32) || c == 127 ? ' ' : c;
  }
  const std::size_t marks_max = show_end > begin ? show_end - begin : 1;
  const std::size_t length = span.end_offset > begin ? span.end_offset - begin : 1;
  const std::string number = std::to_string(span.line);
  std::string out = " " + number + " | " + line + "\n";
  out += std::string(number.size() + 2, ' ') + "| " + std::string(begin - show_begin, ' ') + "^" +
         std::string(std::min(length, marks_max) - 1, '~') + "\n";
  return out;
}

}  // namespace

// A dispatch table: one line a code.
std::string_view CodeName(Code code) {
  switch (code) {
    case Code::kInvalidRegularExpression:
      return "ERROR_INVALID_REGULAR_EXPRESSION";
    case Code::kInvalidHexString:
      return "ERROR_INVALID_HEX_STRING";
    case Code::kSyntaxError:
      return "ERROR_SYNTAX_ERROR";
    case Code::kLoopNestingLimitExceeded:
      return "ERROR_LOOP_NESTING_LIMIT_EXCEEDED";
    case Code::kDuplicatedLoopIdentifier:
      return "ERROR_DUPLICATED_LOOP_IDENTIFIER";
    case Code::kDuplicatedIdentifier:
      return "ERROR_DUPLICATED_IDENTIFIER";
    case Code::kDuplicatedTagIdentifier:
      return "ERROR_DUPLICATED_TAG_IDENTIFIER";
    case Code::kDuplicatedStringIdentifier:
      return "ERROR_DUPLICATED_STRING_IDENTIFIER";
    case Code::kUnreferencedString:
      return "ERROR_UNREFERENCED_STRING";
    case Code::kUndefinedString:
      return "ERROR_UNDEFINED_STRING";
    case Code::kUndefinedIdentifier:
      return "ERROR_UNDEFINED_IDENTIFIER";
    case Code::kMisplacedAnonymousString:
      return "ERROR_MISPLACED_ANONYMOUS_STRING";
    case Code::kIncludesCircularReference:
      return "ERROR_INCLUDES_CIRCULAR_REFERENCE";
    case Code::kIncludeDepthExceeded:
      return "ERROR_INCLUDE_DEPTH_EXCEEDED";
    case Code::kWrongType:
      return "ERROR_WRONG_TYPE";
    case Code::kNestedForOfLoop:
      return "ERROR_NESTED_FOR_OF_LOOP";
    case Code::kInvalidFieldName:
      return "ERROR_INVALID_FIELD_NAME";
    case Code::kUnknownModule:
      return "ERROR_UNKNOWN_MODULE";
    case Code::kNotAStructure:
      return "ERROR_NOT_A_STRUCTURE";
    case Code::kNotIndexable:
      return "ERROR_NOT_INDEXABLE";
    case Code::kNotAFunction:
      return "ERROR_NOT_A_FUNCTION";
    case Code::kTooManyArguments:
      return "ERROR_TOO_MANY_ARGUMENTS";
    case Code::kWrongArguments:
      return "ERROR_WRONG_ARGUMENTS";
    case Code::kEmptyString:
      return "ERROR_EMPTY_STRING";
    case Code::kDivisionByZero:
      return "ERROR_DIVISION_BY_ZERO";
    case Code::kRegularExpressionTooLarge:
      return "ERROR_REGULAR_EXPRESSION_TOO_LARGE";
    case Code::kRegularExpressionTooComplex:
      return "ERROR_REGULAR_EXPRESSION_TOO_COMPLEX";
    case Code::kInvalidModuleName:
      return "ERROR_INVALID_MODULE_NAME";
    case Code::kTooManyStrings:
      return "ERROR_TOO_MANY_STRINGS";
    case Code::kIntegerOverflow:
      return "ERROR_INTEGER_OVERFLOW";
    case Code::kInvalidOperand:
      return "ERROR_INVALID_OPERAND";
    case Code::kDuplicatedExternalVariable:
      return "ERROR_DUPLICATED_EXTERNAL_VARIABLE";
    case Code::kInvalidModifier:
      return "ERROR_INVALID_MODIFIER";
    case Code::kDuplicatedModifier:
      return "ERROR_DUPLICATED_MODIFIER";
    case Code::kInvalidPercentage:
      return "ERROR_INVALID_PERCENTAGE";
    case Code::kIdentifierMatchesWildcard:
      return "ERROR_IDENTIFIER_MATCHES_WILDCARD";
    case Code::kInvalidValue:
      return "ERROR_INVALID_VALUE";
    case Code::kNoCode:
    case Code::kLimitExceeded:
    case Code::kWarning:
    case Code::kLint:
      break;
  }
  return {};
}

std::string_view Nearest(std::string_view word, const std::vector<std::string_view>& candidates) {
  std::string_view best;
  if (word.size() > kNearestWordMax || candidates.size() > kNearestCandidatesMax) {
    return best;
  }
  std::size_t limit = std::max<std::size_t>(1, word.size() / 3) + 1;
  for (const std::string_view candidate : candidates) {
    if (candidate == word || candidate.size() > kNearestWordMax) {
      continue;
    }
    const std::size_t distance = EditDistance(word, candidate, limit - 1);
    if (distance < limit) {
      limit = distance;
      best = candidate;
    }
    if (limit <= 1) {
      break;
    }
  }
  return best;
}

std::string RenderLikeYara(const Diagnostic& diagnostic, std::string_view path,
                           YaraProgram program) {
  const std::string type(diagnostic.severity == Severity::kError ? "error" : "warning");
  const std::string where = std::string(path) + "(" + std::to_string(diagnostic.yara_line) + ")";
  const std::string message = diagnostic.message.substr(0, kYaraMessageMax) + "\n";
  if (!diagnostic.rule.empty()) {
    return type + ": rule \"" + diagnostic.rule + "\" in " + where + ": " + message;
  }
  if (program == YaraProgram::kYara) {
    return where + ": " + type + ": " + message;
  }
  return type + ": " + where + ": " + message;
}

std::string Render(const Diagnostic& diagnostic, std::string_view path, std::string_view text) {
  std::string out(path);
  if (diagnostic.span.line > 0) {
    out +=
        ":" + std::to_string(diagnostic.span.line) + ":" + std::to_string(diagnostic.span.column);
  }
  out += ": ";
  out += SeverityName(diagnostic.severity);
  out += ": ";
  out += diagnostic.message.empty() ? diagnostic.hint : diagnostic.message;
  if (!diagnostic.rule.empty()) {
    out += " (in rule \"" + diagnostic.rule + "\")";
  }
  if (!diagnostic.check.empty()) {
    out += " [" + diagnostic.check + "]";
  }
  out += "\n";
  if (diagnostic.span.line > 0) {
    out += Excerpt(diagnostic.span, text);
  }
  if (!diagnostic.expected.empty() &&
      diagnostic.message.find(", expecting ") == std::string::npos) {
    out += "   = expected: " + diagnostic.expected + "\n";
  }
  if (!diagnostic.hint.empty() && !diagnostic.message.empty()) {
    out += "   = hint: " + diagnostic.hint + "\n";
  }
  return out;
}

}  // namespace day::rules::syntax
