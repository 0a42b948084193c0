// NormaliseScript(): a tokenizer of JavaScript that is content with anything.
#include <algorithm>
#include <array>
#include <cstdio>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libs/formats/html/normalise.h"

namespace day::formats::html {
namespace {

constexpr std::size_t kNamesMax = 100'000;

bool IsWordByte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '$' || static_cast<unsigned char>(c) >= 0x80;
}
bool IsBlank(char c) { return c == ' ' || (c >= '\t' && c <= '\r') || c == '\0'; }

int HexValue(char c) {
  if (c >= '0' && c <= '9') {
    return c - '0';
  }
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

struct Token {
  enum class Kind : std::uint8_t { kWord, kString, kRegex, kPunctuation };
  Kind kind = Kind::kPunctuation;
  std::string text;  // of strings: decoded, without quotes
};

// The number that `digits` hexadecimal digits at the start spell.
std::optional<unsigned> ReadHex(std::string_view text, std::size_t digits) {
  if (text.size() < digits) {
    return std::nullopt;
  }
  unsigned value = 0;
  for (std::size_t i = 0; i < digits; ++i) {
    const int digit = HexValue(text[i]);
    if (digit < 0) {
      return std::nullopt;
    }
    value = value * 16 + static_cast<unsigned>(digit);
  }
  return value;
}

// Characters above 255 keep their low byte.
void AppendCode(unsigned code, std::string* out) { *out += static_cast<char>(code); }

// %XX and %uXXXX.
std::string Unescaped(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const bool is_wide = text.size() > 1 && text[0] == '%' && (text[1] == 'u' || text[1] == 'U');
    const auto code = text[0] != '%' ? std::nullopt
                      : is_wide      ? ReadHex(text.substr(2), 4)
                                     : ReadHex(text.substr(1), 2);
    if (code) {
      AppendCode(*code, &out);
      text.remove_prefix(is_wide ? 6 : 3);
    } else {
      out += text[0];
      text.remove_prefix(1);
    }
  }
  return out;
}

class Tokenizer {
 public:
  explicit Tokenizer(std::string_view text) : text_(text) {}

  std::optional<Token> Next() {
    SkipBlanks();
    if (text_.empty()) {
      return std::nullopt;
    }
    Token token;
    const char c = text_[0];
    if (c == '"' || c == '\'') {
      token = String(c);
    } else if (c == '/' && may_be_regex_) {
      token = Regex();
    } else if (IsWordByte(c)) {
      std::size_t end = 1;
      while (end < text_.size() && IsWordByte(text_[end])) {
        ++end;
      }
      token = {Token::Kind::kWord, std::string(text_.substr(0, end))};
      text_.remove_prefix(end);
    } else {
      token = {Token::Kind::kPunctuation, std::string(1, c)};
      text_.remove_prefix(1);
    }
    may_be_regex_ = token.kind == Token::Kind::kPunctuation && token.text != ")" &&
                    token.text != "]" && token.text != "}";
    return token;
  }

 private:
  void SkipBlanks() {
    for (;;) {
      std::size_t count = 0;
      while (count < text_.size() && IsBlank(text_[count])) {
        ++count;
      }
      text_.remove_prefix(count);
      if (text_.starts_with("//") || text_.starts_with("<!--")) {
        text_.remove_prefix(std::min(text_.find_first_of("\r\n"), text_.size()));
      } else if (text_.starts_with("/*")) {
        const std::size_t end = text_.find("*/", 2);
        text_.remove_prefix(end == std::string_view::npos ? text_.size() : end + 2);
      } else {
        return;
      }
    }
  }

  Token String(char quote) {
    Token token;
    token.kind = Token::Kind::kString;
    std::size_t at = 1;
    while (at < text_.size() && text_[at] != quote && text_[at] != '\n') {
      if (text_[at] == '\\' && at + 1 < text_.size()) {
        at += Escape(text_.substr(at + 1), &token.text) + 1;
      } else {
        token.text += text_[at++];
      }
    }
    text_.remove_prefix(std::min(at + 1, text_.size()));
    return token;
  }

  // What stands behind a backslash; how much of it there is.
  static std::size_t Escape(std::string_view text, std::string* out) {
    const std::size_t digits = text[0] == 'x' ? 2 : (text[0] == 'u' ? 4 : 0);
    if (const auto code = digits > 0 ? ReadHex(text.substr(1), digits) : std::nullopt) {
      AppendCode(*code, out);
      return 1 + digits;
    }
    if (text[0] == 'n' || text[0] == 'r' || text[0] == 't') {
      *out += ' ';
    } else if (text[0] != '\n' && text[0] != '\r') {
      *out += text[0];
    }
    return 1;
  }

  Token Regex() {
    std::size_t at = 1;
    bool in_class = false;
    while (at < text_.size() && (text_[at] != '/' || in_class) && text_[at] != '\n') {
      in_class = text_[at] == '[' || (in_class && text_[at] != ']');
      at += text_[at] == '\\' && at + 1 < text_.size() ? 2u : 1u;
    }
    at = std::min(at + 1, text_.size());
    Token token{Token::Kind::kRegex, std::string(text_.substr(0, at))};
    text_.remove_prefix(at);
    return token;
  }

