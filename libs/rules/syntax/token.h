// Tokens of YARA rule text, and the lexer that makes them.
//
// The lexer is lossless: every byte of the text belongs to exactly one token, trivia (blanks,
// comments) and broken input included. Next() skips trivia for the parser; NextRaw() returns
// everything, for the formatter. Tokenisation is free of context, as YARA's is: "{ 01 ?? }" is a
// hex string wherever it stands and "/" always starts a regular expression.
//
// Thread safety: a Lexer is not shared. It allocates nothing and views the text, which must outlive
// it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace day::rules::syntax {

// The longest text string, regular expression or include path (YARA's YR_LEX_BUF_SIZE - 2).
inline constexpr std::size_t kLiteralMax = 8190;
inline constexpr std::size_t kIdentifierMax = 128;

enum class TokenKind : std::uint8_t {
  kEndOfFile,
  kEndOfInclude,
  // Trivia.
  kBlank,
  kLineComment,
  kBlockComment,
  // Words with a meaning.
  kRule,
  kPrivate,
  kGlobal,
  kMeta,
  kStrings,
  kCondition,
  kImport,
  kAscii,
  kWide,
  kXor,
  kBase64,
  kBase64Wide,
  kNocase,
  kFullword,
  kAt,
  kFilesize,
  kEntrypoint,
  kAll,
  kAny,
  kNone,
  kIn,
  kOf,
  kFor,
  kThem,
  kMatches,
  kContains,
  kStartsWith,
  kEndsWith,
  kIContains,
  kIStartsWith,
  kIEndsWith,
  kIEquals,
  kTrue,
  kFalse,
  kOr,
  kAnd,
  kNot,
  kDefined,
  kReadInteger,  // uint8 ... int32be; `integer` as in syntax::Node::value of kReadInt
  // Names and literals.
  kIdentifier,
  kStringIdentifier,  // $a, $
  kStringWildcard,    // $a*, $*
  kStringCount,       // #a
  kStringOffset,      // @a
  kStringLength,      // !a
  kInteger,           // `integer`
  kFloat,             // `real`
  kTextString,        // with its quotes
  kHexString,         // with its braces
  kRegex,             // with slashes and flags
  kInclude,           // include "path", as one token
  // Operators and punctuation.
  kDotDot,
  kEqual,
  kNotEqual,
  kLess,
  kLessEqual,
  kGreater,
  kGreaterEqual,
  kShiftLeft,
  kShiftRight,
  kLeftBrace,
  kRightBrace,
  kLeftParen,
  kRightParen,
  kLeftBracket,
  kRightBracket,
  kColon,
  kAssign,
  kComma,
  kDot,
  kPlus,
  kMinus,
  kStar,
  kBackslash,
  kPercent,
  kAmpersand,
  kPipe,
  kCaret,
  kTilde,
  kOtherCharacter,  // a printable character that the language does not use
  kInvalid,         // `error` says why; the parser treats the rest of the file as absent
};

enum class LexError : std::uint8_t {
  kNoError,
  kNonAscii,
  kUnterminatedString,
  kIllegalEscape,
  kUnterminatedRegex,
  kEmptyRegex,
  kMalformedRegex,
  kIdentifierTooLong,
  kIntegerOverflow,
  kLiteralTooLong,
};

struct Token {
  TokenKind kind = TokenKind::kEndOfFile;
  LexError error = LexError::kNoError;
  std::uint32_t begin = 0;
  std::uint32_t end = 0;       // exclusive
  std::uint32_t line = 1;      // of the first byte
  std::uint32_t column = 1;    // of the first byte
  std::uint32_t end_line = 1;  // after the last byte
  std::uint32_t file = 0;      // filled in by who knows it
  std::int64_t integer = 0;
  double real = 0;
};

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  // The next token that is not trivia; kEndOfFile at the end, again and again.
  Token Next();
  // The next token of any kind.
  Token NextRaw();

  std::string_view text() const { return text_; }
  std::string_view TextOf(const Token& token) const {
    return text_.substr(token.begin, token.end - token.begin);
  }

 private:
  char At(std::size_t position) const { return position < text_.size() ? text_[position] : '\0'; }
  bool Has(std::size_t position) const { return position < text_.size(); }
  void ScanBlank(Token* token);
  bool ScanComment(Token* token);
  void ScanWord(Token* token);
  bool ScanIncludePath(Token* token);
  void ScanNumber(Token* token);
  void ScanTextString(Token* token);
  void ScanRegex(Token* token);
  bool ScanHexString(Token* token);
  void ScanStringName(Token* token, TokenKind kind);
  void ScanOperator(Token* token);
  void Fail(Token* token, LexError error) {
    token->kind = TokenKind::kInvalid;
    token->error = error;
  }
  void CountLines(Token* token);

  std::string_view text_;
  std::size_t position_ = 0;
  std::uint32_t line_ = 1;
  std::uint32_t line_begin_ = 0;
};

// The bytes that a kTextString token stands for: escapes resolved. A NUL byte written raw ends its
// run of plain bytes, as in YARA.
std::string DecodeTextString(std::string_view token_text);

// How YARA names a token in "syntax error, unexpected ..., expecting ...".
std::string TokenDescription(const Token& token, std::string_view text);

bool IsTrivia(TokenKind kind);

}  // namespace day::rules::syntax
