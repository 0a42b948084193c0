#include <array>
#include <cstdlib>
#include <limits>

#include "libs/base/checked.h"
#include "libs/rules/syntax/ruleset.h"
#include "libs/rules/syntax/token.h"

namespace day::rules::syntax {
namespace {

constexpr std::uint8_t kBlankClass = 1;
constexpr std::uint8_t kLetterClass = 2;  // letters and '_'
constexpr std::uint8_t kDigitClass = 4;
constexpr std::uint8_t kHexClass = 8;
constexpr std::uint8_t kHexBodyClass = 16;  // may stand in a hex string, comments aside

constexpr std::array<std::uint8_t, 256> MakeClasses() {
  std::array<std::uint8_t, 256> classes{};
  for (int c = 0; c < 256; ++c) {
    std::uint8_t flags = 0;
    if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
      flags |= kBlankClass | kHexBodyClass;
    }
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_') {
      flags |= kLetterClass;
    }
    if (c >= '0' && c <= '9') {
      flags |= kDigitClass | kHexClass | kHexBodyClass;
    }
    if ((c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F')) {
      flags |= kHexClass | kHexBodyClass;
    }
    if (c == '-' || c == '|' || c == '~' || c == '?' || c == '[' || c == ']' || c == '(' ||
        c == ')') {
      flags |= kHexBodyClass;
    }
    classes[static_cast<std::size_t>(c)] = flags;
  }
  return classes;
}

constexpr std::array<std::uint8_t, 256> kClasses = MakeClasses();

bool Is(char c, unsigned mask) { return (kClasses[static_cast<unsigned char>(c)] & mask) != 0; }

// Characters that are a token by themselves, whatever follows.
TokenKind SingleCharacterKind(char c) {
  switch (c) {
    case '{':
      return TokenKind::kLeftBrace;
    case '}':
      return TokenKind::kRightBrace;
    case '(':
      return TokenKind::kLeftParen;
    case ')':
      return TokenKind::kRightParen;
    case '[':
      return TokenKind::kLeftBracket;
    case ']':
      return TokenKind::kRightBracket;
    case ':':
      return TokenKind::kColon;
    case ',':
      return TokenKind::kComma;
    case '+':
      return TokenKind::kPlus;
    case '-':
      return TokenKind::kMinus;
    case '*':
      return TokenKind::kStar;
    case '\\':
      return TokenKind::kBackslash;
    case '%':
      return TokenKind::kPercent;
    case '&':
      return TokenKind::kAmpersand;
    case '|':
      return TokenKind::kPipe;
    case '^':
      return TokenKind::kCaret;
    case '~':
      return TokenKind::kTilde;
    default:
      return TokenKind::kOtherCharacter;
  }
}

struct Keyword {
  std::string_view word;
  TokenKind kind;
};

constexpr Keyword kKeywords[] = {
    {"all", TokenKind::kAll},
    {"and", TokenKind::kAnd},
    {"any", TokenKind::kAny},
    {"ascii", TokenKind::kAscii},
    {"at", TokenKind::kAt},
    {"base64", TokenKind::kBase64},
    {"base64wide", TokenKind::kBase64Wide},
    {"condition", TokenKind::kCondition},
    {"contains", TokenKind::kContains},
    {"defined", TokenKind::kDefined},
    {"endswith", TokenKind::kEndsWith},
    {"entrypoint", TokenKind::kEntrypoint},
    {"false", TokenKind::kFalse},
    {"filesize", TokenKind::kFilesize},
    {"for", TokenKind::kFor},
    {"fullword", TokenKind::kFullword},
    {"global", TokenKind::kGlobal},
    {"icontains", TokenKind::kIContains},
    {"iendswith", TokenKind::kIEndsWith},
    {"iequals", TokenKind::kIEquals},
    {"import", TokenKind::kImport},
    {"in", TokenKind::kIn},
    {"istartswith", TokenKind::kIStartsWith},
    {"matches", TokenKind::kMatches},
    {"meta", TokenKind::kMeta},
    {"nocase", TokenKind::kNocase},
    {"none", TokenKind::kNone},
    {"not", TokenKind::kNot},
    {"of", TokenKind::kOf},
    {"or", TokenKind::kOr},
    {"private", TokenKind::kPrivate},
    {"rule", TokenKind::kRule},
    {"startswith", TokenKind::kStartsWith},
    {"strings", TokenKind::kStrings},
    {"them", TokenKind::kThem},
    {"true", TokenKind::kTrue},
    {"wide", TokenKind::kWide},
    {"xor", TokenKind::kXor},
};

constexpr std::size_t kKeywordLengthMax = 11;

struct ReadFunction {
  std::string_view word;
  std::int64_t width;
};

constexpr ReadFunction kReadFunctions[] = {
    {"int8", 1 | kReadSigned},
    {"int16", 2 | kReadSigned},
    {"int32", 4 | kReadSigned},
    {"uint8", 1},
    {"uint16", 2},
    {"uint32", 4},
    {"int8be", 1 | kReadSigned | kReadBigEndian},
    {"int16be", 2 | kReadSigned | kReadBigEndian},
    {"int32be", 4 | kReadSigned | kReadBigEndian},
    {"uint8be", 1 | kReadBigEndian},
    {"uint16be", 2 | kReadBigEndian},
    {"uint32be", 4 | kReadBigEndian},
};

// The first keyword that starts with each letter, so that a look-up compares a few words at most.
constexpr std::array<std::uint8_t, 27> MakeKeywordStarts() {
  std::array<std::uint8_t, 27> starts{};
  std::size_t at = 0;
  for (std::size_t letter = 0; letter < 27; ++letter) {
    while (at < std::size(kKeywords) &&
           static_cast<std::size_t>(kKeywords[at].word[0] - 'a') < letter) {
      ++at;
    }
    starts[letter] = static_cast<std::uint8_t>(at);
  }
  return starts;
}

constexpr std::array<std::uint8_t, 27> kKeywordStarts = MakeKeywordStarts();

TokenKind KeywordOf(std::string_view word) {
  if (word.size() > kKeywordLengthMax || word[0] < 'a' || word[0] > 'z') {
    return TokenKind::kIdentifier;
  }
  const auto letter = static_cast<std::size_t>(word[0] - 'a');
  for (std::size_t i = kKeywordStarts[letter]; i < kKeywordStarts[letter + 1]; ++i) {
    if (kKeywords[i].word == word) {
      return kKeywords[i].kind;
    }
  }
  return TokenKind::kIdentifier;
}

// The value of `digits` in `base`, or nothing if it does not fit in an int64.
std::optional<std::int64_t> ParseDigits(std::string_view digits, std::int64_t base) {
  std::int64_t value = 0;
  for (const char c : digits) {
    int digit = c - '0';
    if (c >= 'a') {
      digit = c - 'a' + 10;
    } else if (c >= 'A') {
      digit = c - 'A' + 10;
    }
    const std::optional<std::int64_t> scaled = base::CheckedMul(value, base);
    if (!scaled) {
      return std::nullopt;
    }
    const std::optional<std::int64_t> sum = base::CheckedAdd<std::int64_t>(*scaled, digit);
    if (!sum) {
      return std::nullopt;
    }
    value = *sum;
  }
  return value;
}

}  // namespace

