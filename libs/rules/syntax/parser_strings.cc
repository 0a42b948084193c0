// The `strings` section: declarations, modifiers, and the patterns made of them.
#include <algorithm>

#include "libs/match/regex.h"
#include "libs/match/yara_atoms.h"
#include "libs/rules/syntax/parser.h"
#include "libs/rules/syntax/slow_patterns.h"

namespace day::rules::syntax {
namespace {

constexpr std::uint32_t kWideFlag = 1u << 0;
constexpr std::uint32_t kAsciiFlag = 1u << 1;
constexpr std::uint32_t kNocaseFlag = 1u << 2;
constexpr std::uint32_t kFullwordFlag = 1u << 3;
constexpr std::uint32_t kPrivateFlag = 1u << 4;
constexpr std::uint32_t kXorFlag = 1u << 5;
constexpr std::uint32_t kBase64Flag = 1u << 6;
constexpr std::uint32_t kBase64WideFlag = 1u << 7;
constexpr std::uint32_t kAnyBase64 = kBase64Flag | kBase64WideFlag;

constexpr std::size_t kAlphabetSize = 64;
constexpr std::string_view kDefaultAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::int64_t kXorKeyMax = 255;

std::uint32_t PlainModifier(TokenKind kind) {
  switch (kind) {
    case TokenKind::kWide:
      return kWideFlag;
    case TokenKind::kAscii:
      return kAsciiFlag;
    case TokenKind::kNocase:
      return kNocaseFlag;
    case TokenKind::kFullword:
      return kFullwordFlag;
    case TokenKind::kPrivate:
      return kPrivateFlag;
    default:
      return 0;
  }
}

// The source of a regular expression token, without slashes and flags, and its flags.
std::string_view SplitRegex(std::string_view token_text, match::RegexFlags* flags) {
  const std::size_t close = token_text.rfind('/');
  const std::string_view suffix = token_text.substr(close + 1);
  flags->no_case = suffix.find('i') != std::string_view::npos;
  flags->dot_all = suffix.find('s') != std::string_view::npos;
  const std::string_view source = token_text.substr(1, close - 1);
  return source.substr(0, source.find('\0'));
}

}  // namespace

bool Parser::ParseStrings() {
  if (Peek().kind != TokenKind::kStrings) {
    return true;
  }
  Take();
  if (!Expect(TokenKind::kColon, "':'")) {
    return false;
  }
  do {
    if (!ParseString()) {
      return false;
    }
  } while (Peek().kind == TokenKind::kStringIdentifier);
  return true;
}

bool Parser::ParseString() {
  Token name;
  if (!Expect(TokenKind::kStringIdentifier, "string identifier", &name) ||
      !Expect(TokenKind::kAssign, "'='")) {
    return false;
  }
  Peek();
  current_line_ = yara_line_;
  StringModifiers modifiers;
  Token literal;
  switch (Peek().kind) {
    case TokenKind::kTextString:
      literal = Take();
      if (!ParseTextModifiers(&modifiers)) {
        return false;
      }
      break;
    case TokenKind::kRegex:
    case TokenKind::kHexString:
      literal = Take();
      if (!ParsePlainModifiers(literal.kind == TokenKind::kHexString, &modifiers)) {
        return false;
      }
      break;
    default:
      return SyntaxError("text string");
  }
  Peek();
  if (!DeclareString(name, literal, modifiers)) {
    return false;
  }
  current_line_ = 0;
  return true;
}

bool Parser::AddModifier(StringModifiers* modifiers, std::uint32_t flag, const Token& token) {
  if ((modifiers->flags & flag) != 0) {
    return Fail(Code::kDuplicatedModifier, "duplicated modifier", SpanOf(token),
                "\"" + std::string(TextOf(token)) + "\" stands here already");
  }
  modifiers->flags |= flag;
  return true;
}

bool Parser::ParsePlainModifiers(bool hex, StringModifiers* modifiers) {
  while (true) {
    const std::uint32_t flag = PlainModifier(Peek().kind);
    if (flag == 0 || (hex && flag != kPrivateFlag)) {
      return true;
    }
    const Token token = Take();
    if (!AddModifier(modifiers, flag, token)) {
      return false;
    }
  }
}

bool Parser::ParseTextModifiers(StringModifiers* modifiers) {
  while (true) {
    const TokenKind kind = Peek().kind;
    std::uint32_t flag = PlainModifier(kind);
    if (flag == 0 && kind != TokenKind::kXor && kind != TokenKind::kBase64 &&
        kind != TokenKind::kBase64Wide) {
      return true;
    }
    const Token token = Take();
    if (kind == TokenKind::kXor) {
      flag = kXorFlag;
      if (!ParseXorRange(modifiers)) {
        return false;
      }
    } else if (flag == 0) {
      flag = kind == TokenKind::kBase64 ? kBase64Flag : kBase64WideFlag;
      std::string alphabet;
      if (!ParseAlphabet(token, &alphabet)) {
        return false;
      }
      if (!modifiers->alphabet.empty() && modifiers->alphabet != alphabet) {
        return Fail(Code::kInvalidModifier, "can not specify multiple alphabets", SpanOf(token));
      }
      modifiers->alphabet = std::move(alphabet);
    }
    if (!AddModifier(modifiers, flag, token)) {
      return false;
    }
  }
}

bool Parser::ParseXorRange(StringModifiers* modifiers) {
  modifiers->xor_range = {};
  if (Peek().kind != TokenKind::kLeftParen) {
    return true;
  }
  Take();
  Token low;
  if (!Expect(TokenKind::kInteger, "integer number", &low)) {
    return false;
  }
  Token high = low;
  const bool range = Peek().kind == TokenKind::kMinus;
  if (range) {
    Take();
    if (!Expect(TokenKind::kInteger, "integer number", &high)) {
      return false;
    }
  }
  if (!Expect(TokenKind::kRightParen, range ? "')'" : "'-' or ')'")) {
    return false;
  }
  if (low.integer > high.integer) {
    return Fail(Code::kInvalidModifier, "xor lower bound exceeds upper bound", SpanOf(low));
  }
  if (high.integer > kXorKeyMax) {
    return Fail(Code::kInvalidModifier,
                range ? "upper bound for xor range exceeded (max: 255)" : "invalid xor range",
                SpanOf(high));
  }
  modifiers->xor_range = {.min = static_cast<std::uint8_t>(low.integer),
                          .max = static_cast<std::uint8_t>(high.integer)};
  return true;
}

bool Parser::ParseAlphabet(const Token& keyword, std::string* alphabet) {
  *alphabet = kDefaultAlphabet;
  if (Peek().kind != TokenKind::kLeftParen) {
    return true;
  }
  Take();
  Token text;
  if (!Expect(TokenKind::kTextString, "text string", &text) ||
      !Expect(TokenKind::kRightParen, "')'")) {
    return false;
  }
  *alphabet = DecodeTextString(TextOf(text));
  if (alphabet->size() != kAlphabetSize) {
    return Fail(Code::kInvalidModifier, "length of base64 alphabet must be 64", SpanOf(text),
                "the alphabet of \"" + std::string(TextOf(keyword)) + "\" has " +
                    std::to_string(alphabet->size()) + " bytes");
  }
  return true;
}

bool Parser::CheckModifiers(const StringModifiers& modifiers, const Span& span) {
  const std::uint32_t flags = modifiers.flags;
  const auto invalid = [&](std::string_view first, std::string_view second) {
    return Fail(Code::kInvalidModifier,
                "invalid modifier combination: " + std::string(first) + " " + std::string(second),
                span);
  };
  if ((flags & kXorFlag) != 0 && (flags & kNocaseFlag) != 0) {
    return invalid("xor", "nocase");
  }
  if ((flags & kAnyBase64) != 0) {
    const std::string_view base64 = (flags & kBase64Flag) != 0 ? "base64" : "base64wide";
    if ((flags & kNocaseFlag) != 0) {
      return invalid(base64, "nocase");
    }
    if ((flags & kFullwordFlag) != 0) {
      return invalid(base64, "fullword");
    }
    if ((flags & kXorFlag) != 0) {
      return invalid(base64, "xor");
    }
  }
  return true;
}

bool Parser::DeclareString(const Token& name, const Token& literal,
                           const StringModifiers& modifiers) {
  const std::string_view identifier = TextOf(name);
  if (c_.string_names.Find(rule_, identifier)) {
    return Fail(Code::kDuplicatedStringIdentifier,
                "duplicated string identifier \"" + std::string(identifier) + "\"", SpanOf(name));
  }
  StringDeclaration declaration;
  declaration.identifier = identifier;
  declaration.rule = rule_;
  declaration.span = SpanOf(name);
  declaration.is_private = (modifiers.flags & kPrivateFlag) != 0;
  if (literal.kind == TokenKind::kTextString) {
    declaration.pattern.text = DecodeTextString(TextOf(literal));
    if (declaration.pattern.text.empty()) {
      return Fail(Code::kEmptyString, "empty string \"" + std::string(identifier) + "\"",
                  SpanOf(literal));
    }
  }
  if (identifier != "$") {
    c_.string_names.Set(rule_, identifier, static_cast<std::uint32_t>(c_.rules.strings.size()));
  }
  if (!CheckModifiers(modifiers, SpanOf(literal)) ||
      !FillPattern(literal, modifiers, &declaration)) {
    return false;
  }
  StringUse use;
  use.literal = HasFixedLiteralHead(declaration.pattern);
  uses_.push_back(use);
  if (MaySlowDownScanning(declaration.pattern)) {
    Warn("string \"" + std::string(identifier) + "\" may slow down scanning", SpanOf(literal),
         "its most distinctive bytes are too short or too common; make it longer");
  }
  c_.rules.strings.push_back(std::move(declaration));
  return true;
}

bool Parser::FillPattern(const Token& literal, const StringModifiers& modifiers,
                         StringDeclaration* declaration) {
  match::PatternSpec& pattern = declaration->pattern;
  const std::uint32_t flags = modifiers.flags;
  pattern.no_case = (flags & kNocaseFlag) != 0;
  pattern.wide = (flags & kWideFlag) != 0;
  pattern.ascii = (flags & kAsciiFlag) != 0 || (flags & (kWideFlag | kAnyBase64)) == 0;
  pattern.full_word = (flags & kFullwordFlag) != 0;
  if ((flags & kXorFlag) != 0) {
    pattern.xor_range = modifiers.xor_range;
  }
  if ((flags & kBase64Flag) != 0) {
    pattern.base64_alphabet = modifiers.alphabet;
  }
  if ((flags & kBase64WideFlag) != 0) {
    pattern.base64_wide_alphabet = modifiers.alphabet;
  }
  if (literal.kind == TokenKind::kTextString) {
    pattern.kind = match::PatternSpec::Kind::kText;
    return true;
  }
  return ParsePatternTree(literal, declaration);
}

bool Parser::ParsePatternTree(const Token& literal, StringDeclaration* declaration) {
  match::PatternSpec& pattern = declaration->pattern;
  if (literal.kind == TokenKind::kRegex) {
    pattern.kind = match::PatternSpec::Kind::kRegex;
    match::RegexFlags flags;
    SplitRegex(TextOf(literal), &flags);
    flags.no_case = flags.no_case || pattern.no_case;
    pattern.no_case = flags.no_case;
    if (!ParseRegexToken(literal, flags, false, declaration->identifier, &pattern.tree)) {
      return false;
    }
  } else {
    pattern.kind = match::PatternSpec::Kind::kHex;
    const std::string_view text = TextOf(literal);
    std::vector<match::ParseWarning> warnings;
    base::Result<match::RegexTree> tree =
        match::ParseHex(text.substr(1, text.size() - 2), &warnings);
    if (!tree.ok()) {
      return Fail(Code::kInvalidHexString,
                  "invalid hex string \"" + declaration->identifier + "\": " + tree.error().message,
                  SpanOf(literal));
    }
    pattern.tree = std::move(tree).value();
  }
  return c_.options.yara_x_extensions || !match::TooComplexForYara(pattern) ||
         FailTooComplex(literal);
}

// Only `daylight yara` refuses what YARA refuses for this: it costs us nothing.
bool Parser::FailTooComplex(const Token& token) {
  return Fail(Code::kRegularExpressionTooComplex, "regular expression is too complex",
              SpanOf(token), "YARA takes at most 128 alternatives and repeats in one expression");
}

bool Parser::ParseRegexToken(const Token& token, match::RegexFlags flags, bool in_condition,
                             std::string_view string_name, match::RegexTree* tree) {
  match::RegexFlags token_flags;
  const std::string_view source = SplitRegex(TextOf(token), &token_flags);
  std::vector<match::ParseWarning> warnings;
  base::Result<match::RegexTree> result = match::ParseRegex(source, flags, &warnings);
  if (!result.ok()) {
    const base::Error& error = result.error();
    const bool bare = in_condition || error.message.find("be mixed") != std::string::npos;
    return Fail(
        Code::kInvalidRegularExpression,
        bare ? error.message
             : "invalid regular expression \"" + std::string(string_name) + "\": " + error.message,
        SpanOf(token));
  }
  if (c_.options.strict_escape) {
    for (const match::ParseWarning& warning : warnings) {
      if (warning.code == match::ParseWarning::Code::kUnknownEscape) {
        Warn("unknown escape sequence", SpanOf(token), warning.message);
        break;
      }
    }
  }
  if (!in_condition && std::any_of(warnings.begin(), warnings.end(), [](const auto& warning) {
        return warning.code == match::ParseWarning::Code::kSlowPattern;
      })) {
    Warn(std::string(string_name) +
             " contains .*, .+ or .{x,} consider using .{,N}, .{1,N} or {x,N} with a reasonable "
             "value for N",
         SpanOf(token));
  }
  *tree = std::move(result).value();
  return true;
}

}  // namespace day::rules::syntax