  std::string_view text_;
  bool may_be_regex_ = true;
};

// Gives declared names their numbers and writes the tokens out.
class Writer {
 public:
  std::string Finish() {
    Flush();
    for (char& c : out_) {
      c = c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
    }
    return std::move(out_);
  }

  void Add(Token token) {
    if (IsJunkInSum(token)) {
      return;
    }
    Fold(&token);
    Declare(token);
    if (token.kind == Token::Kind::kWord && !after_dot_) {
      const auto name = names_.find(token.text);
      token.text = name == names_.end() ? token.text : name->second;
    }
    after_dot_ = token.kind == Token::Kind::kPunctuation && token.text == ".";
    held_.push_back(std::move(token));
    // What may still be folded: string + string, and unescape("...").
    constexpr std::size_t kHeldMax = 4;
    if (held_.size() > kHeldMax) {
      Write(held_.front());
      held_.erase(held_.begin());
    }
  }

 private:
  bool IsHeld(std::size_t from_end, std::string_view punctuation) const {
    return held_.size() >= from_end &&
           held_[held_.size() - from_end].kind == Token::Kind::kPunctuation &&
           held_[held_.size() - from_end].text == punctuation;
  }

  // Bytes that start nothing, between strings that are put together.
  bool IsJunkInSum(const Token& token) const {
    const bool in_sum = !held_.empty() && (held_.back().kind == Token::Kind::kString ||
                                           (IsHeld(1, "+") && held_.size() >= 2 &&
                                            held_[held_.size() - 2].kind == Token::Kind::kString));
    const auto is_junk = [](char c) {
      const auto byte = static_cast<unsigned char>(c);
      return byte >= 0x7F || byte < ' ' || c == '`' || c == '@' || c == '#' || c == '\\';
    };
    return in_sum &&
           (token.kind == Token::Kind::kWord || token.kind == Token::Kind::kPunctuation) &&
           std::all_of(token.text.begin(), token.text.end(), is_junk);
  }

  void Fold(Token* token) {
    if (token->kind == Token::Kind::kString && IsHeld(1, "+") && held_.size() >= 2 &&
        held_[held_.size() - 2].kind == Token::Kind::kString) {
      token->text.insert(0, held_[held_.size() - 2].text);
      held_.resize(held_.size() - 2);
      return;
    }
    const bool ends_call = token->kind == Token::Kind::kPunctuation && token->text == ")" &&
                           held_.size() >= 3 && IsHeld(2, "(") &&
                           held_.back().kind == Token::Kind::kString &&
                           held_[held_.size() - 3].text == "unescape";
    if (ends_call) {
      *token = {Token::Kind::kString, Unescaped(held_.back().text)};
      held_.resize(held_.size() - 3);
    }
  }

  // "var NAME", "function NAME(NAMES)".
  void Declare(const Token& token) {
    const bool is_word = token.kind == Token::Kind::kWord;
    if (is_word && (token.text == "var" || token.text == "function")) {
      declaring_ = token.text == "var" ? Declaring::kVariable : Declaring::kFunction;
      return;
    }
    if (declaring_ == Declaring::kNothing) {
      return;
    }
    if (is_word) {
      if (names_.size() < kNamesMax && names_.find(token.text) == names_.end()) {
        std::array<char, 16> name{};
        (void)std::snprintf(name.data(), name.size(), "n%03zu", names_.size());
        names_.emplace(token.text, name.data());
      }
      declaring_ = declaring_ == Declaring::kVariable ? Declaring::kNothing : Declaring::kFunction;
    } else if (token.text == ")" || token.text == "{" || token.kind != Token::Kind::kPunctuation) {
      declaring_ = Declaring::kNothing;
    }
  }

  void Write(const Token& token) {
    if (token.kind == Token::Kind::kString) {
      out_ += '"';
      out_ += token.text;
      out_ += '"';
    } else {
      if (!out_.empty() && IsWordByte(out_.back()) && IsWordByte(token.text[0])) {
        out_ += ' ';
      }
      out_ += token.text;
    }
  }

  void Flush() {
    for (const Token& token : held_) {
      Write(token);
    }
    held_.clear();
  }

  enum class Declaring : std::uint8_t { kNothing, kVariable, kFunction };
  std::string out_;
  std::vector<Token> held_;
  std::map<std::string, std::string, std::less<>> names_;
  Declaring declaring_ = Declaring::kNothing;
  bool after_dot_ = false;
};

}  // namespace

std::string NormaliseScript(std::string_view script) {
  Tokenizer tokens(script);
  Writer writer;
  while (auto token = tokens.Next()) {
    writer.Add(std::move(*token));
  }
  return writer.Finish();
}

}  // namespace day::formats::html