Token Lexer::Next() {
  Token token = NextRaw();
  while (IsTrivia(token.kind)) {
    token = NextRaw();
  }
  return token;
}

Token Lexer::NextRaw() {
  Token token;
  token.begin = static_cast<std::uint32_t>(position_);
  token.line = line_;
  token.column = token.begin - line_begin_ + 1;
  if (position_ >= text_.size()) {
    token.end = token.begin;
    token.end_line = line_;
    return token;
  }
  const char c = text_[position_];
  if (Is(c, kBlankClass)) {
    ScanBlank(&token);
  } else if (c == '/' && ScanComment(&token)) {
  } else if (Is(c, kLetterClass)) {
    ScanWord(&token);
  } else if (Is(c, kDigitClass)) {
    ScanNumber(&token);
  } else if (c == '"') {
    ScanTextString(&token);
  } else if (c == '/') {
    ScanRegex(&token);
  } else if (c == '{' && ScanHexString(&token)) {
  } else {
    ScanOperator(&token);
  }
  token.end = static_cast<std::uint32_t>(position_);
  CountLines(&token);
  return token;
}

// Only these tokens can hold line ends.
void Lexer::CountLines(Token* token) {
  switch (token->kind) {
    case TokenKind::kBlank:
    case TokenKind::kBlockComment:
    case TokenKind::kTextString:
    case TokenKind::kHexString:
    case TokenKind::kInclude:
    case TokenKind::kInvalid:
      for (std::size_t i = token->begin; i < token->end; ++i) {
        if (text_[i] == '\n') {
          ++line_;
          line_begin_ = static_cast<std::uint32_t>(i + 1);
        }
      }
      break;
    default:
      break;
  }
  token->end_line = line_;
}

void Lexer::ScanBlank(Token* token) {
  token->kind = TokenKind::kBlank;
  while (Has(position_) && Is(text_[position_], kBlankClass)) {
    ++position_;
  }
}

