// TriggerAnalysis for loops over values, module fields, comparisons and arithmetic.
#include <utility>

#include "libs/rules/compile/comparison.h"
#include "libs/rules/compile/guards.h"
#include "libs/rules/compile/trigger_analysis.h"

namespace day::rules::compile {
namespace {

bool Both(const Facts& left, const Facts& right, Facts::Known known) {
  return left.known == known && right.known == known;
}

}  // namespace

// for Q i in (low..high), (a, b), array, dictionary: a body that is true at least once.
Facts TriggerAnalysis::AnalyseLoop(const syntax::Node& node) {
  std::span<const std::uint32_t> children = Children(node);
  const Facts quantifier = QuantifierOf(node);
  if (node.quantifier == Quantifier::kExpression || node.quantifier == Quantifier::kPercent) {
    children = children.subspan(1);
  }
  Facts facts;
  // Without a single iteration every quantifier gives false.
  std::uint32_t body = children[0];
  if (node.op == Op::kForRange) {
    body = children[2];
    const Facts low = Analyse(children[0]);
    const Facts high = Analyse(children[1]);
    KeepCheaper(facts.truthy, low.defined);
    KeepCheaper(facts.truthy, high.defined);
    if (low.known == Facts::Known::kInteger && low.value > 0) {
      KeepCheaper(facts.truthy, high.nonzero);
    }
  } else if (node.op != Op::kForList) {
    const module::Format format = rules_.modules[node.module]->format();
    if (!node.defined_without_format && !FormatPossible(partition_, format)) {
      return Facts::Integer(0);
    }
    KeepCheaper(facts.truthy, AllDefined(children.subspan(1)));
  }
  // A body may leave facts of outer `with` variables in place, never of its own variable.
  slots_[node.slot_first].reset();
  if (node.op == Op::kForDict) {
    slots_[static_cast<std::uint8_t>(node.slot_first + 1)].reset();
  }
  Facts inside = Analyse(body);
  const bool may_be_none = quantifier.known == Facts::Known::kNothing ||
                           (quantifier.known == Facts::Known::kInteger && quantifier.value <= 0);
  if (!may_be_none) {
    KeepCheaper(facts.truthy, std::move(inside.truthy));
  }
  if (facts.truthy.never()) {
    return Facts::Integer(0);
  }
  facts.nonzero = facts.truthy;
  return facts;
}

Facts TriggerAnalysis::AnalyseWith(const syntax::Node& node) {
  const std::span<const std::uint32_t> children = Children(node);
  for (std::size_t i = 1; i < children.size(); ++i) {
    slots_[static_cast<std::uint8_t>(node.slot_first + i - 1)] = Analyse(children[i]);
  }
  Facts facts = Analyse(children[0]);
  for (std::size_t i = 1; i < children.size(); ++i) {
    slots_[static_cast<std::uint8_t>(node.slot_first + i - 1)].reset();
  }
  return facts;
}

Facts TriggerAnalysis::AnalyseModule(std::uint32_t index) {
  const syntax::Node& node = rules_.nodes[index];
  const module::Format format = rules_.modules[node.module]->format();
  if (!node.defined_without_format && !FormatPossible(partition_, format)) {
    return Facts::Undefined();
  }
  Facts facts;
  facts.defined = AllDefined(Children(node));
  facts.truthy = facts.defined;
  facts.nonzero = facts.defined;
  return facts;
}

Facts TriggerAnalysis::AnalyseReadInt(const syntax::Node& node) {
  const Facts offset = Analyse(Children(node)[0]);
  if (offset.known == Facts::Known::kUndefined ||
      (offset.known == Facts::Known::kInteger && offset.value < 0)) {
    return Facts::Undefined();
  }
  if (offset.known == Facts::Known::kInteger) {
    if (const auto value = KnownRead(partition_, node.value, offset.value)) {
      return Facts::Integer(*value);
    }
  }
  Facts facts;
  facts.defined = offset.defined;
  facts.truthy = offset.defined;
  facts.nonzero = offset.defined;
  return facts;
}

// uintN(constant) == constant that no file of the partition can have.
bool TriggerAnalysis::GuardFails(const syntax::Node& node, const syntax::Node& left,
                                 const Facts& right) {
  if (node.op != Op::kEqual || left.op != Op::kReadInt || right.known != Facts::Known::kInteger) {
    return false;
  }
  const Facts offset = Analyse(Children(left)[0]);
  return offset.known == Facts::Known::kInteger &&
         !ReadCanEqual(partition_, left.value, offset.value, right.value);
}

// A comparison that zero does not satisfy needs an operand that is not zero: #a > 3.
void TriggerAnalysis::CompareWithConstant(const syntax::Node& node, const Facts& left,
                                          const Facts& right, Triggers& truthy) {
  const bool left_known = left.known == Facts::Known::kInteger;
  const bool right_known = right.known == Facts::Known::kInteger;
  if (Compare(node.op, left_known ? left.value : 0, right_known ? right.value : 0)) {
    return;
  }
  if (right_known) {
    KeepCheaper(truthy, left.nonzero);
  } else if (left_known) {
    KeepCheaper(truthy, right.nonzero);
  } else {
    Triggers either = left.nonzero;
    Join(either, right.nonzero);
    KeepCheaper(truthy, std::move(either));
  }
}

void TriggerAnalysis::CompareKeys(const syntax::Node& node, Triggers& truthy) {
  if (node.op != Op::kEqual) {
    return;
  }
  const std::span<const std::uint32_t> children = Children(node);
  for (std::size_t side = 0; side < 2; ++side) {
    const syntax::Node& value = rules_.nodes[children[side]];
    const syntax::Node& constant = rules_.nodes[children[1 - side]];
    if (constant.op != Op::kString || value.type != Type::kString ||
        (value.op != Op::kField && value.op != Op::kCall)) {
      continue;
    }
    if (std::optional<Triggers> key = keys_.Find(children[side], rules_.texts[constant.index])) {
      KeepCheaper(truthy, std::move(*key));
    }
  }
}

Facts TriggerAnalysis::AnalyseComparison(const syntax::Node& node) {
  const std::span<const std::uint32_t> children = Children(node);
  const Facts left = Analyse(children[0]);
  const Facts right = Analyse(children[1]);
  const syntax::Node& left_node = rules_.nodes[children[0]];
  const syntax::Node& right_node = rules_.nodes[children[1]];
  const bool integers = left_node.type == Type::kInteger && right_node.type == Type::kInteger;
  if (integers && Both(left, right, Facts::Known::kInteger)) {
    return Facts::Integer(Compare(node.op, left.value, right.value) ? 1 : 0);
  }
  Facts facts;
  const bool floats = left_node.type == Type::kFloat || right_node.type == Type::kFloat;
  // libyara: `<` on floats is false, not undefined, if an operand is undefined.
  if (!(floats && node.op == Op::kLess)) {
    facts.defined = left.defined;
    KeepCheaper(facts.defined, right.defined);
  }
  facts.truthy = left.defined;
  KeepCheaper(facts.truthy, right.defined);
  if (integers) {
    CompareWithConstant(node, left, right, facts.truthy);
    if (GuardFails(node, left_node, right) || GuardFails(node, right_node, left)) {
      facts.truthy = Triggers::Never();
    }
  }
  if (!facts.truthy.never()) {
    CompareKeys(node, facts.truthy);
  }
  facts.nonzero = facts.truthy;
  return facts;
}

Facts TriggerAnalysis::AnalyseTextOperation(const syntax::Node& node) {
  Facts facts;
  facts.defined = AllDefined(Children(node));
  facts.truthy = facts.defined;
  facts.nonzero = facts.defined;
  return facts;
}

Facts TriggerAnalysis::AnalyseArithmetic(const syntax::Node& node) {
  const std::span<const std::uint32_t> children = Children(node);
  const Facts left = Analyse(children[0]);
  const Facts right = children.size() > 1 ? Analyse(children[1]) : Facts();
  Facts facts;
  facts.defined = left.defined;
  KeepCheaper(facts.defined, right.defined);
  if (facts.defined.never()) {
    return Facts::Undefined();
  }
  if (node.op == Op::kBitAnd && Both(left, right, Facts::Known::kInteger)) {
    return Facts::Integer(left.value & right.value);
  }
  switch (node.op) {
    case Op::kNegate:
    case Op::kDivide:
    case Op::kModulo:
    case Op::kShiftLeft:
    case Op::kShiftRight:
      facts.nonzero = left.nonzero;  // nothing divided, shifted or negated is nothing
      break;
    case Op::kAdd:
    case Op::kSubtract:
    case Op::kBitOr:
    case Op::kBitXor:
      facts.nonzero = left.nonzero;
      Join(facts.nonzero, right.nonzero);
      break;
    case Op::kMultiply:
    case Op::kBitAnd:
      facts.nonzero = left.nonzero;
      KeepCheaper(facts.nonzero, right.nonzero);
      break;
    default:
      break;
  }
  if (node.type != Type::kInteger) {
    facts.nonzero = Triggers::Always();  // negative zero is true as a condition
  }
  KeepCheaper(facts.nonzero, facts.defined);
  facts.truthy = facts.nonzero;
  return facts;
}

}  // namespace day::rules::compile
