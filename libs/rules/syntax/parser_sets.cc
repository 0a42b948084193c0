// `of` and its sets of strings, rules and conditions; ranges.
#include <limits>

#include "libs/rules/syntax/parser.h"

namespace day::rules::syntax {
namespace {

// Whether a token after "of (" can only be meant as YARA-X means it. (A number cannot: it would be
// a condition, but is more likely a mistake, which YARA's own error explains.)
bool StartsCondition(TokenKind kind) {
  return StartsExpression(kind) && kind != TokenKind::kInteger && kind != TokenKind::kFloat &&
         kind != TokenKind::kRegex && kind != TokenKind::kEntrypoint;
}

// What YARA's checks of a range take for the value of a bound. A bound of a wrong type is an error
// either way; which one depends on the bits that YARA finds where a number would be.
std::optional<std::int64_t> BoundValue(const Expression& bound) {
  if (bound.kind == Expression::Kind::kString) {
    return bound.literal ? std::numeric_limits<std::int64_t>::max() : std::int64_t{-1};
  }
  return bound.known ? std::optional(bound.value) : std::nullopt;
}

}  // namespace

// A quantifier that is an expression: an integer, not negative if known.
bool Parser::QuantityOf(Expression* expression, Quantity* quantity) {
  if (expression->kind == Kind::kInteger && expression->known) {
    if (expression->value == 0) {
      Warn("consider using \"none\" keyword, it is less ambiguous.", expression->span);
    }
    if (expression->value < 0) {
      return Fail(Code::kInvalidValue,
                  "invalid value in condition: \"" + std::to_string(expression->value) + "\"",
                  expression->span, "a number of strings is not negative");
    }
  }
  if (expression->kind == Kind::kFloat) {
    // YARA means to print the number but has not kept it.
    return Fail(Code::kInvalidValue, "invalid value in condition: \"0x0p+0\"", expression->span,
                "a number of strings is an integer");
  }
  if (expression->kind == Kind::kString) {
    std::string text = "string in for_expression is invalid";
    if (expression->literal) {
      text = c_.rules.texts[NodeAt(expression->node).index];
    }
    return Fail(Code::kInvalidValue,
                "invalid value in condition: \"" + text.substr(0, text.find('\0')) + "\"",
                expression->span, "a number of strings is an integer");
  }
  if (expression->kind == Kind::kRegex) {
    return Fail(Code::kInvalidValue,
                "invalid value in condition: \"regexp in for_expression is invalid\"",
                expression->span);
  }
  quantity->quantifier = Quantifier::kExpression;
  quantity->expression = *expression;
  quantity->has_expression = true;
  return true;
}

bool Parser::CheckPercentage(const Expression& expression) {
  if (!CheckType(expression, false, "%")) {
    return false;
  }
  if (expression.known && (expression.value < 1 || expression.value > 100)) {
    return Fail(Code::kInvalidPercentage, "percentage must be between 1 and 100 (inclusive)",
                expression.span);
  }
  return true;
}

void Parser::WarnQuantity(const Quantity& quantity, std::size_t count, const Span& span) {
  const Expression& e = quantity.expression;
  if (quantity.quantifier == Quantifier::kExpression && e.kind == Kind::kInteger && e.known &&
      e.value > static_cast<std::int64_t>(count)) {
    Warn("expression always false - requesting " + std::to_string(e.value) + " of " +
             std::to_string(count) + ".",
         span);
  }
}

bool Parser::SpendSet(std::uint64_t steps, const Span& span) {
  c_.set_steps += steps;
  if (c_.set_steps > kSetStepsMax || c_.set_entries > kSetEntriesMax) {
    return FailLimit("sets of strings or rules are too large", span);
  }
  return true;
}

// REQUIRES: `of` comes next.
bool Parser::ParseOf(Quantity quantity, Expression* out) {
  Span span = quantity.expression.span;
  Extend(&span, SpanOf(Take()));
  out->percent = false;
  if (Peek().kind != TokenKind::kThem && Peek().kind != TokenKind::kLeftParen) {
    return SyntaxError("<them> or '('");
  }
  set_.clear();
  if (Peek().kind == TokenKind::kThem) {
    return ParseStringSet() && ParseOfStrings(quantity, span, out);
  }
  const Token first = PeekSecond();
  Lexer ahead = sources_.back().lexer;
  (void)ahead.Next();
  const TokenKind second = ahead.Next().kind;
  const bool listed = second == TokenKind::kComma || second == TokenKind::kRightParen;
  const bool is_rule = first.kind == TokenKind::kIdentifier &&
                       (listed || second == TokenKind::kStar || second == TokenKind::kEndOfFile);
  const bool is_string =
      first.kind == TokenKind::kStringWildcard ||
      (first.kind == TokenKind::kStringIdentifier && (listed || second == TokenKind::kEndOfFile));
  if (is_rule) {
    if (!ParseRuleSet()) {
      return false;
    }
    if (quantity.quantifier == Quantifier::kPercent) {
      if (!CheckPercentage(quantity.expression)) {
        return false;
      }
    } else {
      WarnQuantity(quantity, set_.size(), span);
    }
    c_.rules.rule_sets.push_back(set_);
    out->span = span;
    out->has_node = true;
    Node node{.op = Op::kOfRules, .quantifier = quantity.quantifier, .span = span};
    node.index = static_cast<std::uint32_t>(c_.rules.rule_sets.size() - 1);
    out->node = AddNode(node, &quantity.expression.node, quantity.has_expression ? 1 : 0);
    out->kind = quantity.quantifier == Quantifier::kPercent ? Kind::kInteger : Kind::kBoolean;
    out->primary = false;
    out->known = false;
    return true;
  }
  if (is_string || !StartsCondition(first.kind) || !c_.options.yara_x_extensions) {
    return ParseStringSet() && ParseOfStrings(quantity, span, out);
  }
  return ParseOfBooleans(quantity, span, out);
}

bool Parser::ParseOfStrings(const Quantity& quantity, const Span& span, Expression* out) {
  const bool percent = quantity.quantifier == Quantifier::kPercent;
  Node node{.op = Op::kOfStrings, .quantifier = quantity.quantifier, .span = span};
  std::array<std::uint32_t, 3> children{};
  std::size_t count = 0;
  if (quantity.has_expression) {
    children[count++] = quantity.expression.node;
  }
  if (them_set_ != kLoopString && set_.empty()) {
    node.index = them_set_;
  } else {
    c_.rules.string_sets.push_back(set_);
    node.index = static_cast<std::uint32_t>(c_.rules.string_sets.size() - 1);
  }
  const std::size_t size = c_.rules.string_sets[node.index].size();
  if (percent) {
    if (!CheckPercentage(quantity.expression)) {
      return false;
    }
  } else if (Peek().kind == TokenKind::kIn) {
    Take();
    Expression low;
    Expression high;
    if (!ParseRange(&low, &high)) {
      return false;
    }
    node.op = Op::kOfStringsIn;
    children[count++] = low.node;
    children[count++] = high.node;
    Extend(&node.span, high.span);
    WarnQuantity(quantity, size, span);
  } else if (Peek().kind == TokenKind::kAt) {
    Take();
    Expression at;
    if (!ParseBinary(0, false, &at)) {
      return false;
    }
    if (at.kind != Kind::kInteger) {
      return Fail(Code::kInvalidValue,
                  "invalid value in condition: \"at expression must be an integer\"", at.span);
    }
    node.op = Op::kOfStringsAt;
    children[count++] = at.node;
    Extend(&node.span, at.span);
    WarnQuantity(quantity, size, span);
    const Expression& e = quantity.expression;
    const bool many = quantity.quantifier == Quantifier::kExpression && e.kind == Kind::kInteger &&
                      e.known && e.value > 1;
    if (many || (quantity.quantifier == Quantifier::kAll && size > 1)) {
      Warn("multiple strings at an offset is usually false.", span);
    }
  } else {
    WarnQuantity(quantity, size, span);
  }
  // YARA forgets to say that a percentage makes a condition: it stays an integer to a function.
  out->kind = percent ? Kind::kInteger : Kind::kBoolean;
  out->primary = false;
  out->known = false;
  out->literal = false;
  out->span = node.span;
  out->has_node = true;
  out->node = AddNode(node, children.data(), count);
  return true;
}

// YARA-X: Q of (condition, condition, ...)
bool Parser::ParseOfBooleans(const Quantity& quantity, const Span& span, Expression* out) {
  const std::size_t begin = operands_.size();
  const Token open = Take();
  if (!EnterNesting(SpanOf(open))) {
    return false;
  }
  if (quantity.has_expression) {
    operands_.push_back(quantity.expression.node);
  }
  Token close;
  while (true) {
    Expression item;
    if (!ParseOr(&item)) {
      return false;
    }
    ToBoolean(&item);
    operands_.push_back(item.node);
    if (Peek().kind != TokenKind::kComma) {
      break;
    }
    Take();
  }
  if (!Expect(TokenKind::kRightParen, "')' or ','", &close) ||
      (quantity.quantifier == Quantifier::kPercent && !CheckPercentage(quantity.expression))) {
    return false;
  }
  LeaveNesting();
  out->kind = Kind::kBoolean;
  out->primary = false;
  out->known = false;
  out->literal = false;
  out->span = span;
  out->span.end_offset = close.end;
  out->has_node = true;
  out->node = AddNode({.op = Op::kOfBooleans, .quantifier = quantity.quantifier, .span = out->span},
                      operands_.data() + begin, operands_.size() - begin);
  operands_.resize(begin);
  return true;
}

// Fills set_; for `them` after the first time leaves it empty and them_set_ set.
bool Parser::ParseStringSet() {
  set_.clear();
  if (Peek().kind == TokenKind::kThem) {
    Token all = Take();
    if (them_set_ != kLoopString) {
      return true;
    }
    const Rule& rule = c_.rules.rules[rule_];
    for (std::uint32_t i = 0; i < uses_.size(); ++i) {
      set_.push_back(rule.strings_begin + i);
      c_.rules.strings[rule.strings_begin + i].referenced = true;
      uses_[i].fixed = false;
    }
    if (set_.empty()) {
      return Fail(Code::kUndefinedString, "undefined string \"$*\"", SpanOf(all),
                  "the rule has no strings");
    }
    c_.set_entries += set_.size();
    if (!SpendSet(set_.size(), SpanOf(all))) {
      return false;
    }
    c_.rules.string_sets.push_back(set_);
    them_set_ = static_cast<std::uint32_t>(c_.rules.string_sets.size() - 1);
    set_.clear();
    return true;
  }
  if (!Expect(TokenKind::kLeftParen, "<them> or '('")) {
    return false;
  }
  while (true) {
    if (Peek().kind != TokenKind::kStringIdentifier && Peek().kind != TokenKind::kStringWildcard) {
      return SyntaxError("string identifier or string identifier with wildcard");
    }
    if (!AddStringsToSet(Take())) {
      return false;
    }
    if (Peek().kind != TokenKind::kComma) {
      return Expect(TokenKind::kRightParen, "')' or ','");
    }
    Take();
  }
}

bool Parser::AddStringsToSet(const Token& token) {
  std::string_view name = TextOf(token);
  const bool wildcard = token.kind == TokenKind::kStringWildcard;
  const std::string_view prefix = wildcard ? name.substr(0, name.size() - 1) : name;
  const Rule& rule = c_.rules.rules[rule_];
  const std::size_t before = set_.size();
  if (!SpendSet(uses_.size(), SpanOf(token))) {
    return false;
  }
  for (std::uint32_t i = 0; i < uses_.size(); ++i) {
    StringDeclaration& string = c_.rules.strings[rule.strings_begin + i];
    const std::string_view identifier = string.identifier;
    if (wildcard ? identifier.substr(0, prefix.size()) != prefix : identifier != name) {
      continue;
    }
    string.referenced = true;
    uses_[i].fixed = false;
    set_.push_back(rule.strings_begin + i);
  }
  if (set_.size() == before) {
    return Fail(Code::kUndefinedString, "undefined string \"" + std::string(name) + "\"",
                SpanOf(token));
  }
  c_.set_entries += set_.size() - before;
  return true;
}

bool Parser::ParseRuleSet() {
  set_.clear();
  if (!Expect(TokenKind::kLeftParen, "<them> or '('")) {
    return false;
  }
  while (true) {
    if (Peek().kind != TokenKind::kIdentifier) {
      return SyntaxError("identifier");
    }
    if (!AddRulesToSet(Take())) {
      return false;
    }
    if (Peek().kind != TokenKind::kComma) {
      return Expect(TokenKind::kRightParen, "')' or ','");
    }
    Take();
  }
}

bool Parser::AddRulesToSet(const Token& token) {
  const std::string_view name = TextOf(token);
  if (Peek().kind != TokenKind::kStar) {
    const std::optional<std::uint32_t> rule = c_.rule_names.Find(scope_, name);
    if (!rule) {
      return Fail(Code::kUndefinedIdentifier, "undefined identifier \"" + std::string(name) + "\"",
                  SpanOf(token), NameHint(name));
    }
    set_.push_back(*rule);
    ++c_.set_entries;
    return true;
  }
  Take();
  c_.wildcards.Set(scope_, name, 1);
  const std::size_t before = set_.size();
  if (!SpendSet(rule_ + std::uint64_t{1}, SpanOf(token))) {
    return false;
  }
  // YARA walks over the rules of all namespaces and looks each name up in its own: a name that two
  // namespaces share counts twice.
  for (std::uint32_t i = 0; i <= rule_; ++i) {
    const std::string& identifier = c_.rules.rules[i].identifier;
    if (identifier.compare(0, name.size(), name) != 0) {
      continue;
    }
    if (const std::optional<std::uint32_t> rule = c_.rule_names.Find(scope_, identifier)) {
      set_.push_back(*rule);
    }
  }
  if (set_.size() == before) {
    return Fail(Code::kUndefinedIdentifier, "undefined identifier \"" + std::string(name) + "\"",
                SpanOf(token), "no earlier rule begins like this");
  }
  c_.set_entries += set_.size() - before;
  return true;
}

bool Parser::ParseRange(Expression* low, Expression* high) {
  Token open;
  Token close;
  if (!Expect(TokenKind::kLeftParen, "'('", &open) || !EnterNesting(SpanOf(open)) ||
      !ParseBinary(0, false, low) || !Expect(TokenKind::kDotDot, {}) ||
      !ParseBinary(0, false, high) || !Expect(TokenKind::kRightParen, {}, &close)) {
    return false;
  }
  LeaveNesting();
  high->span.end_offset = close.end;
  return CheckRange(*low, *high);
}

bool Parser::CheckRange(const Expression& low, const Expression& high) {
  const std::optional<std::int64_t> first = BoundValue(low);
  const std::optional<std::int64_t> last = BoundValue(high);
  if (first && last && *first > *last) {
    return Fail(Code::kInvalidValue,
                "invalid value in condition: \"range lower bound must be less than upper bound\"",
                low.span);
  }
  if (first && last && *first < 0) {
    return Fail(Code::kInvalidValue,
                "invalid value in condition: \"range lower bound can not be negative\"", low.span);
  }
  if (high.kind != Kind::kInteger) {
    return Fail(Code::kWrongType, "wrong type for range's upper bound", high.span);
  }
  if (low.kind != Kind::kInteger) {
    return Fail(Code::kWrongType, "wrong type for range's lower bound", low.span);
  }
  return true;
}

}  // namespace day::rules::syntax