bool Lexer::ScanComment(Token* token) {
  const char second = At(position_ + 1);
  if (second == '/') {
    token->kind = TokenKind::kLineComment;
    const std::size_t end = text_.find('\n', position_);
    position_ = end == std::string_view::npos ? text_.size() : end;
    return true;
  }
  if (second == '*') {
    token->kind = TokenKind::kBlockComment;
    // An unterminated comment reaches to the end of the file, silently, as in YARA.
    const std::size_t end = text_.find("*/", position_ + 2);
    position_ = end == std::string_view::npos ? text_.size() : end + 2;
    return true;
  }
  return false;
}

void Lexer::ScanWord(Token* token) {
  const std::size_t begin = position_;
  while (Has(position_) && Is(text_[position_], kLetterClass | kDigitClass)) {
    ++position_;
  }
  const std::string_view word = text_.substr(begin, position_ - begin);
  if (word.size() > kIdentifierMax) {
    Fail(token, LexError::kIdentifierTooLong);
    return;
  }
  if (word == "include" && ScanIncludePath(token)) {
    return;
  }
  token->kind = KeywordOf(word);
  if (token->kind != TokenKind::kIdentifier || (word[0] != 'u' && word[0] != 'i')) {
    return;
  }
  for (const ReadFunction& function : kReadFunctions) {
    if (function.word == word) {
      token->kind = TokenKind::kReadInteger;
      token->integer = function.width;
      return;
    }
  }
}

// `include` is a directive only when blanks (not line ends) and a quote follow.
bool Lexer::ScanIncludePath(Token* token) {
  std::size_t at = position_;
  while (At(at) == ' ' || At(at) == '\t') {
    ++at;
  }
  if (at == position_ || At(at) != '"') {
    return false;
  }
  const std::size_t close = text_.find('"', at + 1);
  if (close == std::string_view::npos) {
    // YARA reads the rest of the file as the path and then meets its end.
    token->kind = TokenKind::kBlockComment;
    position_ = text_.size();
    return true;
  }
  position_ = close + 1;
  token->kind = TokenKind::kInclude;
  if (close - at - 1 > kLiteralMax) {
    Fail(token, LexError::kLiteralTooLong);
  }
  return true;
}

void Lexer::ScanNumber(Token* token) {
  const std::size_t begin = position_;
  token->kind = TokenKind::kInteger;
  std::int64_t base = 10;
  std::int64_t unit = 1;
  std::size_t digits_begin = begin;
  if (text_[begin] == '0' && At(begin + 1) == 'x' && Is(At(begin + 2), kHexClass)) {
    base = 16;
    digits_begin = begin + 2;
  } else if (text_[begin] == '0' && At(begin + 1) == 'o' && At(begin + 2) >= '0' &&
             At(begin + 2) <= '7') {
    base = 8;
    digits_begin = begin + 2;
  }
  position_ = digits_begin;
  while (Has(position_) && Is(text_[position_], base == 16 ? kHexClass : kDigitClass) &&
         (base != 8 || text_[position_] <= '7')) {
    ++position_;
  }
  const std::size_t digits_end = position_;
  if (base == 10 && At(position_) == '.' && Is(At(position_ + 1), kDigitClass)) {
    ++position_;
    while (Has(position_) && Is(text_[position_], kDigitClass)) {
      ++position_;
    }
    token->kind = TokenKind::kFloat;
    token->real = std::strtod(std::string(text_.substr(begin, position_ - begin)).c_str(), nullptr);
    return;
  }
  if (base == 10 && At(position_ + 1) == 'B' && (At(position_) == 'K' || At(position_) == 'M')) {
    unit = At(position_) == 'K' ? 1024 : 1024 * 1024;
    position_ += 2;
  }
  const std::optional<std::int64_t> value =
      ParseDigits(text_.substr(digits_begin, digits_end - digits_begin), base);
  const std::optional<std::int64_t> scaled = value ? base::CheckedMul(*value, unit) : std::nullopt;
  // YARA tells an overflow by the largest value, which it therefore refuses only when out of range.
  if (!scaled) {
    Fail(token, LexError::kIntegerOverflow);
    return;
  }
  token->integer = *scaled;
}

