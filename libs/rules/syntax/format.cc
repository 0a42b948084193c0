#include "libs/rules/syntax/format.h"

#include <algorithm>

namespace day::rules::syntax {
namespace {

constexpr std::size_t kDepthMax = 20;  // of indentation inside a condition

enum class Section : std::uint8_t { kTop, kHead, kBody, kMeta, kStrings, kCondition };

bool IsRuleStart(TokenKind kind) {
  return kind == TokenKind::kRule || kind == TokenKind::kPrivate || kind == TokenKind::kGlobal ||
         kind == TokenKind::kImport || kind == TokenKind::kInclude;
}

bool IsSectionStart(TokenKind kind) {
  return kind == TokenKind::kMeta || kind == TokenKind::kStrings || kind == TokenKind::kCondition;
}

bool Opens(TokenKind kind) {
  return kind == TokenKind::kLeftParen || kind == TokenKind::kLeftBracket;
}

bool Closes(TokenKind kind) {
  return kind == TokenKind::kRightParen || kind == TokenKind::kRightBracket;
}

// A token that is not blank, and what stood between it and the one before.
struct Item {
  Token token;
  std::size_t line_ends = 0;
  bool blank = false;
};

class Formatter {
 public:
  Formatter(std::string_view text, const FormatOptions& options) : text_(text), options_(options) {}

  std::string Run() {
    const std::size_t first_end = text_.find('\n');
    if (first_end != std::string_view::npos && first_end > 0 && text_[first_end - 1] == '\r') {
      line_end_ = "\r\n";
    }
    Collect();
    for (std::size_t i = 0; i < items_.size(); ++i) {
      Enter(i);
      Separate(i);
      const Token& token = items_[i].token;
      out_ += text_.substr(token.begin, token.end - token.begin);
      Leave(i);
    }
    if (!out_.empty() && out_.back() != '\n') {
      out_ += line_end_;
    }
    return std::move(out_);
  }

 private:
  void Collect() {
    std::size_t line_ends = 0;
    bool blank = false;
    for (const Token& token : Tokenize(text_)) {
      const std::string_view bytes = text_.substr(token.begin, token.end - token.begin);
      if (token.kind == TokenKind::kBlank) {
        line_ends += static_cast<std::size_t>(std::count(bytes.begin(), bytes.end(), '\n'));
        blank = true;
        continue;
      }
      items_.push_back({token, line_ends, blank});
      line_ends = 0;
      blank = false;
    }
  }

  TokenKind KindAt(std::size_t i) const {
    return i < items_.size() ? items_[i].token.kind : TokenKind::kEndOfFile;
  }

  TokenKind NextSolid(std::size_t i) const {
    ++i;
    while (i < items_.size() && IsTrivia(items_[i].token.kind)) {
      ++i;
    }
    return KindAt(i);
  }

  // Updates the section and decides whether item i begins a line of its own.
  void Enter(std::size_t i) {
    const TokenKind kind = KindAt(i);
    break_before_ = break_next_;
    if (IsTrivia(kind)) {
      // A comment stays on the line where it was.
      break_before_ = items_[i].line_ends > 0;
      return;
    }
    break_next_ = false;
    if (section_ == Section::kTop && IsRuleStart(kind)) {
      break_before_ = !modifier_before_;
      modifier_before_ = kind == TokenKind::kPrivate || kind == TokenKind::kGlobal;
      section_ = kind == TokenKind::kRule ? Section::kHead : Section::kTop;
      return;
    }
    modifier_before_ = false;
    if (section_ > Section::kHead && depth_ == 0) {
      if (IsSectionStart(kind) && NextSolid(i) == TokenKind::kColon) {
        section_ = kind == TokenKind::kMeta      ? Section::kMeta
                   : kind == TokenKind::kStrings ? Section::kStrings
                                                 : Section::kCondition;
        break_before_ = true;
        section_start_ = true;
        return;
      }
      const bool entry = (section_ == Section::kMeta && kind == TokenKind::kIdentifier) ||
                         (section_ == Section::kStrings && kind == TokenKind::kStringIdentifier);
      if (entry && NextSolid(i) == TokenKind::kAssign) {
        break_before_ = true;
        entry_start_ = true;
      }
    }
    if (kind == TokenKind::kRightBrace) {
      break_before_ = true;
      section_ = Section::kTop;
      depth_ = 0;
    } else if (Closes(kind) && depth_ > 0) {
      --depth_;
    }
  }

