#include "libs/rules/compile/trigger_analysis.h"

#include <algorithm>
#include <utility>

#include "libs/rules/compile/guards.h"

namespace day::rules::compile {
namespace {

// Loops over strings analyse their body once a string; beyond this the rest promises nothing.
constexpr std::uint64_t kStepsPerRuleMax = 1 << 18;

bool TakesQuantifierChild(Quantifier quantifier) {
  return quantifier == Quantifier::kExpression || quantifier == Quantifier::kPercent;
}

}  // namespace

Facts Facts::Integer(std::int64_t value) {
  Facts facts;
  facts.known = Known::kInteger;
  facts.value = value;
  if (value == 0) {
    facts.truthy = Triggers::Never();
    facts.nonzero = Triggers::Never();
  }
  return facts;
}

Facts Facts::Undefined() {
  Facts facts;
  facts.known = Known::kUndefined;
  facts.defined = Triggers::Never();
  facts.truthy = Triggers::Never();
  facts.nonzero = Triggers::Never();
  return facts;
}

std::vector<Triggers> TriggerAnalysis::Run() {
  // A rule that names itself reads as false there: its entry is still the empty promise.
  rule_triggers_.assign(rules_.rules.size(), Triggers::Never());
  for (std::size_t rule = 0; rule < rules_.rules.size(); ++rule) {
    steps_ = 0;
    rule_triggers_[rule] = Analyse(rules_.rules[rule].condition).truthy;
  }
  return std::move(rule_triggers_);
}

std::span<const std::uint32_t> TriggerAnalysis::Children(const syntax::Node& node) const {
  return std::span(rules_.children).subspan(node.children_begin, node.children_count);
}

Facts TriggerAnalysis::AnalyseText(const syntax::Node& node) const {
  Facts facts;
  facts.truthy = rules_.texts[node.index].empty() ? Triggers::Never() : Triggers::Always();
  return facts;
}

Facts TriggerAnalysis::AnalyseRule(const syntax::Node& node) const {
  Facts facts;
  facts.truthy = rule_triggers_[node.index];
  if (facts.truthy.never()) {
    return Facts::Integer(0);
  }
  facts.nonzero = facts.truthy;
  return facts;
}

// A dispatch table: one line a kind of operation.
Facts TriggerAnalysis::Analyse(std::uint32_t index) {
  if (++steps_ > kStepsPerRuleMax) {
    return {};
  }
  const syntax::Node& node = rules_.nodes[index];
  switch (node.op) {
    case Op::kBoolean:
    case Op::kInteger:
      return Facts::Integer(node.value);
    case Op::kString:
      return AnalyseText(node);
    case Op::kEntrypoint:
      return partition_ == Partition::kRest ? Facts::Undefined() : Facts();
    case Op::kReadInt:
      return AnalyseReadInt(node);
    case Op::kMatched:
    case Op::kMatchedAt:
    case Op::kMatchedIn:
    case Op::kCount:
    case Op::kCountIn:
    case Op::kOffset:
    case Op::kLength:
      return AnalyseString(node);
    case Op::kOfStrings:
    case Op::kOfStringsIn:
    case Op::kOfStringsAt:
    case Op::kOfRules:
    case Op::kOfBooleans:
      return AnalyseSet(node);
    case Op::kForStrings:
      return AnalyseForStrings(node);
    case Op::kForRange:
    case Op::kForList:
    case Op::kForArray:
    case Op::kForDict:
      return AnalyseLoop(node);
    case Op::kWith:
      return AnalyseWith(node);
    case Op::kVariable:
      return slots_[node.slot_first].value_or(Facts());
    case Op::kField:
    case Op::kCall:
      return AnalyseModule(index);
    case Op::kRule:
      return AnalyseRule(node);
    case Op::kAnd:
    case Op::kOr:
    case Op::kNot:
    case Op::kDefined:
      return AnalyseBoolean(node);
    case Op::kEqual:
    case Op::kNotEqual:
    case Op::kLess:
    case Op::kLessEqual:
    case Op::kGreater:
    case Op::kGreaterEqual:
      return AnalyseComparison(node);
    case Op::kContains:
    case Op::kIContains:
    case Op::kStartsWith:
    case Op::kIStartsWith:
    case Op::kEndsWith:
    case Op::kIEndsWith:
    case Op::kIEquals:
    case Op::kMatches:
      return AnalyseTextOperation(node);
    case Op::kNegate:
    case Op::kAdd:
    case Op::kSubtract:
    case Op::kMultiply:
    case Op::kDivide:
    case Op::kModulo:
    case Op::kBitNot:
    case Op::kBitAnd:
    case Op::kBitOr:
    case Op::kBitXor:
    case Op::kShiftLeft:
    case Op::kShiftRight:
      return AnalyseArithmetic(node);
    case Op::kFloat:
    case Op::kRegex:
    case Op::kFilesize:
    case Op::kExternal:
      return {};
  }
  return {};
}

Triggers TriggerAnalysis::AllDefined(std::span<const std::uint32_t> nodes) {
  Triggers promise;
  for (const std::uint32_t node : nodes) {
    KeepCheaper(promise, Analyse(node).defined);
  }
  return promise;
}

Triggers TriggerAnalysis::OperandTrue(std::uint32_t node) {
  Facts facts = Analyse(node);
  const bool keys_only =
      !facts.truthy.never() && std::all_of(facts.truthy.ids.begin(), facts.truthy.ids.end(),
                                           [](TriggerId id) { return (id & kKeyBit) != 0; });
  if (facts.known == Facts::Known::kNothing && (facts.truthy.always || keys_only)) {
    if (std::optional<Triggers> truth = keys_.FindTruth(node)) {
      KeepCheaper(facts.truthy, std::move(*truth));
    }
  }
  return std::move(facts.truthy);
}

Facts TriggerAnalysis::AnalyseBoolean(const syntax::Node& node) {
  const std::span<const std::uint32_t> children = Children(node);
  Facts facts;
  switch (node.op) {
    case Op::kAnd:
      for (const std::uint32_t child : children) {
        KeepCheaper(facts.truthy, OperandTrue(child));
      }
      break;
    case Op::kOr:
      facts.truthy = Triggers::Never();
      for (const std::uint32_t child : children) {
        Join(facts.truthy, OperandTrue(child));
      }
      break;
    case Op::kNot: {
      const Facts operand = Analyse(children[0]);
      if (operand.known == Facts::Known::kInteger) {
        return Facts::Integer(operand.value == 0 ? 1 : 0);
      }
      if (operand.known == Facts::Known::kUndefined) {
        return Facts::Undefined();
      }
      facts.defined = operand.defined;
      facts.truthy = operand.defined;
      break;
    }
    default:
      facts.truthy = Analyse(children[0]).defined;
      break;
  }
  // `and`, `or` and `defined` are always defined; what cannot be true is then false.
  if (node.op != Op::kNot && facts.truthy.never()) {
    return Facts::Integer(0);
  }
  facts.nonzero = facts.truthy;
  return facts;
}

Triggers TriggerAnalysis::StringPresent(std::uint32_t string) {
  const std::uint32_t resolved = string == kLoopString ? loop_string_ : string;
  if (resolved == kLoopString) {
    return Triggers::Always();
  }
  return Triggers::One(resolved, cost_(resolved));
}

bool TriggerAnalysis::CanMatchAt(std::uint32_t string, const Facts& offset) const {
  const std::uint32_t resolved = string == kLoopString ? loop_string_ : string;
  if (resolved == kLoopString || offset.known != Facts::Known::kInteger) {
    return true;
  }
  return offset.value >= 0 && PatternCanMatchAt(partition_, rules_.strings[resolved].pattern,
                                                static_cast<std::uint64_t>(offset.value));
}

Facts TriggerAnalysis::AnalyseString(const syntax::Node& node) {
  const std::span<const std::uint32_t> children = Children(node);
  Facts facts;
  facts.defined = AllDefined(children);
  facts.truthy = StringPresent(node.index);
  if (node.op == Op::kOffset || node.op == Op::kLength) {
    KeepCheaper(facts.defined, facts.truthy);
  }
  if (node.op == Op::kMatchedAt && !CanMatchAt(node.index, Analyse(children[0]))) {
    facts.truthy = Triggers::Never();
  }
  KeepCheaper(facts.truthy, facts.defined);
  facts.nonzero = facts.truthy;
  return facts;
}

Facts TriggerAnalysis::QuantifierOf(const syntax::Node& node) {
  switch (node.quantifier) {
    case Quantifier::kExpression:
    case Quantifier::kPercent:
      return Analyse(Children(node)[0]);
    case Quantifier::kAny:
      return Facts::Integer(1);
    case Quantifier::kNone:
      return Facts::Integer(0);
    case Quantifier::kAll:
    case Quantifier::kNoQuantifier:
      break;
  }
  return Facts::Undefined();  // libyara writes `all` as an undefined number
}

// The promise of "quantifier of items", if each item counts as 0 or 1.
Triggers TriggerAnalysis::Quantify(const syntax::Node& node, const Facts& quantifier,
                                   std::vector<Triggers> items) {
  const auto count = static_cast<std::int64_t>(items.size());
  if (quantifier.known == Facts::Known::kNothing) {
    return Triggers::Always();
  }
  if (node.quantifier == Quantifier::kPercent) {
    if (quantifier.known == Facts::Known::kUndefined) {
      return Triggers::Never();
    }
    std::int64_t needed = 0;
    while (needed <= count && static_cast<double>(needed) / static_cast<double>(count) * 100 <
                                  static_cast<double>(quantifier.value)) {
      ++needed;
    }
    return AtLeast(needed, std::move(items));
  }
  if (quantifier.known == Facts::Known::kUndefined) {
    return AtLeast(count, std::move(items));
  }
  return AtLeast(quantifier.value, std::move(items));
}

Facts TriggerAnalysis::AnalyseSet(const syntax::Node& node) {
  std::span<const std::uint32_t> children = Children(node);
  const Facts quantifier = QuantifierOf(node);
  if (TakesQuantifierChild(node.quantifier)) {
    children = children.subspan(1);
  }
  Facts facts;
  std::vector<Triggers> items;
  if (node.op == Op::kOfRules) {
    for (const std::uint32_t rule : rules_.rule_sets[node.index]) {
      items.push_back(rule_triggers_[rule]);
    }
  } else if (node.op == Op::kOfBooleans) {
    for (const std::uint32_t child : children) {
      items.push_back(Analyse(child).truthy);
    }
  } else {
    facts.defined = AllDefined(children);
    const Facts offset = node.op == Op::kOfStringsAt ? Analyse(children[0]) : Facts();
    for (const std::uint32_t string : rules_.string_sets[node.index]) {
      items.push_back(CanMatchAt(string, offset) ? StringPresent(string) : Triggers::Never());
    }
  }
  facts.truthy = Quantify(node, quantifier, std::move(items));
  KeepCheaper(facts.truthy, facts.defined);
  facts.nonzero = facts.truthy;
  return facts;
}

Facts TriggerAnalysis::AnalyseForStrings(const syntax::Node& node) {
  const Facts quantifier = QuantifierOf(node);
  const std::uint32_t body = Children(node).back();
  std::vector<Triggers> items;
  const std::uint32_t outer = loop_string_;
  for (const std::uint32_t string : rules_.string_sets[node.index]) {
    loop_string_ = string;
    items.push_back(Analyse(body).truthy);
  }
  loop_string_ = outer;
  Facts facts;
  if (rules_.nodes[body].type == Type::kBoolean || items.empty()) {
    facts.truthy = Quantify(node, quantifier, std::move(items));
  } else {
    // Bodies that are numbers are added up: only "one of them is not zero" follows.
    Facts one = quantifier;
    one.value = quantifier.known == Facts::Known::kInteger && quantifier.value <= 0 ? 0 : 1;
    one.known =
        quantifier.known == Facts::Known::kNothing ? quantifier.known : Facts::Known::kInteger;
    facts.truthy = Quantify(node, one, std::move(items));
  }
  facts.nonzero = facts.truthy;
  return facts;
}

}  // namespace day::rules::compile
