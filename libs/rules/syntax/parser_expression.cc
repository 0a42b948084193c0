// Conditions: boolean operators, comparisons, arithmetic, and the nodes they become.
#include <algorithm>
#include <limits>

#include "libs/base/checked.h"
#include "libs/rules/syntax/parser.h"

namespace day::rules::syntax {
namespace {

// What YARA takes for "not known": an integer of this value is lost to its checks.
constexpr std::int64_t kYaraUndefined = static_cast<std::int64_t>(0xFFFABADAFABADAFFu);
constexpr std::int64_t kIntegerMin = std::numeric_limits<std::int64_t>::min();
constexpr int kMultiplyPrecedence = 6;

int PrecedenceOf(TokenKind kind) {
  switch (kind) {
    case TokenKind::kPipe:
      return 1;
    case TokenKind::kCaret:
      return 2;
    case TokenKind::kAmpersand:
      return 3;
    case TokenKind::kShiftLeft:
    case TokenKind::kShiftRight:
      return 4;
    case TokenKind::kPlus:
    case TokenKind::kMinus:
      return 5;
    case TokenKind::kStar:
    case TokenKind::kBackslash:
    case TokenKind::kPercent:
      return kMultiplyPrecedence;
    default:
      return 0;
  }
}

Op OperatorOf(TokenKind kind) {
  switch (kind) {
    case TokenKind::kEqual:
      return Op::kEqual;
    case TokenKind::kNotEqual:
      return Op::kNotEqual;
    case TokenKind::kLess:
      return Op::kLess;
    case TokenKind::kLessEqual:
      return Op::kLessEqual;
    case TokenKind::kGreater:
      return Op::kGreater;
    case TokenKind::kGreaterEqual:
      return Op::kGreaterEqual;
    case TokenKind::kContains:
      return Op::kContains;
    case TokenKind::kIContains:
      return Op::kIContains;
    case TokenKind::kStartsWith:
      return Op::kStartsWith;
    case TokenKind::kIStartsWith:
      return Op::kIStartsWith;
    case TokenKind::kEndsWith:
      return Op::kEndsWith;
    case TokenKind::kIEndsWith:
      return Op::kIEndsWith;
    case TokenKind::kIEquals:
      return Op::kIEquals;
    case TokenKind::kPipe:
      return Op::kBitOr;
    case TokenKind::kCaret:
      return Op::kBitXor;
    case TokenKind::kAmpersand:
      return Op::kBitAnd;
    case TokenKind::kShiftLeft:
      return Op::kShiftLeft;
    case TokenKind::kShiftRight:
      return Op::kShiftRight;
    case TokenKind::kPlus:
      return Op::kAdd;
    case TokenKind::kMinus:
      return Op::kSubtract;
    case TokenKind::kStar:
      return Op::kMultiply;
    case TokenKind::kBackslash:
      return Op::kDivide;
    case TokenKind::kPercent:
      return Op::kModulo;
    default:
      return Op::kBoolean;
  }
}

std::int64_t Wrap(std::uint64_t value) { return static_cast<std::int64_t>(value); }

// The value of an operation on constants, as at run time; nothing where that is undefined.
std::optional<std::int64_t> Evaluate(Op op, std::int64_t a, std::int64_t b) {
  const auto ua = static_cast<std::uint64_t>(a);
  const auto ub = static_cast<std::uint64_t>(b);
  switch (op) {
    case Op::kAdd:
      return Wrap(ua + ub);
    case Op::kSubtract:
      return Wrap(ua - ub);
    case Op::kMultiply:
      return Wrap(ua * ub);
    case Op::kDivide:
      return b == 0 || (a == kIntegerMin && b == -1) ? std::nullopt : std::optional(a / b);
    case Op::kModulo:
      return b == 0 || (a == kIntegerMin && b == -1) ? std::nullopt : std::optional(a % b);
    case Op::kBitAnd:
      return a & b;
    case Op::kBitOr:
      return a | b;
    case Op::kBitXor:
      return a ^ b;
    case Op::kShiftLeft:
      return b < 0 ? std::nullopt : std::optional(b >= 64 ? 0 : Wrap(ua << ub));
    case Op::kShiftRight:
      return b < 0 ? std::nullopt : std::optional(b >= 64 ? 0 : a >> b);
    case Op::kEqual:
      return a == b;
    case Op::kNotEqual:
      return a != b;
    case Op::kLess:
      return a < b;
    case Op::kLessEqual:
      return a <= b;
    case Op::kGreater:
      return a > b;
    case Op::kGreaterEqual:
      return a >= b;
    default:
      return std::nullopt;
  }
}

std::string_view KindName(Expression::Kind kind) {
  switch (kind) {
    case Expression::Kind::kInteger:
      return "integer";
    case Expression::Kind::kFloat:
      return "float";
    case Expression::Kind::kString:
      return "string";
    default:
      return "boolean";
  }
}

}  // namespace

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

bool Parser::ParseBinary(int precedence_min, bool boolean_allowed, Expression* out) {
  if (!ParseUnary(boolean_allowed, out)) {
    return false;
  }
  // YARA's parser does not look past the right operand of the tightest operators.
  while (out->primary && precedence_min <= kMultiplyPrecedence) {
    const int precedence = PrecedenceOf(Peek().kind);
    if (precedence == 0 || precedence < precedence_min) {
      return true;
    }
    const Token op = Take();
    if (op.kind == TokenKind::kPercent && boolean_allowed && Peek().kind == TokenKind::kOf) {
      out->percent = true;
      return true;
    }
    Expression right;
    if (!ParseBinary(precedence + 1, false, &right)) {
      return false;
    }
    bool ok = false;
    switch (op.kind) {
      case TokenKind::kPlus:
      case TokenKind::kMinus:
      case TokenKind::kStar:
      case TokenKind::kBackslash:
        ok = CombineArithmetic(op, out, right);
        break;
      case TokenKind::kPercent:
        ok = CombineModulo(op, out, right);
        break;
      case TokenKind::kShiftLeft:
      case TokenKind::kShiftRight:
        ok = CombineShift(op, out, right);
        break;
      default:
        ok = CombineBits(op, out, right);
    }
    if (!ok) {
      return false;
    }
  }
  return true;
}

bool Parser::ParseUnary(bool boolean_allowed, Expression* out) {
  const std::size_t begin = prefixes_.size();
  while (Peek().kind == TokenKind::kMinus || Peek().kind == TokenKind::kTilde) {
    prefixes_.push_back(Take());
    if (prefixes_.size() - begin > kNestingMax) {
      return FailLimit("too many prefix operators", SpanOf(prefixes_.back()));
    }
  }
  if (!ParseAtom(boolean_allowed && prefixes_.size() == begin, out)) {
    return false;
  }
  while (prefixes_.size() > begin) {
    const Token op = prefixes_.back();
    prefixes_.pop_back();
    if (!ApplyPrefix(op, out)) {
      return false;
    }
  }
  return true;
}

bool Parser::ApplyPrefix(const Token& op, Expression* out) {
  const bool minus = op.kind == TokenKind::kMinus;
  if (!CheckType(*out, minus, minus ? "-" : "~")) {
    return false;
  }
  Span span = SpanOf(op);
  Extend(&span, out->span);
  out->span = span;
  const auto apply = [&](std::int64_t value) {
    return minus ? Wrap(0 - static_cast<std::uint64_t>(value)) : ~value;
  };
  if (out->known) {
    out->value = apply(out->value);
    out->known = out->value != kYaraUndefined;
  }
  Node& node = c_.rules.nodes[out->node];
  if (node.op == Op::kInteger) {
    node.value = apply(node.value);
    node.span = span;
  } else if (node.op == Op::kFloat) {
    node.real = -node.real;
    node.span = span;
  } else {
    out->node = AddNode({.op = minus ? Op::kNegate : Op::kBitNot,
                         .type = out->kind == Kind::kFloat ? Type::kFloat : Type::kInteger,
                         .span = span},
                        {out->node});
  }
  return true;
}

bool Parser::CombineArithmetic(const Token& op, Expression* left, const Expression& right) {
  const std::string sign(TextOf(op));
  const auto is_number = [](const Expression& e) {
    return e.kind == Kind::kInteger || e.kind == Kind::kFloat;
  };
  if (left->kind == Kind::kString && right.kind == Kind::kString) {
    return Fail(Code::kWrongType, "strings don't support \"" + sign + "\" operation", SpanOf(op));
  }
  if (!is_number(*left) || !is_number(right)) {
    return Fail(Code::kWrongType, "type mismatch", left->span);
  }
  const bool integers = left->kind == Kind::kInteger && right.kind == Kind::kInteger;
  const Op node_op = OperatorOf(op.kind);
  if (integers && node_op == Op::kDivide && right.known && right.value == 0) {
    return Fail(Code::kDivisionByZero, "division by zero", right.span);
  }
  const bool both_known = integers && left->known && right.known;
  if (both_known) {
    std::optional<std::int64_t> value;
    switch (node_op) {
      case Op::kAdd:
        value = base::CheckedAdd(left->value, right.value);
        break;
      case Op::kSubtract:
        value = base::CheckedSub(left->value, right.value);
        break;
      case Op::kMultiply:
        value = base::CheckedMul(left->value, right.value);
        break;
      default:
        value = Evaluate(node_op, left->value, right.value);
    }
    // YARA also refuses the one product that is exactly the smallest integer.
    if (!value || (node_op == Op::kMultiply && *value == kIntegerMin)) {
      return Fail(Code::kIntegerOverflow,
                  "integer overflow in \"" + std::to_string(left->value) + " " + sign + " " +
                      std::to_string(right.value) + "\"",
                  left->span);
    }
    left->value = *value;
  }
  left->known = both_known && left->value != kYaraUndefined;
  left->kind = integers ? Kind::kInteger : Kind::kFloat;
  MakeBinary(node_op, integers ? Type::kInteger : Type::kFloat, left, right);
  return true;
}

bool Parser::CombineBits(const Token& op, Expression* left, const Expression& right) {
  // YARA calls "&" by the name of "^" in this message.
  const std::string_view sign = op.kind == TokenKind::kPipe ? "|" : "^";
  if (!CheckType(*left, false, sign) || !CheckType(right, false, sign)) {
    return false;
  }
  const Op node_op = OperatorOf(op.kind);
  left->known = left->known && right.known;
  if (left->known) {
    left->value = Evaluate(node_op, left->value, right.value).value_or(0);
    left->known = left->value != kYaraUndefined;
  }
  MakeBinary(node_op, Type::kInteger, left, right);
  return true;
}

bool Parser::CombineShift(const Token& op, Expression* left, const Expression& right) {
  const std::string_view sign = TextOf(op);
  if (!CheckType(*left, false, sign) || !CheckType(right, false, sign)) {
    return false;
  }
  if (right.known && right.value < 0) {
    // YARA has no words for this error and prints none.
    return Fail(Code::kInvalidOperand, "", right.span, "a shift cannot be negative");
  }
  // YARA computes both shifts as "<<" when it only wants to know the value: fixed offsets follow
  // it.
  if (right.known && right.value >= 64) {
    left->known = true;
    left->value = 0;
  } else {
    left->known = left->known && right.known;
    if (left->known) {
      left->value = Evaluate(Op::kShiftLeft, left->value, right.value).value_or(0);
      left->known = left->value != kYaraUndefined;
    }
  }
  MakeBinary(OperatorOf(op.kind), Type::kInteger, left, right);
  return true;
}

bool Parser::CombineModulo(const Token& op, Expression* left, const Expression& right) {
  if (!CheckType(*left, false, "%") || !CheckType(right, false, "%")) {
    return false;
  }
  if (right.known && right.value == 0) {
    return Fail(Code::kDivisionByZero, "division by zero", right.span);
  }
  left->known = left->known && right.known;
  if (left->known) {
    left->value = Evaluate(Op::kModulo, left->value, right.value).value_or(0);
    left->known = left->value != kYaraUndefined;
  }
  MakeBinary(OperatorOf(op.kind), Type::kInteger, left, right);
  return true;
}

bool Parser::CheckType(const Expression& expression, bool float_allowed, std::string_view op) {
  if (expression.kind == Kind::kInteger || (float_allowed && expression.kind == Kind::kFloat)) {
    return true;
  }
  if (expression.kind == Kind::kRegex) {
    return Fail(Code::kWrongType, c_.last_extra, expression.span,
                "a regular expression cannot stand here");
  }
  return Fail(Code::kWrongType,
              "wrong type \"" + std::string(KindName(expression.kind)) + "\" for " +
                  std::string(op) + " operator",
              expression.span);
}

bool Parser::CheckString(const Expression& expression, std::string_view op) {
  if (expression.kind == Kind::kString) {
    return true;
  }
  if (expression.kind == Kind::kRegex) {
    return Fail(Code::kWrongType, c_.last_extra, expression.span,
                "to test a regular expression write \"matches\"");
  }
  return Fail(Code::kWrongType,
              "wrong type \"" + std::string(KindName(expression.kind)) + "\" for " +
                  std::string(op) + " operator",
              expression.span);
}

}  // namespace day::rules::syntax
