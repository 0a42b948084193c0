#include "libs/rules/syntax/token.h"

#include <algorithm>

namespace day::rules::syntax {
namespace {

int HexDigit(char c) {
  if (c >= '0' && c <= '9') {
    return c - '0';
  }
  return (c | 0x20) - 'a' + 10;
}

}  // namespace

bool IsTrivia(TokenKind kind) {
  return kind == TokenKind::kBlank || kind == TokenKind::kLineComment ||
         kind == TokenKind::kBlockComment;
}

std::string DecodeTextString(std::string_view token_text) {
  std::string out;
  if (token_text.size() < 2) {
    return out;
  }
  const std::string_view body = token_text.substr(1, token_text.size() - 2);
  out.reserve(body.size());
  std::size_t at = 0;
  while (at < body.size()) {
    if (body[at] != '\\') {
      const std::size_t end = std::min(body.find('\\', at), body.size());
      const std::string_view run = body.substr(at, end - at);
      out += run.substr(0, run.find('\0'));
      at = end;
      continue;
    }
    const char escape = at + 1 < body.size() ? body[at + 1] : '\0';
    at += 2;
    if (escape == 'x' && at + 2 <= body.size()) {
      out += static_cast<char>(HexDigit(body[at]) * 16 + HexDigit(body[at + 1]));
      at += 2;
    } else if (escape == 't') {
      out += '\t';
    } else if (escape == 'r') {
      out += '\r';
    } else if (escape == 'n') {
      out += '\n';
    } else {
      out += escape;
    }
  }
  return out;
}

std::string TokenDescription(const Token& token, std::string_view text) {
  switch (token.kind) {
    case TokenKind::kEndOfFile:
    case TokenKind::kInvalid:
      return "end of file";
    case TokenKind::kEndOfInclude:
      return "end of included file";
    case TokenKind::kReadInteger:
      return "integer function";
    case TokenKind::kIdentifier:
      return "identifier";
    case TokenKind::kStringIdentifier:
      return "string identifier";
    case TokenKind::kStringWildcard:
      return "string identifier with wildcard";
    case TokenKind::kStringCount:
      return "string count";
    case TokenKind::kStringOffset:
      return "string offset";
    case TokenKind::kStringLength:
      return "string length";
    case TokenKind::kInteger:
      return "integer number";
    case TokenKind::kFloat:
      return "floating point number";
    case TokenKind::kTextString:
      return "text string";
    case TokenKind::kHexString:
      return "hex string";
    case TokenKind::kRegex:
      return "regular expression";
    case TokenKind::kOtherCharacter:
      return "invalid token";
    default:
      break;
  }
  const std::string word(text.substr(token.begin, token.end - token.begin));
  if (token.kind >= TokenKind::kRule && token.kind <= TokenKind::kDefined) {
    return "<" + word + ">";
  }
  if (word.size() > 1) {  // "..", "==", "<<" and the like stand as they are
    return word;
  }
  if (word == "<" || word == ">") {
    return word;
  }
  return word == "\\" ? "'\\\\'" : "'" + word + "'";
}

}  // namespace day::rules::syntax