void Lexer::ScanTextString(Token* token) {
  token->kind = TokenKind::kTextString;
  ++position_;
  std::size_t length = 0;
  while (Has(position_)) {
    const char c = text_[position_];
    if (c == '"') {
      ++position_;
      if (length > kLiteralMax) {
        Fail(token, LexError::kLiteralTooLong);
      }
      return;
    }
    if (c == '\n') {
      ++position_;
      Fail(token, LexError::kUnterminatedString);
      return;
    }
    ++length;
    ++position_;
    if (c != '\\') {
      continue;
    }
    const char escape = At(position_);
    if (!Has(position_)) {
      break;
    }
    ++position_;
    if (escape == 'x' && Is(At(position_), kHexClass) && Is(At(position_ + 1), kHexClass)) {
      position_ += 2;
    } else if (escape != 't' && escape != 'r' && escape != 'n' && escape != '"' && escape != '\\') {
      Fail(token, LexError::kIllegalEscape);
      return;
    }
  }
  // YARA meets the end of the file inside the string and says nothing about the string itself.
  token->kind = TokenKind::kBlockComment;
}

void Lexer::ScanRegex(Token* token) {
  token->kind = TokenKind::kRegex;
  ++position_;
  std::size_t length = 0;
  bool nul_first = At(position_) == '\0';
  while (Has(position_)) {
    const char c = text_[position_];
    if (c == '/') {
      ++position_;
      position_ += At(position_) == 'i' ? 1u : 0u;
      position_ += At(position_) == 's' ? 1u : 0u;
      if (length > kLiteralMax) {
        Fail(token, LexError::kLiteralTooLong);
      } else if (nul_first) {
        Fail(token, LexError::kEmptyRegex);
      }
      return;
    }
    if (c == '\n') {
      ++position_;
      Fail(token, LexError::kUnterminatedRegex);
      return;
    }
    ++position_;
    ++length;
    if (c == '\\' && Has(position_) && text_[position_] != '\n') {
      if (text_[position_] == '\0') {
        ++position_;
        Fail(token, LexError::kMalformedRegex);
        return;
      }
      length += text_[position_] == '/' ? 0u : 1u;
      ++position_;
    }
  }
  token->kind = TokenKind::kBlockComment;
}

// A brace that closes with nothing but hex digits, masks, jumps, alternatives, blanks and comments
// between is a hex string; any other "{" is punctuation.
bool Lexer::ScanHexString(Token* token) {
  std::size_t at = position_ + 1;
  while (Has(at)) {
    const char c = text_[at];
    if (Is(c, kHexBodyClass)) {
      ++at;
    } else if (c == '}') {
      if (at == position_ + 1) {
        return false;
      }
      position_ = at + 1;
      token->kind = TokenKind::kHexString;
      return true;
    } else if (c == '/' && At(at + 1) == '/') {
      at = text_.find('\n', at);
      if (at == std::string_view::npos) {
        return false;
      }
    } else if (c == '/' && At(at + 1) == '*') {
      at = text_.find("*/", at + 2);
      if (at == std::string_view::npos) {
        return false;
      }
      at += 2;
    } else {
      return false;
    }
  }
  return false;
}

void Lexer::ScanStringName(Token* token, TokenKind kind) {
  token->kind = kind;
  ++position_;
  while (Has(position_) && Is(text_[position_], kLetterClass | kDigitClass)) {
    ++position_;
  }
  if (kind == TokenKind::kStringIdentifier && At(position_) == '*') {
    token->kind = TokenKind::kStringWildcard;
    ++position_;
  }
}

void Lexer::ScanOperator(Token* token) {
  const char c = text_[position_];
  const char next = At(position_ + 1);
  const auto two = [&](char second, TokenKind with, TokenKind without) {
    token->kind = next == second ? with : without;
    position_ += next == second ? 2u : 1u;
  };
  switch (c) {
    case '$':
      return ScanStringName(token, TokenKind::kStringIdentifier);
    case '#':
      return ScanStringName(token, TokenKind::kStringCount);
    case '@':
      return ScanStringName(token, TokenKind::kStringOffset);
    case '!':
      return next == '=' ? two('=', TokenKind::kNotEqual, TokenKind::kNotEqual)
                         : ScanStringName(token, TokenKind::kStringLength);
    case '<':
      return next == '<' ? two('<', TokenKind::kShiftLeft, TokenKind::kLess)
                         : two('=', TokenKind::kLessEqual, TokenKind::kLess);
    case '>':
      return next == '>' ? two('>', TokenKind::kShiftRight, TokenKind::kGreater)
                         : two('=', TokenKind::kGreaterEqual, TokenKind::kGreater);
    case '=':
      return two('=', TokenKind::kEqual, TokenKind::kAssign);
    case '.':
      return two('.', TokenKind::kDotDot, TokenKind::kDot);
    default:
      break;
  }
  token->kind = SingleCharacterKind(c);
  ++position_;
  if (c < 32 || c >= 127) {
    Fail(token, LexError::kNonAscii);
  }
}

}  // namespace day::rules::syntax
