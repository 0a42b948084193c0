#include "libs/rules/scan/evaluator.h"

#include <cfloat>
#include <cmath>

#include "libs/rules/compile/comparison.h"
#include "libs/rules/scan/entry_point.h"

namespace day::rules::scan {

using compile::Op;
using compile::PodNode;
using compile::Type;

namespace {

std::int64_t Wrap(std::uint64_t value) { return static_cast<std::int64_t>(value); }

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

bool SameIgnoringCase(std::string_view a, std::string_view b) {
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (Lower(a[i]) != Lower(b[i])) {
      return false;
    }
  }
  return true;
}

bool ContainsIgnoringCase(std::string_view text, std::string_view part) {
  for (std::size_t i = 0; text.size() - i >= part.size(); ++i) {
    if (SameIgnoringCase(part, text.substr(i, part.size()))) {
      return true;
    }
    if (i == text.size()) {
      break;
    }
  }
  return false;
}

// Negative, zero or positive. Bytes are compared as signed characters, as libyara on x86 does.
int CompareTexts(std::string_view a, std::string_view b) {
  for (std::size_t i = 0; i < a.size() && i < b.size(); ++i) {
    if (a[i] != b[i]) {
      return static_cast<signed char>(a[i]) < static_cast<signed char>(b[i]) ? -1 : 1;
    }
  }
  return a.size() == b.size() ? 0 : a.size() < b.size() ? -1 : 1;
}

bool FloatsCompare(Op op, double left, double right) {
  if (op == Op::kEqual) {
    return std::fabs(left - right) < DBL_EPSILON;
  }
  if (op == Op::kNotEqual) {
    return std::fabs(left - right) >= DBL_EPSILON;
  }
  return compile::Compare(op, left, right);
}

Value IntegerArithmetic(Op op, std::int64_t left, std::int64_t right) {
  const auto a = static_cast<std::uint64_t>(left);
  const auto b = static_cast<std::uint64_t>(right);
  const bool undivided = right == 0 || (left == INT64_MIN && right == -1);
  switch (op) {
    case Op::kAdd:
      return Value::Integer(Wrap(a + b));
    case Op::kSubtract:
      return Value::Integer(Wrap(a - b));
    case Op::kMultiply:
      return Value::Integer(Wrap(a * b));
    case Op::kDivide:
      return undivided ? Value::Undefined() : Value::Integer(left / right);
    case Op::kModulo:
      return undivided ? Value::Undefined() : Value::Integer(left % right);
    case Op::kBitAnd:
      return Value::Integer(left & right);
    case Op::kBitOr:
      return Value::Integer(left | right);
    case Op::kBitXor:
      return Value::Integer(left ^ right);
    case Op::kShiftLeft:
      return right < 0 ? Value::Undefined() : Value::Integer(right < 64 ? Wrap(a << b) : 0);
    case Op::kShiftRight:
      return right < 0 ? Value::Undefined() : Value::Integer(right < 64 ? left >> right : 0);
    default:
      return Value::Undefined();
  }
}

Value FloatArithmetic(Op op, double left, double right) {
  switch (op) {
    case Op::kAdd:
      return Value::Float(left + right);
    case Op::kSubtract:
      return Value::Float(left - right);
    case Op::kMultiply:
      return Value::Float(left * right);
    case Op::kDivide:
      return Value::Float(left / right);
    default:
      return Value::Undefined();
  }
}

template <typename T>
Value ReadAs(base::Bytes data, std::int64_t offset, base::Endian endian) {
  // A negative offset becomes a huge one, beyond every file.
  const auto value = base::ReadAt<T>(data, static_cast<std::uint64_t>(offset), endian);
  return value.has_value() ? Value::Integer(static_cast<std::int64_t>(*value)) : Value();
}

}  // namespace

