// The parser of hex strings: one pass, an explicit stack of open parentheses.
#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "libs/match/regex.h"
#include "libs/match/tree_builder.h"

namespace day::match {
namespace {

using base::ErrorKind;
using base::MakeError;
using base::Result;

// YR_STRING_CHAINING_THRESHOLD: longer jumps split the string, which alternatives cannot do.
constexpr std::int32_t kJumpInAlternativeMax = 200;
// How an open upper bound is kept by YARA.
constexpr std::int32_t kJumpUnbounded = 0x7FFFFFFF;

int HexValue(char c) {
  if (c >= '0' && c <= '9') {
    return c - '0';
  }
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// A number as C's atoi() reads it, wrap-around included.
std::int32_t WrappingNumber(std::string_view digits, int radix) {
  std::int64_t value = 0;
  for (const char c : digits) {
    if (__builtin_mul_overflow(value, std::int64_t{radix}, &value) ||
        __builtin_add_overflow(value, std::int64_t{HexValue(c)}, &value)) {
      return -1;
    }
  }
  return static_cast<std::int32_t>(static_cast<std::uint32_t>(static_cast<std::uint64_t>(value)));
}

class HexParser {
 public:
  explicit HexParser(std::string_view source) : source_(source) {}

  Result<RegexTree> Parse() {
    groups_.emplace_back();
    while (true) {
      SkipBlanks();
      if (pos_ >= source_.size()) {
        break;
      }
      DAY_TRY(Step());
    }
    if (groups_.size() != 1 || !MayEnd()) {
      return Fail("syntax error");
    }
    builder_.EndGroup(groups_.back());
    RegexTree& tree = builder_.tree();
    tree.greedy = false;
    tree.dot_all = true;
    return std::move(tree);
  }

 private:
  using Op = RegexTree::Op;

  base::Error Fail(std::string message) const {
    return MakeError(ErrorKind::kMalformed, std::move(message), std::min(pos_, source_.size()));
  }
  char Peek(std::size_t ahead = 0) const {
    return pos_ + ahead < source_.size() ? source_[pos_ + ahead] : '\0';
  }

  void SkipBlanks() {
    while (pos_ < source_.size()) {
      const char c = source_[pos_];
      if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
        ++pos_;
      } else if (c == '/' && Peek(1) == '*') {
        const std::size_t end = source_.find("*/", pos_ + 2);
        pos_ = end == std::string_view::npos ? source_.size() : end + 2;
      } else if (c == '/' && Peek(1) == '/') {
        const std::size_t end = source_.find('\n', pos_);
        pos_ = end == std::string_view::npos ? source_.size() : end;
      } else {
        return;
      }
    }
  }

  // A sequence is neither empty nor ends in a jump.
  bool MayEnd() const { return !groups_.back().items.empty() && !after_jump_; }

  void PushItem(std::uint32_t node, bool jump) {
    groups_.back().items.push_back(node);
    after_jump_ = jump;
  }

  base::Status Step() {
    switch (Peek()) {
      case '(':
        if (groups_.size() >= kNestingMax) {
          return MakeError(ErrorKind::kLimit, "alternatives nested too deep", pos_);
        }
        ++pos_;
        groups_.emplace_back();
        after_jump_ = false;
        return base::OkStatus();
      case '|':
        if (groups_.size() == 1 || !MayEnd()) {
          return Fail("syntax error");
        }
        ++pos_;
        builder_.EndAlternative(groups_.back());
        return base::OkStatus();
      case ')':
        return CloseParenthesis();
      case '[':
        return Jump();
      case '{':
      case '}':
        return Fail("syntax error");
      default:
        return Byte();
    }
  }

  base::Status CloseParenthesis() {
    if (groups_.size() == 1 || !MayEnd()) {
      return Fail("syntax error");
    }
    ++pos_;
    const std::uint32_t node = builder_.EndGroup(groups_.back());
    groups_.pop_back();
    PushItem(node, false);
    return base::OkStatus();
  }

  base::Status Byte() {
    const bool negated = Peek() == '~';
    const std::size_t at = negated ? 1 : 0;
    const char high = Peek(at);
    const char low = Peek(at + 1);
    const bool high_known = HexValue(high) >= 0;
    const bool low_known = HexValue(low) >= 0;
    const bool valid = (high_known || high == '?') && (low_known || low == '?') &&
                       !(negated && !high_known && !low_known);
    if (!valid) {
      return Fail(negated      ? "invalid not operator (~) in hex string"
                  : high_known ? "uneven number of digits in hex string"
                               : "invalid character in hex string");
    }
    pos_ += at + 2;
    if (!high_known && !low_known) {
      PushItem(builder_.Add(Op::kAny), false);
      return base::OkStatus();
    }
    const int mask = (high_known ? 0xF0 : 0) | (low_known ? 0x0F : 0);
    const int value = (high_known ? HexValue(high) << 4 : 0) | (low_known ? HexValue(low) : 0);
    if (mask == 0xFF && !negated) {
      PushItem(builder_.AddByte(static_cast<std::uint8_t>(value)), false);
    } else {
      PushItem(builder_.AddMasked(static_cast<std::uint8_t>(value), static_cast<std::uint8_t>(mask),
                                  negated),
               false);
    }
    return base::OkStatus();
  }

  // Blanks, but no comments, inside brackets.
  void SkipJumpBlanks() {
    while (Peek() == ' ' || Peek() == '\t' || Peek() == '\r' || Peek() == '\n') {
      ++pos_;
    }
  }

  std::optional<std::int32_t> Number() {
    SkipJumpBlanks();
    int radix = 10;
    if (Peek() == '0' && (Peek(1) | 0x20) == 'x' && HexValue(Peek(2)) >= 0) {
      radix = 16;  // YARA-X has it
      pos_ += 2;
    }
    const std::size_t start = pos_;
    while (HexValue(Peek()) >= 0 && HexValue(Peek()) < radix) {
      ++pos_;
    }
    if (pos_ == start) {
      return std::nullopt;
    }
    return WrappingNumber(source_.substr(start, pos_ - start), radix);
  }

  // What is wrong at a place inside brackets where the grammar wants something else.
  base::Error JumpError() const {
    const char c = Peek();
    const bool token = c == '\0' || c == '-' || c == ']' || (c >= '0' && c <= '9');
    return Fail(token ? "syntax error" : "invalid character in hex string jump");
  }

  base::Status Jump() {
    if (groups_.back().items.empty()) {
      return Fail("syntax error");
    }
    ++pos_;
    const std::optional<std::int32_t> low = Number();
    SkipJumpBlanks();
    std::optional<std::int32_t> high;
    bool dash = false;
    if (Peek() == '-') {
      ++pos_;
      dash = true;
      if (low) {
        high = Number();
      }
      SkipJumpBlanks();
    }
    if (Peek() != ']' || (!low && !dash)) {
      return JumpError();
    }
    ++pos_;
    return PushJump(low, dash, high);
  }

  base::Status PushJump(std::optional<std::int32_t> low, bool dash,
                        std::optional<std::int32_t> high) {
    const bool inside = groups_.size() > 1;
    if (!dash && *low <= 0) {
      return Fail("invalid jump length");
    }
    if (dash && !high && inside) {
      return Fail("unbounded jumps not allowed inside alternation (|)");
    }
    const std::int32_t min = low.value_or(0);
    const std::int32_t max = !dash ? min : high.value_or(kJumpUnbounded);
    if (inside && (min > kJumpInAlternativeMax || max > kJumpInAlternativeMax)) {
      return Fail("jumps over 200 not allowed inside alternation (|)");
    }
    if (min < 0 || max < 0) {
      return Fail("invalid negative jump length");
    }
    if (min > max) {
      return Fail("invalid jump range");
    }
    const std::uint32_t any = builder_.Add(Op::kAny);
    const bool one = !dash && min == 1;  // the same as ??
    // Even an open jump stays a counted repeat, unlike the `.*` of an expression: it splits chains.
    PushItem(one ? any
                 : builder_.AddRepeat(any, static_cast<std::uint32_t>(min),
                                      static_cast<std::uint32_t>(max)),
             true);
    return base::OkStatus();
  }

  std::string_view source_;
  std::size_t pos_ = 0;
  TreeBuilder builder_;
  std::vector<OpenGroup> groups_;
  bool after_jump_ = false;
};

}  // namespace

Result<RegexTree> ParseHex(std::string_view source, std::vector<ParseWarning>* /*warnings*/) {
  return HexParser(source).Parse();
}

}  // namespace day::match
