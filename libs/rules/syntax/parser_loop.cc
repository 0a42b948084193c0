// `for` and `with`: loops and their variables.
#include <algorithm>

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

}  // namespace

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
