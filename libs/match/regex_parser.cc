// The parser of regular expressions: one pass over the characters, an explicit stack of groups.
//
// It accepts and refuses exactly what YARA's lexer and grammar do, with their messages. The places
// where YARA differs from other dialects are commented where they happen.
#include <array>
#include <cctype>
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

// RE_MAX_RANGE: both the largest count allowed and what an open upper bound means.
constexpr std::int32_t kRepeatCountMax = 32767;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

int HexValue(char c) {
  if (IsDigit(c)) {
    return c - '0';
  }
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// What C's atoi() gives on a 64-bit system, wrap-around included, because limits are tested on
// that.
std::int32_t WrappingNumber(std::string_view digits) {
  std::int64_t value = 0;
  for (const char c : digits) {
    if (__builtin_mul_overflow(value, std::int64_t{10}, &value) ||
        __builtin_add_overflow(value, std::int64_t{c - '0'}, &value)) {
      return -1;
    }
  }
  return static_cast<std::int32_t>(static_cast<std::uint32_t>(static_cast<std::uint64_t>(value)));
}

ByteSet WordSet() {
  ByteSet set;
  set.AddRange('0', '9');
  set.AddRange('A', 'Z');
  set.AddRange('a', 'z');
  set.Add('_');
  return set;
}

ByteSet SpaceSet() {
  ByteSet set;
  set.AddRange('\t', '\r');
  set.Add(' ');
  return set;
}

ByteSet DigitSet() {
  ByteSet set;
  set.AddRange('0', '9');
  return set;
}

// \w \W \s \S \d \D, inside and outside classes.
std::optional<ByteSet> NamedSet(char letter) {
  ByteSet set;
  switch (letter) {
    case 'w':
    case 'W':
      set = WordSet();
      break;
    case 's':
    case 'S':
      set = SpaceSet();
      break;
    case 'd':
    case 'D':
      set = DigitSet();
      break;
    default:
      return std::nullopt;
  }
  if (letter < 'a') {
    set.Negate();
  }
  return set;
}

void CloseUnderCase(ByteSet& set) {
  for (unsigned c = 'a'; c <= 'z'; ++c) {
    const auto lower = static_cast<std::uint8_t>(c);
    const auto upper = static_cast<std::uint8_t>(c - 32);
    if (set.Has(lower) || set.Has(upper)) {
      set.Add(lower);
      set.Add(upper);
    }
  }
}

class RegexParser {
 public:
  RegexParser(std::string_view source, RegexFlags flags, std::vector<ParseWarning>* warnings)
      : flags_(flags), warnings_(warnings) {
    // The rule lexer turns "\/" into "/" before the expression is looked at: "[a-\/]" is a range.
    for (std::size_t i = 0; i < source.size() && source[i] != '\0'; ++i) {
      if (source[i] == '\\' && i + 1 < source.size() && source[i + 1] != '\0') {
        if (source[i + 1] != '/') {
          Keep(source[i], i);
        }
        ++i;
      }
      Keep(source[i], i);
    }
    offsets_.push_back(source.size());
  }

  Result<RegexTree> Parse() {
    groups_.emplace_back();
    while (pos_ < text_.size()) {
      DAY_TRY(Step());
    }
    if (groups_.size() != 1) {
      return SyntaxError();
    }
    if (!alternative_started_ && groups_.back().alternatives.empty()) {
      return SyntaxError();
    }
    const std::uint32_t root = builder_.EndGroup(groups_.back());
    if (greedy_seen_ && lazy_seen_ && !flags_.allow_mixed_greed) {
      return Fail("greedy and ungreedy quantifiers can't be mixed in a regular expression");
    }
    RegexTree& tree = builder_.tree();
    // Without any quantifier nothing is greedy: the first length found at an offset stays.
    tree.greedy = greedy_seen_;
    tree.dot_all = flags_.dot_all;
    tree.no_case = flags_.no_case;
    WarnOfUnboundedDots(root);
    return std::move(tree);
  }

 private:
  using Op = RegexTree::Op;

  void Keep(char c, std::size_t offset) {
    text_.push_back(c);
    offsets_.push_back(offset);
  }
  std::uint64_t Offset(std::size_t pos) const { return offsets_[std::min(pos, text_.size())]; }
  base::Error Fail(std::string message) const {
    return MakeError(ErrorKind::kMalformed, std::move(message), Offset(pos_));
  }
  base::Error SyntaxError() const { return Fail("syntax error"); }
  bool At(std::size_t pos, char c) const { return pos < text_.size() && text_[pos] == c; }

  void PushItem(std::uint32_t node, bool single) {
    groups_.back().items.push_back(node);
    alternative_started_ = true;
    quantifiable_ = single;
  }

  base::Status Step() {
    const char c = text_[pos_];
    switch (c) {
      case '(':
        return OpenParenthesis();
      case ')':
        return CloseParenthesis();
      case '|':
        return Bar();
      case '*':
        return Quantify(1, 0, kUnbounded);
      case '+':
        return Quantify(1, 1, kUnbounded);
      case '?':
        return Quantify(1, 0, 1);
      case '^':
      case '$':
        ++pos_;
        PushItem(builder_.Add(c == '^' ? Op::kStart : Op::kEnd), false);
        return base::OkStatus();
      case '.':
        ++pos_;
        PushItem(builder_.Add(Op::kAny), true);
        return base::OkStatus();
      case '[':
        return Class();
      case '\\':
        return Escape();
      case '{':
        return Brace();
      default:
        ++pos_;
        PushItem(builder_.AddByte(static_cast<std::uint8_t>(c)), true);
        return base::OkStatus();
    }
  }

  base::Status OpenParenthesis() {
    if (groups_.size() >= kNestingMax) {
      return MakeError(ErrorKind::kLimit, "groups nested too deep", Offset(pos_));
    }
    ++pos_;
    groups_.emplace_back();
    alternative_started_ = false;
    quantifiable_ = false;
    return base::OkStatus();
  }

  // An alternative may be empty, but not the first of its group: "(a|)" is fine, "(|a)" is not.
  bool MayEndAlternative() const {
    return alternative_started_ || !groups_.back().alternatives.empty();
  }

  base::Status CloseParenthesis() {
    if (groups_.size() == 1 || !MayEndAlternative()) {
      return SyntaxError();
    }
    ++pos_;
    const std::uint32_t node = builder_.EndGroup(groups_.back());
    groups_.pop_back();
    PushItem(node, true);
    return base::OkStatus();
  }

  base::Status Bar() {
    if (!MayEndAlternative()) {
      return SyntaxError();
    }
    ++pos_;
    builder_.EndAlternative(groups_.back());
    alternative_started_ = false;
    quantifiable_ = false;
    return base::OkStatus();
  }

  base::Status Quantify(std::size_t size, std::uint32_t min, std::uint32_t max) {
    if (!quantifiable_) {
      return SyntaxError();
    }
    pos_ += size;
    if (At(pos_, '?')) {
      ++pos_;
      lazy_seen_ = true;
    } else {
      greedy_seen_ = true;
    }
    std::uint32_t& item = groups_.back().items.back();
    item = builder_.AddRepeat(item, min, max);
    quantifiable_ = false;
    return base::OkStatus();
  }

  // "{n}", "{n,m}" with blanks around the comma; anything else is a literal brace.
  base::Status Brace() {
    std::size_t p = pos_ + 1;
    const std::size_t low_at = p;
    while (p < text_.size() && IsDigit(text_[p])) {
      ++p;
    }
    const std::string_view low_digits = std::string_view(text_).substr(low_at, p - low_at);
    if (At(p, '}') && !low_digits.empty()) {
      const std::int32_t count = WrappingNumber(low_digits);
      if (count > kRepeatCountMax || count < 0) {
        return Fail("repeat interval too large");
      }
      return Quantify(p + 1 - pos_, static_cast<std::uint32_t>(count),
                      static_cast<std::uint32_t>(count));
    }
    while (At(p, ' ')) {
      ++p;
    }
    if (!At(p, ',')) {
      return LiteralBrace();
    }
    ++p;
    while (At(p, ' ')) {
      ++p;
    }
    const std::size_t high_at = p;
    while (p < text_.size() && IsDigit(text_[p])) {
      ++p;
    }
    if (!At(p, '}')) {
      return LiteralBrace();
    }
    const std::string_view high_digits = std::string_view(text_).substr(high_at, p - high_at);
    const std::int32_t low = WrappingNumber(low_digits);
    const std::int32_t high = high_digits.empty() ? kRepeatCountMax : WrappingNumber(high_digits);
    if (high > kRepeatCountMax) {
      return Fail("repeat interval too large");
    }
    if (high < low || high < 0 || low < 0) {
      return Fail("bad repeat interval");
    }
    return Quantify(p + 1 - pos_, static_cast<std::uint32_t>(low),
                    static_cast<std::uint32_t>(high));
  }

  base::Status LiteralBrace() {
    ++pos_;
    PushItem(builder_.AddByte('{'), true);
    return base::OkStatus();
  }

  base::Status Escape() {
    const char next = pos_ + 1 < text_.size() ? text_[pos_ + 1] : '\0';
    if (next == 'b' || next == 'B') {
      pos_ += 2;
      PushItem(builder_.Add(next == 'b' ? Op::kWordBoundary : Op::kNotWordBoundary), false);
      return base::OkStatus();
    }
    if (const std::optional<ByteSet> set = NamedSet(next)) {
      pos_ += 2;
      PushItem(builder_.AddSet(*set), true);
      return base::OkStatus();
    }
    if (IsDigit(next)) {
      return Fail("backreferences are not allowed");
    }
    DAY_TRY_ASSIGN(const std::uint8_t byte, EscapedByte(true));
    PushItem(builder_.AddByte(byte), true);
    return base::OkStatus();
  }

  // Reads an escaped byte at a backslash.
  Result<std::uint8_t> EscapedByte(bool warn) {
    const std::size_t start = pos_;
    if (start + 1 >= text_.size()) {
      return Fail("illegal escape sequence");
    }
    const char c = text_[start + 1];
    if (c == 'x') {
      if (start + 3 >= text_.size() || HexValue(text_[start + 2]) < 0 ||
          HexValue(text_[start + 3]) < 0) {
        return Fail("illegal escape sequence");
      }
      pos_ += 4;
      return static_cast<std::uint8_t>(HexValue(text_[start + 2]) * 16 +
                                       HexValue(text_[start + 3]));
    }
    pos_ += 2;
    static constexpr std::string_view kLetters = "ntrfa";
    static constexpr std::array<std::uint8_t, 5> kValues = {'\n', '\t', '\r', '\f', '\a'};
    if (const std::size_t i = kLetters.find(c); i != std::string_view::npos) {
      return kValues[i];
    }
    static constexpr std::string_view kKnown = "\\^$.|()[]*+?\"'-{}#:_=/!,@<>~&%";
    if (warn && warnings_ != nullptr && kKnown.find(c) == std::string_view::npos) {
      warnings_->push_back(
          {ParseWarning::Code::kUnknownEscape, "unknown escape sequence", Offset(start)});
    }
    return static_cast<std::uint8_t>(c);
  }

  base::Status Class() {
    ++pos_;
    const bool negated = At(pos_, '^');
    if (negated) {
      ++pos_;
    }
    ByteSet set;
    if (At(pos_, ']')) {  // "[]a]" holds a bracket
      set.Add(']');
      ++pos_;
    }
    while (!At(pos_, ']')) {
      if (pos_ >= text_.size()) {
        return Fail("missing terminating ] for character class");
      }
      DAY_TRY(ClassItem(set));
    }
    ++pos_;
    if (flags_.no_case) {
      CloseUnderCase(set);
    }
    if (negated) {
      set.Negate();
    }
    PushItem(builder_.AddSet(set), true);
    return base::OkStatus();
  }

  // Where the first end of a range starting here stops, or 0: a range is "x-y" with y not "]". It
  // comes before "\w": "[\w-z]" is the range from w to z.
  std::size_t RangeDash() const {
    std::size_t first_size = 1;
    if (text_[pos_] == '\\') {
      const bool hex = At(pos_ + 1, 'x') && pos_ + 3 < text_.size() &&
                       HexValue(text_[pos_ + 2]) >= 0 && HexValue(text_[pos_ + 3]) >= 0;
      if (hex && IsRangeTail(pos_ + 4)) {
        return pos_ + 4;
      }
      first_size = 2;
    }
    return IsRangeTail(pos_ + first_size) ? pos_ + first_size : 0;
  }
  bool IsRangeTail(std::size_t dash) const {
    return At(dash, '-') && dash + 1 < text_.size() && text_[dash + 1] != ']';
  }

  base::Status ClassItem(ByteSet& set) {
    if (const std::size_t dash = RangeDash(); dash != 0) {
      return ClassRange(dash, set);
    }
    const char c = text_[pos_];
    if (c == '\\') {
      const char next = pos_ + 1 < text_.size() ? text_[pos_ + 1] : '\0';
      if (const std::optional<ByteSet> named = NamedSet(next)) {
        pos_ += 2;
        set |= *named;
        return base::OkStatus();
      }
      DAY_TRY_ASSIGN(const std::uint8_t byte, EscapedByte(true));
      set.Add(byte);
      return base::OkStatus();
    }
    if (c < 32 || c == 127) {
      return Fail("non-ascii character");
    }
    set.Add(static_cast<std::uint8_t>(c));
    ++pos_;
    return base::OkStatus();
  }

  base::Status ClassRange(std::size_t dash, ByteSet& set) {
    auto first = static_cast<std::uint8_t>(text_[pos_]);
    if (text_[pos_] == '\\') {
      DAY_TRY_ASSIGN(first, EscapedByte(false));
    }
    pos_ = dash + 1;
    auto last = static_cast<std::uint8_t>(text_[pos_]);
    if (text_[pos_] == '\\') {
      DAY_TRY_ASSIGN(last, EscapedByte(false));
    } else {
      ++pos_;
    }
    if (last < first) {
      return Fail("bad character range");
    }
    set.AddRange(first, last);
    return base::OkStatus();
  }

  // YARA looks at the repeats of a dot that stand directly in (nested) concatenations.
  void WarnOfUnboundedDots(std::uint32_t root) {
    if (warnings_ == nullptr) {
      return;
    }
    const std::vector<RegexTree::Node>& nodes = builder_.tree().nodes;
    std::vector<std::uint32_t> stack = {root};
    while (!stack.empty()) {
      const RegexTree::Node& node = nodes[stack.back()];
      stack.pop_back();
      if (node.op == Op::kConcat) {
        stack.insert(stack.end(), node.children.begin(), node.children.end());
      } else if (node.op == Op::kRepeat && nodes[node.children[0]].op == Op::kAny &&
                 node.max >= static_cast<std::uint32_t>(kRepeatCountMax)) {
        warnings_->push_back({ParseWarning::Code::kSlowPattern,
                              "contains .*, .+ or .{x,} consider using .{,N}, .{1,N} or {x,N} "
                              "with a reasonable value for N",
                              0});
        return;
      }
    }
  }

  RegexFlags flags_;
  std::vector<ParseWarning>* warnings_;
  std::string text_;
  std::vector<std::uint64_t> offsets_;
  std::size_t pos_ = 0;
  TreeBuilder builder_;
  std::vector<OpenGroup> groups_;
  bool alternative_started_ = false;
  bool quantifiable_ = false;
  bool greedy_seen_ = false;
  bool lazy_seen_ = false;
};

}  // namespace

Result<RegexTree> ParseRegex(std::string_view source, RegexFlags flags,
                             std::vector<ParseWarning>* warnings) {
  if (source.size() > kRegexSourceMax) {
    return MakeError(ErrorKind::kLimit, "regular expression too long", kRegexSourceMax);
  }
  return RegexParser(source, flags, warnings).Parse();
}

}  // namespace day::match
