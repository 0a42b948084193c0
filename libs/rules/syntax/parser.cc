#include "libs/rules/syntax/parser.h"

#include <algorithm>

namespace day::rules::syntax {
namespace {

constexpr std::uint32_t kPrivateFlag = 1;
constexpr std::uint32_t kGlobalFlag = 2;
constexpr int kRecoveryTokens = 3;  // bison's

// The path of an included file: relative to the directory of the file that includes it.
std::string ResolvePath(std::string_view including, std::string_view included) {
  const std::size_t slash = including.rfind('/');
  if (included.substr(0, 1) == "/" || slash == std::string_view::npos) {
    return std::string(included);
  }
  return std::string(including.substr(0, slash + 1)) + std::string(included);
}

}  // namespace

Parser::Parser(Compilation& compilation, std::uint32_t name_space, std::uint32_t file)
    : c_(compilation), scope_(name_space) {
  sources_.push_back({Lexer(c_.files[file]->text), file});
  file_names_.push_back(file);
}

void Parser::Run() {
  while (!aborted_) {
    switch (Peek().kind) {
      case TokenKind::kEndOfFile:
        return;
      case TokenKind::kEndOfInclude:
        Take();
        if (file_names_.size() > 1) {
          file_names_.pop_back();
        }
        break;
      case TokenKind::kImport:
        (void)ParseImport();
        break;
      case TokenKind::kRule:
      case TokenKind::kPrivate:
      case TokenKind::kGlobal:
        (void)ParseRule();
        break;
      default:
        (void)SyntaxError({});
    }
  }
}

const Token& Parser::Peek() {
  if (!has_token_) {
    token_ = Fetch();
    has_token_ = true;
  }
  return token_;
}

Token Parser::Take() {
  Peek();
  has_token_ = false;
  if (recovery_ > 0) {
    --recovery_;
  }
  return token_;
}

Token Parser::Fetch() {
  while (true) {
    Source& source = sources_.back();
    if (terminated_) {
      Token end = token_;
      end.kind = TokenKind::kEndOfFile;
      return end;
    }
    Token token = source.lexer.Next();
    token.file = source.file;
    yara_line_ = token.end_line;
    if (token.kind == TokenKind::kInclude) {
      OpenInclude(token);
      continue;
    }
    if (token.kind == TokenKind::kInvalid) {
      token_ = token;
      ReportLexError(token);
      terminated_ = true;
      continue;
    }
    if (token.kind == TokenKind::kEndOfFile) {
      yara_line_ = 0;  // YARA has no line once its last buffer is gone
      if (sources_.size() > 1) {
        sources_.pop_back();
        token.kind = TokenKind::kEndOfInclude;
        Lexer rest = sources_.back().lexer;
        yara_line_ = rest.NextRaw().line;
      }
    }
    return token;
  }
}

// The token after the next one, without what reading it means for lines and includes.
Token Parser::PeekSecond() {
  Peek();
  Lexer ahead = sources_.back().lexer;
  Token token = ahead.Next();
  token.file = sources_.back().file;
  return token;
}

void Parser::OpenInclude(const Token& token) {
  const std::string_view text = TextOf(token);
  const std::size_t quote = text.find('"');
  const std::string name(text.substr(quote + 1, text.size() - quote - 2));
  const auto fail = [&](Code code, std::string message) {
    AddDiagnostic({.code = code, .message = std::move(message), .span = SpanOf(token)});
  };
  if (!c_.options.include_loader) {
    return fail(Code::kSyntaxError, "includes are disabled");
  }
  const std::string path = ResolvePath(c_.files[file_names_.back()]->path, name);
  if (c_.include_count >= kIncludesMax) {
    terminated_ = true;
    return fail(Code::kLimitExceeded, "too many includes");
  }
  ++c_.include_count;
  std::optional<std::string> included = c_.options.include_loader(path);
  if (!included) {
    return fail(Code::kSyntaxError, "can't open include file: " + name);
  }
  for (const std::uint32_t file : file_names_) {
    if (c_.files[file]->path == path) {
      terminated_ = true;
      token_ = token;
      return fail(Code::kIncludesCircularReference, "includes circular reference");
    }
  }
  if (file_names_.size() >= kIncludeDepthMax) {
    terminated_ = true;
    token_ = token;
    return fail(Code::kIncludeDepthExceeded, "includes depth exceeded");
  }
  const std::optional<std::uint32_t> file = c_.AddSource(path, std::move(*included));
  if (!file) {
    terminated_ = true;
    token_ = token;
    return fail(Code::kLimitExceeded, "too much rule text");
  }
  file_names_.push_back(*file);
  sources_.push_back({Lexer(c_.files[*file]->text), *file});
}

void Parser::ReportLexError(const Token& token) {
  Code code = Code::kSyntaxError;
  std::string message;
  std::string hint;
  switch (token.error) {
    case LexError::kNonAscii:
      message = "non-ascii character";
      hint = "outside text strings and comments only plain ASCII may stand";
      break;
    case LexError::kUnterminatedString:
      message = "unterminated string";
      hint = "a text string ends on the line where it begins; write \\n for a line end";
      break;
    case LexError::kIllegalEscape:
      message = "illegal escape sequence";
      hint = "known escapes are \\\" \\\\ \\t \\n \\r and \\xNN";
      break;
    case LexError::kUnterminatedRegex:
      message = "unterminated regular expression";
      hint = "YARA divides with \\ ; a / begins a regular expression";
      break;
    case LexError::kEmptyRegex:
      message = "empty regular expression";
      break;
    case LexError::kMalformedRegex:
      message = "malformed regular expression";
      break;
    case LexError::kIdentifierTooLong:
      message = "identifier too long";
      hint = "an identifier has at most 128 characters";
      break;
    case LexError::kIntegerOverflow:
      code = Code::kIntegerOverflow;
      message = "integer overflow in \"" + std::string(TextOf(token)) + "\"";
      hint = "the largest integer is 0x7FFFFFFFFFFFFFFF";
      break;
    case LexError::kLiteralTooLong:
    case LexError::kNoError:
      message = "out of space in lex_buf";
      hint = "a literal has at most 8190 bytes";
      break;
  }
  AddDiagnostic({.code = code, .message = message, .span = SpanOf(token), .hint = hint});
}

bool Parser::Expect(TokenKind kind, std::string_view expected, Token* taken) {
  if (Peek().kind != kind) {
    return SyntaxError(expected);
  }
  const Token token = Take();
  if (taken != nullptr) {
    *taken = token;
  }
  return true;
}

std::string_view Parser::TextOf(const Token& token) const {
  return std::string_view(c_.files[token.file]->text).substr(token.begin, token.end - token.begin);
}

void Parser::AddDiagnostic(Diagnostic diagnostic) {
  diagnostic.rule = rule_name_;
  diagnostic.yara_line = YaraLine();
  // YARA names the file on top of its stack, which is where the token is but for the end of an
  // include.
  if (diagnostic.severity == Severity::kError) {
    current_line_ = 0;
    const std::size_t quote = diagnostic.message.find('"');
    const bool whole =
        diagnostic.code == Code::kSyntaxError || diagnostic.code == Code::kWrongType ||
        diagnostic.code == Code::kInvalidModifier || diagnostic.code == Code::kInvalidPercentage ||
        diagnostic.code == Code::kInvalidHexString ||
        diagnostic.code == Code::kInvalidRegularExpression;
    if (whole) {
      c_.last_extra = diagnostic.message;
    } else if (quote != std::string::npos) {
      c_.last_extra =
          diagnostic.message.substr(quote + 1, diagnostic.message.rfind('"') - quote - 1);
    }
  }
  c_.Report(std::move(diagnostic));
}

bool Parser::Fail(Code code, std::string message, const Span& span, std::string hint) {
  AddDiagnostic(
      {.code = code, .message = std::move(message), .span = span, .hint = std::move(hint)});
  recovery_ = kRecoveryTokens;
  return false;
}

bool Parser::FailLimit(std::string_view what, const Span& span) {
  return Fail(Code::kLimitExceeded, std::string(what), span);
}

void Parser::Warn(std::string message, const Span& span, std::string hint) {
  AddDiagnostic({.severity = Severity::kWarning,
                 .code = Code::kWarning,
                 .message = std::move(message),
                 .span = span,
                 .hint = std::move(hint)});
}

std::string Parser::HintForSyntax(const Token& token, std::string_view expected) const {
  const std::string_view text = TextOf(token);
  if (token.kind == TokenKind::kHexString && expected == "'{'") {
    return "the body of a rule needs at least a condition";
  }
  if (token.kind == TokenKind::kAssign && text == "=") {
    return "to compare write ==";
  }
  if (token.kind == TokenKind::kIdentifier && expected == "<condition>") {
    const std::string_view near =
        Nearest(text, {"condition", "strings", "meta", "wide", "ascii", "nocase", "fullword",
                       "private", "xor", "base64", "base64wide"});
    return near.empty() ? std::string() : "did you mean \"" + std::string(near) + "\"?";
  }
  if (token.kind == TokenKind::kAmpersand || token.kind == TokenKind::kPipe) {
    return "write \"and\" and \"or\" between conditions";
  }
  return {};
}

bool Parser::SyntaxError(std::string_view expected) {
  const Token token = Peek();
  if (recovery_ == 0) {
    std::string message =
        "syntax error, unexpected " + TokenDescription(token, c_.files[token.file]->text);
    if (!expected.empty()) {
      message += ", expecting ";
      message += expected;
    }
    AddDiagnostic({.code = Code::kSyntaxError,
                   .message = std::move(message),
                   .span = SpanOf(token),
                   .expected = std::string(expected),
                   .hint = HintForSyntax(token, expected)});
  } else if (recovery_ == kRecoveryTokens) {
    if (token.kind == TokenKind::kEndOfFile) {
      aborted_ = true;
    }
    has_token_ = false;
  }
  recovery_ = kRecoveryTokens;
  return false;
}

bool Parser::ParseImport() {
  Take();
  Token name;
  if (!Expect(TokenKind::kTextString, "text string", &name)) {
    return false;
  }
  const std::string module_name = DecodeTextString(TextOf(name));
  if (module_name.empty() || module_name.find('\0') != std::string::npos) {
    return Fail(Code::kInvalidModuleName,
                "invalid module name \"" + module_name.substr(0, module_name.find('\0')) + "\"",
                SpanOf(name));
  }
  if (c_.imports.Find(scope_, module_name)) {
    return true;
  }
  const module::Module* module = c_.registry.Find(module_name);
  if (module == nullptr) {
    // YARA has entered the name already: from here on it is a structure without fields.
    c_.imports.Set(scope_, module_name, kUnknownModule);
    std::vector<std::string_view> known;
    for (const module::Module* candidate : c_.registry.modules()) {
      known.push_back(candidate->name());
    }
    const std::string_view near = Nearest(module_name, known);
    return Fail(Code::kUnknownModule, "unknown module \"" + module_name + "\"", SpanOf(name),
                near.empty() ? std::string() : "did you mean \"" + std::string(near) + "\"?");
  }
  c_.imports.Set(scope_, module_name, c_.ModuleIndex(module));
  return true;
}

bool Parser::ParseRule() {
  std::uint32_t flags = 0;
  while (Peek().kind == TokenKind::kPrivate || Peek().kind == TokenKind::kGlobal) {
    flags |= Take().kind == TokenKind::kPrivate ? kPrivateFlag : kGlobalFlag;
  }
  Token name;
  if (!Expect(TokenKind::kRule, "<rule> or <private> or <global>") ||
      !Expect(TokenKind::kIdentifier, "identifier", &name) || !BeginRule(name, flags)) {
    return false;
  }
  if (!ParseTags() || !Expect(TokenKind::kLeftBrace, "'{'") || !ParseMetas() || !ParseStrings() ||
      !Expect(TokenKind::kCondition, "<condition>") || !Expect(TokenKind::kColon, "':'") ||
      !ParseCondition() || !Expect(TokenKind::kRightBrace, "'}'")) {
    in_rule_ = false;
    return false;
  }
  in_rule_ = false;
  return EndRule();
}

bool Parser::BeginRule(const Token& name, std::uint32_t flags) {
  const std::string_view identifier = TextOf(name);
  if (c_.rule_names.Find(scope_, identifier) || c_.external_names.Find(0, identifier)) {
    return Fail(Code::kDuplicatedIdentifier,
                "duplicated identifier \"" + std::string(identifier) + "\"", SpanOf(name));
  }
  for (std::size_t size = c_.wildcards.size() == 0 ? identifier.size() + 1 : 1;
       size <= identifier.size(); ++size) {
    if (c_.wildcards.Find(scope_, identifier.substr(0, size))) {
      return Fail(Code::kIdentifierMatchesWildcard,
                  "rule identifier \"" + std::string(identifier) +
                      "\" matches previously used wildcard rule set",
                  SpanOf(name),
                  "define it before the rule that uses \"" +
                      std::string(identifier.substr(0, size)) + "*\"");
    }
  }
  rule_ = static_cast<std::uint32_t>(c_.rules.rules.size());
  c_.rule_names.Set(scope_, identifier, rule_);
  Rule& rule = c_.rules.rules.emplace_back();
  rule.identifier = identifier;
  rule.name_space = scope_;
  rule.is_private = (flags & kPrivateFlag) != 0;
  rule.is_global = (flags & kGlobalFlag) != 0;
  rule.strings_begin = static_cast<std::uint32_t>(c_.rules.strings.size());
  rule.span = SpanOf(name);
  rule_name_ = identifier;
  in_rule_ = true;
  uses_.clear();
  names_.clear();
  variables_.clear();
  operands_.clear();
  prefixes_.clear();
  nesting_ = 0;
  loop_depth_ = 0;
  next_slot_ = 0;
  in_for_strings_ = false;
  them_set_ = kLoopString;
  current_line_ = 0;
  return true;
}

bool Parser::ParseTags() {
  if (Peek().kind != TokenKind::kColon) {
    return true;
  }
  Take();
  std::vector<std::string>& tags = c_.rules.rules[rule_].tags;
  NameTable seen;
  do {
    Token tag;
    if (!Expect(TokenKind::kIdentifier, "identifier", &tag)) {
      return false;
    }
    if (seen.Find(0, TextOf(tag))) {
      return Fail(Code::kDuplicatedTagIdentifier,
                  "duplicated tag identifier \"" + std::string(TextOf(tag)) + "\"", SpanOf(tag));
    }
    seen.Set(0, TextOf(tag), 0);
    tags.emplace_back(TextOf(tag));
  } while (Peek().kind == TokenKind::kIdentifier);
  return true;
}

bool Parser::ParseMetas() {
  if (Peek().kind != TokenKind::kMeta) {
    return true;
  }
  Take();
  if (!Expect(TokenKind::kColon, "':'")) {
    return false;
  }
  do {
    if (!ParseMeta()) {
      return false;
    }
  } while (Peek().kind == TokenKind::kIdentifier);
  return true;
}

bool Parser::ParseMeta() {
  Token key;
  if (!Expect(TokenKind::kIdentifier, "identifier", &key) || !Expect(TokenKind::kAssign, "'='")) {
    return false;
  }
  MetaEntry entry;
  entry.key = TextOf(key);
  switch (Peek().kind) {
    case TokenKind::kTextString: {
      std::string text = DecodeTextString(TextOf(Take()));
      text.resize(std::min(text.find('\0'), text.size()));  // kept as a C string by YARA
      entry.value = std::move(text);
      break;
    }
    case TokenKind::kInteger:
      entry.value = Take().integer;
      break;
    case TokenKind::kMinus: {
      Take();
      Token number;
      if (!Expect(TokenKind::kInteger, "integer number", &number)) {
        return false;
      }
      entry.value = -number.integer;
      break;
    }
    case TokenKind::kTrue:
    case TokenKind::kFalse:
      entry.value = Take().kind == TokenKind::kTrue;
      break;
    default:
      return SyntaxError({});
  }
  c_.rules.rules[rule_].metas.push_back(std::move(entry));
  return true;
}

bool Parser::EndRule() {
  Rule& rule = c_.rules.rules[rule_];
  rule.strings_count = static_cast<std::uint32_t>(c_.rules.strings.size()) - rule.strings_begin;
  if (!CheckStringsUsed(rule)) {
    return false;
  }
  for (std::uint32_t i = 0; i < rule.strings_count; ++i) {
    const StringUse& use = uses_[i];
    StringDeclaration& string = c_.rules.strings[rule.strings_begin + i];
    if (string.referenced && use.literal && use.fixed && use.has_offset) {
      string.pattern.fixed_offset = static_cast<std::uint64_t>(use.offset);
    }
  }
  rule_name_.clear();
  return true;
}

bool Parser::CheckStringsUsed(const Rule& rule) {
  for (std::uint32_t i = 0; i < rule.strings_count; ++i) {
    const StringDeclaration& string = c_.rules.strings[rule.strings_begin + i];
    const bool may_be_unused = string.identifier.size() > 1 && string.identifier[1] == '_';
    if (!string.referenced && !may_be_unused) {
      return Fail(Code::kUnreferencedString, "unreferenced string \"" + string.identifier + "\"",
                  string.span,
                  string.identifier == "$"
                      ? "anonymous strings are reached through \"them\" or \"$*\""
                      : "use it in the condition, remove it, or call it \"$_" +
                            string.identifier.substr(1) + "\"");
    }
    if (i >= c_.options.strings_per_rule_max) {
      return Fail(Code::kTooManyStrings,
                  "too many strings in rule \"" + rule.identifier +
                      "\" (limit: " + std::to_string(c_.options.strings_per_rule_max) + ")",
                  rule.span);
    }
  }
  return true;
}

}  // namespace day::rules::syntax
