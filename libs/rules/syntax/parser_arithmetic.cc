// Arithmetic: precedence, types, and the values that YARA checks when it compiles.
#include "libs/base/checked.h"
#include "libs/rules/syntax/operators.h"
#include "libs/rules/syntax/parser.h"

namespace day::rules::syntax {
namespace {

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
