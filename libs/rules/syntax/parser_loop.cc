// `of`, `for` and `with`: sets of strings and rules, loops and their variables.
#include <algorithm>
#include <limits>

#include "libs/rules/syntax/parser.h"

namespace day::rules::syntax {
namespace {

Type TypeOf(Expression::Kind kind) {
  switch (kind) {
    case Expression::Kind::kInteger:
      return Type::kInteger;
    case Expression::Kind::kFloat:
      return Type::kFloat;
    case Expression::Kind::kString:
      return Type::kString;
    default:
      return Type::kBoolean;
  }
}

Type TypeOf(module::Kind kind) {
  switch (kind) {
    case module::Kind::kInteger:
      return Type::kInteger;
    case module::Kind::kFloat:
      return Type::kFloat;
    case module::Kind::kString:
      return Type::kString;
    default:
      return Type::kObject;
  }
}

// Whether a token after "of (" can only be meant as YARA-X means it. (A number cannot: it would be
// a condition, but is more likely a mistake, which YARA's own error explains.)
bool StartsCondition(TokenKind kind) {
  switch (kind) {
    case TokenKind::kLeftParen:
    case TokenKind::kMinus:
    case TokenKind::kTilde:
    case TokenKind::kNot:
    case TokenKind::kDefined:
    case TokenKind::kTrue:
    case TokenKind::kFalse:
    case TokenKind::kStringIdentifier:
    case TokenKind::kStringCount:
    case TokenKind::kStringOffset:
    case TokenKind::kStringLength:
    case TokenKind::kIdentifier:
    case TokenKind::kTextString:
    case TokenKind::kFilesize:
    case TokenKind::kReadInteger:
    case TokenKind::kFor:
    case TokenKind::kAll:
    case TokenKind::kAny:
    case TokenKind::kNone:
      return true;
    default:
      return false;
  }
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

bool Parser::ParseFor(Expression* out) {
  const Token token = Take();
  Quantity quantity;
  switch (Peek().kind) {
    case TokenKind::kAll:
    case TokenKind::kAny:
    case TokenKind::kNone: {
      const TokenKind kind = Take().kind;
      quantity.quantifier = kind == TokenKind::kAll   ? Quantifier::kAll
                            : kind == TokenKind::kAny ? Quantifier::kAny
                                                      : Quantifier::kNone;
      break;
    }
    default: {
      Expression expression;
      if (!ParseBinary(0, false, &expression) || (Peek(), !QuantityOf(&expression, &quantity))) {
        return false;
      }
    }
  }
  Peek();
  if (loop_depth_ >= kLoopNestingMax) {
    return Fail(Code::kLoopNestingLimitExceeded, "loop nesting limit exceeded", SpanOf(token),
                "loops nest at most 4 deep");
  }
  ++loop_depth_;
  const std::size_t variables_before = variables_.size();
  const std::size_t slots_before = next_slot_;
  const Span span = SpanOf(token);
  bool ok = false;
  if (Peek().kind == TokenKind::kOf) {
    ok = ParseForStrings(quantity, span, out);
  } else if (Peek().kind == TokenKind::kIdentifier) {
    ok = ParseForIterator(quantity, span, out);
  } else {
    return SyntaxError("identifier or <of>");
  }
  if (!ok) {
    return false;
  }
  variables_.resize(variables_before);
  next_slot_ = slots_before;
  --loop_depth_;
  out->kind = Kind::kBoolean;
  out->primary = false;
  out->has_node = true;
  return true;
}

bool Parser::ParseForStrings(const Quantity& quantity, const Span& span, Expression* out) {
  Take();
  if (!ParseStringSet()) {
    return false;
  }
  Node node{.op = Op::kForStrings, .quantifier = quantity.quantifier};
  if (set_.empty()) {
    node.index = them_set_;
  } else {
    c_.rules.string_sets.push_back(set_);
    node.index = static_cast<std::uint32_t>(c_.rules.string_sets.size() - 1);
  }
  if (in_for_strings_) {
    return Fail(Code::kNestedForOfLoop, "'for <quantifier> of <string set>' loops can't be nested",
                span);
  }
  in_for_strings_ = true;
  Expression body;
  if (!ParseLoopBody(&body)) {
    return false;
  }
  in_for_strings_ = false;
  out->span = span;
  Extend(&out->span, body.span);
  node.span = out->span;
  const std::uint32_t children[] = {quantity.expression.node, body.node};
  out->node = quantity.has_expression ? AddNode(node, children, 2) : AddNode(node, {body.node});
  return true;
}

bool Parser::ParseForIterator(const Quantity& quantity, const Span& span, Expression* out) {
  // The variables belong to the loop from their declaration on, but get their types from the
  // iterator.
  loop_variables_begin_ = variables_.size();
  const std::size_t operands_begin = operands_.size();
  if (quantity.has_expression) {
    operands_.push_back(quantity.expression.node);
  }
  const std::size_t body_at = operands_.size();
  Node node{.op = Op::kForRange, .quantifier = quantity.quantifier};
  if (!ParseLoopVariables() || !Expect(TokenKind::kIn, "<in> or ','") || !ParseIterator(&node)) {
    return false;
  }
  Expression body;
  if (!ParseLoopBody(&body)) {
    return false;
  }
  // A range is evaluated once, so its bounds come before the body; other loops list the body first.
  const auto body_place = node.op == Op::kForRange
                              ? operands_.end()
                              : operands_.begin() + static_cast<std::ptrdiff_t>(body_at);
  operands_.insert(body_place, body.node);
  out->span = span;
  Extend(&out->span, body.span);
  node.span = out->span;
  out->node = AddNode(node, operands_.data() + operands_begin, operands_.size() - operands_begin);
  operands_.resize(operands_begin);
  return true;
}

bool Parser::ParseLoopVariables() {
  while (true) {
    Token name;
    if (!Expect(TokenKind::kIdentifier, "identifier", &name)) {
      return false;
    }
    const std::string_view text = TextOf(name);
    if (variables_.size() - loop_variables_begin_ == kLoopVariablesMax) {
      return Fail(Code::kSyntaxError, "too many loop variables", SpanOf(name));
    }
    if (FindVariable(text) != nullptr) {
      return Fail(Code::kDuplicatedLoopIdentifier,
                  "duplicated loop identifier \"" + std::string(text) + "\"", SpanOf(name));
    }
    if (next_slot_ >= kSlotsMax) {
      return FailLimit("too many variables", SpanOf(name));
    }
    Variable& variable = variables_.emplace_back();
    variable.name = text;
    variable.slot = static_cast<std::uint8_t>(next_slot_++);
    variable.value.kind = Kind::kInteger;
    variable.in_slot = true;
    if (Peek().kind != TokenKind::kComma) {
      return true;
    }
    Take();
  }
}

bool Parser::ParseIterator(Node* loop) {
  loop->slot_first = variables_[loop_variables_begin_].slot;
  if (Peek().kind == TokenKind::kIdentifier) {
    return ParseObjectIterator(loop);
  }
  if (Peek().kind == TokenKind::kLeftParen) {
    return ParseSetIterator(loop);
  }
  return SyntaxError("identifier or '('");
}

bool Parser::ParseObjectIterator(Node* loop) {
  Expression object;
  if (!ParseIdentifier(&object)) {
    return false;
  }
  const std::size_t count = variables_.size() - loop_variables_begin_;
  const bool is_array = object.kind == Kind::kObject && object.object_kind == module::Kind::kArray;
  const bool is_dictionary =
      object.kind == Kind::kObject && object.object_kind == module::Kind::kDictionary;
  if (!is_array && !is_dictionary) {
    return Fail(Code::kWrongType, "identifier \"" + std::string(object.name) + "\" is not iterable",
                object.span);
  }
  if (is_array && count != 1) {
    return Fail(Code::kSyntaxError,
                "iterator for \"" + std::string(object.name) +
                    "\" yields a single item on each iteration, but the loop expects " +
                    std::to_string(count),
                object.span);
  }
  if (is_dictionary && count != 2) {
    return Fail(Code::kSyntaxError,
                "iterator for \"" + std::string(object.name) +
                    "\" yields a key,value pair item on each iteration",
                object.span);
  }
  if (object.path_size >= kPathIndicesMax || object.field->children.empty()) {
    return FailLimit("too many indexes", object.span);
  }
  const module::Field& element = object.field->children[0];
  const bool scalar = TypeOf(element.kind) != Type::kObject;
  loop->op = is_array ? Op::kForArray : Op::kForDict;
  loop->module = object.module;
  loop->field = object.field->id;
  loop->defined_without_format = object.field->defined_without_format;
  loop->value = scalar ? 1 : 0;
  loop->index = scalar ? element.id : 0;
  operands_.insert(operands_.end(), object.path.begin(), object.path.begin() + object.path_size);
  Variable& last = variables_.back();
  const std::uint8_t key_slot = variables_[loop_variables_begin_].slot;
  if (is_dictionary) {
    variables_[loop_variables_begin_].value.kind = Kind::kString;
    variables_[loop_variables_begin_].slot_type = Type::kString;
  }
  last.value = object;
  last.value.field = &element;
  last.value.parent = nullptr;
  last.value.object_kind = element.kind;
  last.in_slot = scalar;
  last.indexes_path = !scalar;
  last.slot_type = scalar ? TypeOf(element.kind) : is_array ? Type::kInteger : Type::kString;
  if (!scalar) {
    last.slot = key_slot;
  }
  return true;
}

// (low..high) or (a, b, c)
bool Parser::ParseSetIterator(Node* loop) {
  const Token open = Take();
  Expression first;
  if (!EnterNesting(SpanOf(open)) || !ParseBinary(0, false, &first)) {
    return false;
  }
  operands_.push_back(first.node);
  if (Peek().kind == TokenKind::kDotDot) {
    Take();
    Expression high;
    if (!ParseBinary(0, false, &high) || !Expect(TokenKind::kRightParen, {}) ||
        !CheckRange(first, high)) {
      return false;
    }
    operands_.push_back(high.node);
    loop->op = Op::kForRange;
  } else {
    if (first.kind != Kind::kInteger && first.kind != Kind::kString) {
      return Fail(Code::kWrongType, "wrong type for enumeration item", first.span);
    }
    while (Peek().kind == TokenKind::kComma) {
      Take();
      Expression item;
      if (!ParseBinary(0, false, &item)) {
        return false;
      }
      Peek();
      if (item.kind != first.kind) {
        return Fail(Code::kWrongType, "enumerations must be all the same type", item.span);
      }
      operands_.push_back(item.node);
    }
    if (!Expect(TokenKind::kRightParen, "')' or ','")) {
      return false;
    }
    loop->op = Op::kForList;
  }
  LeaveNesting();
  const std::size_t count = variables_.size() - loop_variables_begin_;
  if (count != 1) {
    return Fail(Code::kSyntaxError,
                "iterator yields one value on each iteration , but the loop expects " +
                    std::to_string(count),
                SpanOf(open));
  }
  variables_.back().value.kind = first.kind;
  variables_.back().slot_type = TypeOf(first.kind);
  return true;
}

bool Parser::ParseLoopBody(Expression* body) {
  Token open;
  Token close;
  if (!Expect(TokenKind::kColon, "':'") || !Expect(TokenKind::kLeftParen, "'('", &open) ||
      !EnterNesting(SpanOf(open)) || !ParseOr(body)) {
    return false;
  }
  ToBoolean(body);
  if (!Expect(TokenKind::kRightParen, "<or> or <and> or ')'", &close)) {
    return false;
  }
  LeaveNesting();
  body->span.end_offset = close.end;
  return true;
}

// `with` is an ordinary name in YARA, where another name never follows a name.
bool Parser::IsWith() {
  return c_.options.yara_x_extensions && TextOf(Peek()) == "with" &&
         PeekSecond().kind == TokenKind::kIdentifier;
}

bool Parser::ParseWith(Expression* out) {
  const Token token = Take();
  const std::size_t variables_before = variables_.size();
  const std::size_t slots_before = next_slot_;
  const std::size_t operands_begin = operands_.size();
  Node node{.op = Op::kWith, .slot_first = static_cast<std::uint8_t>(next_slot_)};
  while (true) {
    if (variables_.size() - variables_before >= kWithVariablesMax) {
      return FailLimit("too many variables", SpanOf(token));
    }
    if (!ParseWithVariable()) {
      return false;
    }
    if (Peek().kind != TokenKind::kComma) {
      break;
    }
    Take();
  }
  Expression body;
  if (!EnterNesting(SpanOf(token)) || !ParseLoopBody(&body)) {
    return false;
  }
  LeaveNesting();
  operands_.insert(operands_.begin() + static_cast<std::ptrdiff_t>(operands_begin), body.node);
  out->span = SpanOf(token);
  Extend(&out->span, body.span);
  node.span = out->span;
  out->kind = Kind::kBoolean;
  out->primary = false;
  out->has_node = true;
  out->node = AddNode(node, operands_.data() + operands_begin, operands_.size() - operands_begin);
  operands_.resize(operands_begin);
  variables_.resize(variables_before);
  next_slot_ = slots_before;
  return true;
}

// name = value. Values go to slots; structures, arrays and dictionaries are only another name.
bool Parser::ParseWithVariable() {
  Token name;
  if (!Expect(TokenKind::kIdentifier, "identifier", &name) || !Expect(TokenKind::kAssign, "'='")) {
    return false;
  }
  const std::string_view text = TextOf(name);
  if (FindVariable(text) != nullptr) {
    return Fail(Code::kDuplicatedLoopIdentifier,
                "duplicated loop identifier \"" + std::string(text) + "\"", SpanOf(name));
  }
  Expression value;
  const TokenKind after =
      Peek().kind == TokenKind::kIdentifier ? PeekSecond().kind : TokenKind::kEndOfFile;
  const bool chain = after == TokenKind::kDot || after == TokenKind::kLeftBracket;
  // A place in a module may be anything; whatever else stands here is an operand.
  if (chain) {
    if (!ParseIdentifier(&value)) {
      return false;
    }
    if (value.kind == Kind::kObject && TypeOf(value.object_kind) == Type::kObject) {
      Variable& variable = variables_.emplace_back();
      variable.name = text;
      variable.value = value;
      return true;
    }
    if (!ReadValue(&value)) {
      return false;
    }
  } else if (!ParseBinary(0, false, &value)) {
    return false;
  }
  if (value.kind != Kind::kInteger && value.kind != Kind::kFloat && value.kind != Kind::kString &&
      value.kind != Kind::kBoolean) {
    return Fail(Code::kWrongType, "wrong usage of identifier \"" + std::string(text) + "\"",
                value.span);
  }
  if (next_slot_ >= kSlotsMax) {
    return FailLimit("too many variables", SpanOf(name));
  }
  operands_.push_back(value.node);
  Variable& variable = variables_.emplace_back();
  variable.name = text;
  variable.slot = static_cast<std::uint8_t>(next_slot_++);
  variable.in_slot = true;
  variable.value.kind = value.kind;
  variable.slot_type = TypeOf(value.kind);
  return true;
}

}  // namespace day::rules::syntax