// A dispatch table: one line a kind of operation.
Value Evaluator::Evaluate(std::uint32_t index) {
  if (deadline_.Step()) {
    return Value::Undefined();
  }
  const PodNode& node = rules_.nodes[index];
  switch (node.op) {
    case Op::kBoolean:
    case Op::kInteger:
      return Value::Integer(node.value);
    case Op::kFloat:
      return Value::Float(std::bit_cast<double>(node.value));
    case Op::kString:
      return Value::Text(rules_.Text(rules_.texts[node.index]));
    case Op::kRegex:
      return Value::Boolean(true);
    case Op::kFilesize:
      return Value::Integer(static_cast<std::int64_t>(data_.size()));
    case Op::kEntrypoint:
      return EntryPoint();
    case Op::kExternal:
      return External(node.index);
    case Op::kReadInt:
      return ReadInteger(node);
    case Op::kMatched: {
      const Truth matched = IsMatched(Resolve(node.index));
      return matched == Truth::kUnknown ? Value::Unknown()
                                        : Value::Boolean(matched == Truth::kTrue);
    }
    case Op::kMatchedAt:
      return MatchedAt(node);
    case Op::kMatchedIn:
      return MatchedIn(node);
    case Op::kCount:
    case Op::kCountIn:
      return Count(node);
    case Op::kOffset:
    case Op::kLength:
      return OffsetOrLength(node);
    case Op::kOfStrings:
    case Op::kOfStringsIn:
    case Op::kOfStringsAt:
    case Op::kOfRules:
    case Op::kOfBooleans:
      return Of(node);
    case Op::kForStrings:
      return ForStrings(node);
    case Op::kForRange:
      return ForRange(node);
    case Op::kForList:
      return ForList(node);
    case Op::kForArray:
    case Op::kForDict:
      return ForArray(node);
    case Op::kWith:
      return With(node);
    case Op::kVariable:
      return slots_[node.slot_first];
    case Op::kField:
      return Field(node);
    case Op::kCall:
      return Call(node);
    case Op::kRule:
      return RuleValue(node.index);
    case Op::kAnd:
    case Op::kOr:
      return AndOr(node);
    case Op::kNot:
      return Not(node);
    case Op::kDefined:
      return Defined(node);
    case Op::kEqual:
    case Op::kNotEqual:
    case Op::kLess:
    case Op::kLessEqual:
    case Op::kGreater:
    case Op::kGreaterEqual:
      return Compare(node);
    case Op::kContains:
    case Op::kIContains:
    case Op::kStartsWith:
    case Op::kIStartsWith:
    case Op::kEndsWith:
    case Op::kIEndsWith:
    case Op::kIEquals:
      return TextOperation(node);
    case Op::kMatches:
      return RegexMatches(node);
    case Op::kNegate:
    case Op::kBitNot:
      return Unary(node);
    case Op::kAdd:
    case Op::kSubtract:
    case Op::kMultiply:
    case Op::kDivide:
    case Op::kModulo:
    case Op::kBitAnd:
    case Op::kBitOr:
    case Op::kBitXor:
    case Op::kShiftLeft:
    case Op::kShiftRight:
      return Arithmetic(node);
  }
  return Value::Undefined();
}

Value Evaluator::AndOr(const PodNode& node) {
  const bool is_and = node.op == Op::kAnd;
  bool unknown = false;
  bool first = true;
  for (const std::uint32_t child : rules_.Children(node)) {
    const Value value = Evaluate(child);
    const Truth truth = TruthOf(value);
    if (truth == Truth::kUnknown) {
      unknown = true;
    } else if (is_and && truth == Truth::kFalse) {
      return Value::Boolean(false);
    } else if (!is_and && truth == Truth::kTrue) {
      // libyara leaves the first operand itself as the result; loops may add it up.
      const PodNode& leading = rules_.nodes[rules_.Children(node)[0]];
      return unknown && leading.type != Type::kBoolean ? Value::Unknown()
                                                       : Value::Integer(first ? value.Bits() : 1);
    }
    first = false;
  }
  return unknown ? Value::Unknown() : Value::Boolean(is_and);
}

Value Evaluator::Not(const PodNode& node) {
  const Value operand = Evaluate(rules_.Children(node)[0]);
  return operand.defined() ? Value::Boolean(operand.Bits() == 0) : operand;
}

Value Evaluator::Defined(const PodNode& node) {
  const Value operand = Evaluate(rules_.Children(node)[0]);
  return operand.unknown() ? operand : Value::Boolean(operand.defined());
}

Value Evaluator::Compare(const PodNode& node) {
  const std::span<const std::uint32_t> children = rules_.Children(node);
  const Value left = Evaluate(children[0]);
  const Value right = Evaluate(children[1]);
  if (left.undefined() || right.undefined()) {
    const bool floats = rules_.nodes[children[0]].type == Type::kFloat ||
                        rules_.nodes[children[1]].type == Type::kFloat;
    // libyara's `<` on floats, alone among the comparisons, reads undefined as false.
    return floats && node.op == Op::kLess ? Value::Boolean(false) : Value::Undefined();
  }
  if (left.unknown() || right.unknown()) {
    return Value::Unknown();
  }
  if (left.kind() == Value::Kind::kText || right.kind() == Value::Kind::kText) {
    if (left.kind() != right.kind()) {
      return Value::Undefined();
    }
    return Value::Boolean(compile::Compare(node.op, CompareTexts(left.text(), right.text()), 0));
  }
  if (left.kind() == Value::Kind::kFloat || right.kind() == Value::Kind::kFloat) {
    return Value::Boolean(FloatsCompare(node.op, left.AsFloat(), right.AsFloat()));
  }
  return Value::Boolean(compile::Compare(node.op, left.integer(), right.integer()));
}

