// Conditions: boolean operators, comparisons, and the nodes they become.
#include <algorithm>

#include "libs/rules/syntax/operators.h"
#include "libs/rules/syntax/parser.h"

namespace day::rules::syntax {
Span Parser::SpanOf(const Token& token) const {
  return {.file = token.file,
          .begin_offset = token.begin,
          .end_offset = token.end,
          .line = token.line,
          .column = token.column};
}

std::uint32_t Parser::AddNode(Node node, const std::uint32_t* children, std::size_t count) {
  node.children_begin = static_cast<std::uint32_t>(c_.rules.children.size());
  node.children_count = static_cast<std::uint32_t>(count);
  c_.rules.children.insert(c_.rules.children.end(), children, children + count);
  c_.rules.nodes.push_back(node);
  return static_cast<std::uint32_t>(c_.rules.nodes.size() - 1);
}

std::uint32_t Parser::AddText(std::string text) {
  c_.rules.texts.push_back(std::move(text));
  return static_cast<std::uint32_t>(c_.rules.texts.size() - 1);
}

void Parser::SetInteger(Expression* out, std::int64_t value) {
  out->kind = Kind::kInteger;
  out->primary = true;
  out->known = value != kYaraUndefined;
  out->value = value;
  out->has_node = true;
  out->node =
      AddNode({.op = Op::kInteger, .type = Type::kInteger, .value = value, .span = out->span}, {});
}

// Replaces the operands by their result if both are constants and came last.
bool Parser::FoldIntegers(Op op, Type type, Expression* left, const Expression& right) {
  std::vector<Node>& nodes = c_.rules.nodes;
  if (right.node + 1 != nodes.size() || left->node + 1 != right.node ||
      nodes[left->node].op != Op::kInteger || nodes[right.node].op != Op::kInteger) {
    return false;
  }
  const std::optional<std::int64_t> value =
      Evaluate(op, nodes[left->node].value, nodes[right.node].value);
  if (!value) {
    return false;
  }
  nodes.pop_back();
  Node& node = nodes.back();
  node.op = type == Type::kBoolean ? Op::kBoolean : Op::kInteger;
  node.type = type;
  node.value = *value;
  Extend(&node.span, right.span);
  return true;
}

void Parser::MakeBinary(Op op, Type type, Expression* left, const Expression& right) {
  Extend(&left->span, right.span);
  left->literal = false;
  if (FoldIntegers(op, type, left, right)) {
    return;
  }
  left->node = AddNode({.op = op, .type = type, .span = left->span}, {left->node, right.node});
}

bool Parser::ParseCondition() {
  Expression condition;
  if (!ParseOr(&condition)) {
    return false;
  }
  ToBoolean(&condition);
  c_.rules.rules[rule_].condition = condition.node;
  return true;
}

// What YARA does where a condition is wanted: any type will do, but a literal text is a likely
// mistake.
void Parser::ToBoolean(Expression* expression) {
  if (expression->kind == Kind::kString && expression->literal) {
    const std::string& text = c_.rules.texts[NodeAt(expression->node).index];
    Warn("using literal string \"" + text.substr(0, text.find('\0')) + "\" in a boolean operation.",
         expression->span, "to search for this text declare it under \"strings:\"");
  }
  expression->kind = Kind::kBoolean;
  expression->primary = false;
}

void Parser::JoinBooleans(Op op, std::size_t operands_begin, Expression* out) {
  // Operands that are chains of the same operator (from parentheses) become part of this one.
  std::vector<std::uint32_t> flat;
  for (std::size_t i = operands_begin; i < operands_.size(); ++i) {
    const Node& node = NodeAt(operands_[i]);
    if (node.op == op) {
      const auto first = c_.rules.children.begin() + node.children_begin;
      flat.insert(flat.end(), first, first + node.children_count);
    } else {
      flat.push_back(operands_[i]);
    }
  }
  out->kind = Kind::kBoolean;
  out->primary = false;
  out->literal = false;
  out->known = false;
  out->node =
      AddNode({.op = op, .type = Type::kBoolean, .span = out->span}, flat.data(), flat.size());
  operands_.resize(operands_begin);
}

bool Parser::ParseOr(Expression* out) {
  if (!ParseAnd(out)) {
    return false;
  }
  if (Peek().kind != TokenKind::kOr) {
    return true;
  }
  const std::size_t begin = operands_.size();
  ToBoolean(out);
  operands_.push_back(out->node);
  while (Peek().kind == TokenKind::kOr) {
    Take();
    Expression next;
    if (!ParseAnd(&next)) {
      return false;
    }
    ToBoolean(&next);
    operands_.push_back(next.node);
    Extend(&out->span, next.span);
  }
  JoinBooleans(Op::kOr, begin, out);
  return true;
}

bool Parser::ParseAnd(Expression* out) {
  if (!ParseNot(out)) {
    return false;
  }
  if (Peek().kind != TokenKind::kAnd) {
    return true;
  }
  const std::size_t begin = operands_.size();
  ToBoolean(out);
  operands_.push_back(out->node);
  while (Peek().kind == TokenKind::kAnd) {
    Take();
    Expression next;
    if (!ParseNot(&next)) {
      return false;
    }
    ToBoolean(&next);
    operands_.push_back(next.node);
    Extend(&out->span, next.span);
  }
  JoinBooleans(Op::kAnd, begin, out);
  return true;
}

bool Parser::ParseNot(Expression* out) {
  if (Peek().kind != TokenKind::kNot && Peek().kind != TokenKind::kDefined) {
    return ParseExpression(out);
  }
  const std::size_t begin = prefixes_.size();
  while (Peek().kind == TokenKind::kNot || Peek().kind == TokenKind::kDefined) {
    prefixes_.push_back(Take());
    if (prefixes_.size() - begin > kNestingMax) {
      return FailLimit("too many prefix operators", SpanOf(prefixes_.back()));
    }
  }
  if (!ParseExpression(out)) {
    return false;
  }
  ToBoolean(out);
  while (prefixes_.size() > begin) {
    const Token token = prefixes_.back();
    prefixes_.pop_back();
    Span span = SpanOf(token);
    Extend(&span, out->span);
    out->span = span;
    out->node = AddNode({.op = token.kind == TokenKind::kNot ? Op::kNot : Op::kDefined,
                         .type = Type::kBoolean,
                         .span = span},
                        {out->node});
  }
  out->known = false;
  return true;
}

bool Parser::ParseExpression(Expression* out) {
  switch (Peek().kind) {
    case TokenKind::kTrue:
    case TokenKind::kFalse: {
      const Token token = Take();
      out->span = SpanOf(token);
      out->has_node = true;
      out->node = AddNode(
          {.op = Op::kBoolean, .value = token.kind == TokenKind::kTrue ? 1 : 0, .span = out->span},
          {});
      return true;
    }
    case TokenKind::kStringIdentifier:
      return ParseStringTest(out);
    case TokenKind::kFor:
      return ParseFor(out);
    case TokenKind::kAll:
    case TokenKind::kAny:
    case TokenKind::kNone: {
      const Token token = Take();
      Quantity quantity;
      quantity.quantifier = token.kind == TokenKind::kAll   ? Quantifier::kAll
                            : token.kind == TokenKind::kAny ? Quantifier::kAny
                                                            : Quantifier::kNone;
      quantity.expression.span = SpanOf(token);
      if (Peek().kind != TokenKind::kOf) {
        return SyntaxError("<of>");
      }
      return ParseOf(std::move(quantity), out);
    }
    case TokenKind::kIdentifier:
      if (IsWith()) {
        return ParseWith(out);
      }
      return ParseComparison(out);
    default:
      return ParseComparison(out);
  }
}

bool Parser::ParseComparison(Expression* out) {
  if (!ParseBinary(0, true, out)) {
    return false;
  }
  if (!out->primary) {
    return true;
  }
  if (out->percent) {
    Quantity quantity;
    quantity.quantifier = Quantifier::kPercent;
    quantity.expression = *out;
    quantity.has_expression = true;
    return ParseOf(std::move(quantity), out);
  }
  const Op op = OperatorOf(Peek().kind);
  if (Peek().kind == TokenKind::kOf) {
    Quantity quantity;
    return QuantityOf(out, &quantity) && ParseOf(std::move(quantity), out);
  }
  if (Peek().kind == TokenKind::kMatches) {
    return ParseMatches(out);
  }
  if (op < Op::kEqual || op > Op::kIEquals) {
    return true;
  }
  const Token token = Take();
  Expression right;
  if (!ParseBinary(0, false, &right)) {
    return false;
  }
  if (op >= Op::kContains) {
    const std::string_view word = TextOf(token);
    if (!CheckString(*out, word) || !CheckString(right, word)) {
      return false;
    }
  } else if ((out->kind == Kind::kString) != (right.kind == Kind::kString) ||
             (out->kind != Kind::kString && out->kind != Kind::kInteger &&
              out->kind != Kind::kFloat) ||
             (right.kind != Kind::kString && right.kind != Kind::kInteger &&
              right.kind != Kind::kFloat)) {
    return Fail(Code::kWrongType, "type mismatch", out->span);
  }
  MakeBinary(op, Type::kBoolean, out, right);
  out->kind = Kind::kBoolean;
  out->primary = false;
  out->known = false;
  return true;
}

bool Parser::ParseMatches(Expression* out) {
  Take();
  if (Peek().kind != TokenKind::kRegex) {
    return SyntaxError("regular expression");
  }
  Expression regex;
  if (!ParseRegexOperand(&regex) || !CheckString(*out, "matches")) {
    return false;
  }
  MakeBinary(Op::kMatches, Type::kBoolean, out, regex);
  out->kind = Kind::kBoolean;
  out->primary = false;
  return true;
}

// $a, $a at e, $a in (e..e)
bool Parser::ParseStringTest(Expression* out) {
  const Token token = Take();
  out->span = SpanOf(token);
  out->has_node = true;
  Expression low;
  Expression high;
  std::uint32_t string = 0;
  Node node{.op = Op::kMatched};
  std::array<std::uint32_t, 2> children{};
  std::size_t count = 0;
  if (Peek().kind == TokenKind::kAt) {
    Take();
    if (!ParseBinary(0, false, &low) || !CheckType(low, false, "at")) {
      return false;
    }
    node.op = Op::kMatchedAt;
    children[count++] = low.node;
    Extend(&out->span, low.span);
  } else if (Peek().kind == TokenKind::kIn) {
    Take();
    if (!ParseRange(&low, &high)) {
      return false;
    }
    node.op = Op::kMatchedIn;
    children[count++] = low.node;
    children[count++] = high.node;
    Extend(&out->span, high.span);
  }
  if (!UseString(token, node.op, &low, &string)) {
    return false;
  }
  node.index = string;
  node.span = out->span;
  out->node = AddNode(node, children.data(), count);
  return true;
}

}  // namespace day::rules::syntax