  void Leave(std::size_t i) {
    const TokenKind kind = KindAt(i);
    if (kind == TokenKind::kLineComment) {
      break_next_ = true;
      return;
    }
    if (IsTrivia(kind)) {
      return;
    }
    if (kind == TokenKind::kLeftBrace && section_ == Section::kHead) {
      section_ = Section::kBody;
      break_next_ = true;
    } else if (kind == TokenKind::kColon && section_start_) {
      section_start_ = false;
      break_next_ = true;
    } else if (kind == TokenKind::kRightBrace) {
      break_next_ = true;
    } else if (Opens(kind)) {
      depth_ = std::min(depth_ + 1, kDepthMax);
    }
    entry_start_ = false;
  }

  std::size_t Indent(std::size_t i) const {
    const TokenKind kind = KindAt(i);
    switch (section_) {
      case Section::kTop:
      case Section::kHead:
        return 0;
      case Section::kBody:
        return 1;
      case Section::kMeta:
      case Section::kStrings:
        return (section_start_ && IsSectionStart(kind)) ? 1
               : entry_start_ || IsTrivia(kind)         ? 2
                                                        : 3;
      case Section::kCondition:
        return (section_start_ && IsSectionStart(kind)) ? 1 : 2 + depth_;
    }
    return 0;
  }

  void Separate(std::size_t i) {
    if (i == 0) {
      return;
    }
    const Item& item = items_[i];
    if (break_before_ || item.line_ends > 0) {
      const std::size_t blank_lines = item.line_ends > 1 ? item.line_ends - 1 : 0;
      for (std::size_t n = 0; n <= std::min(blank_lines, options_.blank_lines_max); ++n) {
        out_ += line_end_;
      }
      out_.append(Indent(i) * options_.indent_columns, ' ');
      return;
    }
    const TokenKind before = KindAt(i - 1);
    const TokenKind kind = item.token.kind;
    if (IsTrivia(kind) || IsTrivia(before)) {
      out_ += item.blank || kind == TokenKind::kLineComment ? " " : "";
      return;
    }
    if (Opens(before) || Closes(kind) || kind == TokenKind::kComma) {
      return;
    }
    const bool around = before == TokenKind::kComma || before == TokenKind::kAssign ||
                        kind == TokenKind::kAssign ||
                        (kind == TokenKind::kLeftBrace && section_ == Section::kHead);
    if (item.blank || around) {
      out_ += ' ';
    }
  }

  std::string_view text_;
  FormatOptions options_;
  std::vector<Item> items_;
  std::string out_;
  std::string_view line_end_ = "\n";
  Section section_ = Section::kTop;
  std::size_t depth_ = 0;
  bool break_before_ = false;
  bool break_next_ = false;
  bool modifier_before_ = false;
  bool section_start_ = false;
  bool entry_start_ = false;
};

}  // namespace

std::vector<Token> Tokenize(std::string_view text) {
  std::vector<Token> tokens;
  Lexer lexer(text);
  for (Token token = lexer.NextRaw(); token.kind != TokenKind::kEndOfFile;
       token = lexer.NextRaw()) {
    tokens.push_back(token);
  }
  return tokens;
}

bool SameTokens(std::string_view a, std::string_view b) {
  Lexer left(a);
  Lexer right(b);
  const auto next = [](Lexer* lexer) {
    Token token = lexer->NextRaw();
    while (token.kind == TokenKind::kBlank) {
      token = lexer->NextRaw();
    }
    return token;
  };
  while (true) {
    const Token x = next(&left);
    const Token y = next(&right);
    if (x.kind != y.kind || left.TextOf(x) != right.TextOf(y)) {
      return false;
    }
    if (x.kind == TokenKind::kEndOfFile) {
      return true;
    }
  }
}

std::string FormatSource(std::string_view text, const FormatOptions& options) {
  const std::vector<Token> tokens = Tokenize(text);
  const bool broken = std::any_of(tokens.begin(), tokens.end(), [](const Token& token) {
    return token.kind == TokenKind::kInvalid;
  });
  if (broken) {
    return std::string(text);
  }
  std::string formatted = Formatter(text, options).Run();
  return SameTokens(text, formatted) ? formatted : std::string(text);
}

}  // namespace day::rules::syntax