Value Evaluator::TextOperation(const PodNode& node) {
  const std::span<const std::uint32_t> children = rules_.Children(node);
  const Value left = Evaluate(children[0]);
  const Value right = Evaluate(children[1]);
  if (left.undefined() || right.undefined()) {
    return Value::Undefined();
  }
  if (left.unknown() || right.unknown()) {
    return Value::Unknown();
  }
  if (left.kind() != Value::Kind::kText || right.kind() != Value::Kind::kText) {
    return Value::Undefined();
  }
  const std::string_view a = left.text();
  const std::string_view b = right.text();
  const bool fits = a.size() >= b.size();
  switch (node.op) {
    case Op::kContains:
      return Value::Boolean(a.find(b) != std::string_view::npos);
    case Op::kIContains:
      return Value::Boolean(fits && ContainsIgnoringCase(a, b));
    case Op::kStartsWith:
      return Value::Boolean(a.starts_with(b));
    case Op::kIStartsWith:
      return Value::Boolean(fits && SameIgnoringCase(b, a.substr(0, b.size())));
    case Op::kEndsWith:
      return Value::Boolean(a.ends_with(b));
    case Op::kIEndsWith:
      return Value::Boolean(fits && SameIgnoringCase(b, a.substr(a.size() - b.size())));
    default:
      return Value::Boolean(a.size() == b.size() && SameIgnoringCase(a, b));
  }
}

Value Evaluator::RegexMatches(const PodNode& node) {
  const std::span<const std::uint32_t> children = rules_.Children(node);
  const Value subject = Evaluate(children[0]);
  if (!subject.defined()) {
    return subject;
  }
  if (subject.kind() != Value::Kind::kText) {
    return Value::Undefined();
  }
  const match::Regex& regex = modules_.regex(rules_.nodes[children[1]].index);
  return Value::Boolean(regex.Search(base::AsBytes(subject.text())) >= 0);
}

Value Evaluator::Unary(const PodNode& node) {
  const Value operand = Evaluate(rules_.Children(node)[0]);
  if (!operand.defined()) {
    return operand;
  }
  if (operand.kind() == Value::Kind::kFloat) {
    return node.op == Op::kNegate ? Value::Float(-operand.real()) : Value::Undefined();
  }
  const auto bits = static_cast<std::uint64_t>(operand.integer());
  return Value::Integer(Wrap(node.op == Op::kNegate ? 0 - bits : ~bits));
}

Value Evaluator::Arithmetic(const PodNode& node) {
  const std::span<const std::uint32_t> children = rules_.Children(node);
  const Value left = Evaluate(children[0]);
  const Value right = Evaluate(children[1]);
  if (left.undefined() || right.undefined()) {
    return Value::Undefined();
  }
  if (left.unknown() || right.unknown()) {
    return Value::Unknown();
  }
  if (left.kind() == Value::Kind::kFloat || right.kind() == Value::Kind::kFloat) {
    return FloatArithmetic(node.op, left.AsFloat(), right.AsFloat());
  }
  return IntegerArithmetic(node.op, left.integer(), right.integer());
}

Value Evaluator::ReadInteger(const PodNode& node) {
  const Value at = Evaluate(rules_.Children(node)[0]);
  if (!at.defined()) {
    return at;
  }
  const base::Endian endian =
      (node.value & compile::kReadBigEndian) != 0 ? base::Endian::kBig : base::Endian::kLittle;
  const bool is_signed = (node.value & compile::kReadSigned) != 0;
  const std::int64_t offset = at.integer();
  switch (node.value & 0xF) {
    case 1:
      return is_signed ? ReadAs<std::int8_t>(data_, offset, endian)
                       : ReadAs<std::uint8_t>(data_, offset, endian);
    case 2:
      return is_signed ? ReadAs<std::int16_t>(data_, offset, endian)
                       : ReadAs<std::uint16_t>(data_, offset, endian);
    default:
      return is_signed ? ReadAs<std::int32_t>(data_, offset, endian)
                       : ReadAs<std::uint32_t>(data_, offset, endian);
  }
}

Value Evaluator::EntryPoint() {
  if (!entry_point_known_) {
    const std::optional<std::uint64_t> offset = EntryPointOffset(data_);
    entry_point_ = offset.has_value() ? Value::Integer(Wrap(*offset)) : Value::Undefined();
    entry_point_known_ = true;
  }
  return entry_point_;
}

Value Evaluator::External(std::uint32_t index) const {
  const ExternalValue& value = externals_[index];
  switch (value.index()) {
    case 0:
      return Value::Integer(std::get<0>(value));
    case 1:
      return std::isnan(std::get<1>(value)) ? Value() : Value::Float(std::get<1>(value));
    case 2:
      return Value::Boolean(std::get<2>(value));
    default:
      return Value::Text(std::get<3>(value));
  }
}

}  // namespace day::rules::scan
