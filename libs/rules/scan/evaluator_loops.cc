// Evaluator for loops and variables.
#include <utility>

#include "libs/rules/scan/evaluator.h"

namespace day::rules::scan {

using compile::Op;
using compile::PodNode;
using compile::Type;

namespace {

// A cheap evaluation gives up on loops longer than this.
constexpr std::int64_t kCheapIterationsMax = 64;

bool TakesQuantifierChild(const PodNode& node) {
  return node.quantifier == compile::Quantifier::kExpression ||
         node.quantifier == compile::Quantifier::kPercent;
}

}  // namespace

LoopTally Evaluator::StartLoop(Value quantifier, std::uint32_t body) const {
  const bool boolean = rules_.nodes[body].type == Type::kBoolean;
  return {quantifier, boolean ? LoopTally::Body::kBoolean : LoopTally::Body::kNumber};
}

// One evaluation of a loop's body; whether the loop goes on.
bool Evaluator::Iterate(const PodNode& loop, std::uint32_t body, LoopTally& tally) {
  const Value value = Evaluate(body);
  if (watch_ != nullptr && watch_->loop == &loop) {
    const LoopWatch* watch = std::exchange(watch_, nullptr);
    watch->visit(value);
    watch_ = watch;
  }
  return !deadline_.expired() && tally.Add(value);
}

Value Evaluator::WantBody(const PodNode& node, std::uint32_t body) {
  slots_[node.slot_first] = Value::Unknown();
  if (node.op == Op::kForDict) {
    slots_[static_cast<std::uint8_t>(node.slot_first + 1)] = Value::Unknown();
  }
  (void)Evaluate(body);
  return Value::Unknown();
}

Value Evaluator::ForStrings(const PodNode& node) {
  const std::uint32_t body = rules_.Children(node).back();
  const Value quantifier = Quantifier(node);
  // In a cheap evaluation the quantifier may be unknown; the bodies still say what they want.
  LoopTally tally = StartLoop(quantifier.unknown() ? Value::Undefined() : quantifier, body);
  const std::uint32_t outer = loop_string_;
  for (const std::uint32_t string : rules_.StringSet(node.index)) {
    loop_string_ = string;
    if (!Iterate(node, body, tally) && !quantifier.unknown()) {
      break;
    }
  }
  loop_string_ = outer;
  return quantifier.unknown() ? quantifier : tally.Result();
}

Value Evaluator::ForRange(const PodNode& node) {
  const std::span<const std::uint32_t> children =
      rules_.Children(node).subspan(TakesQuantifierChild(node) ? 1 : 0);
  const std::uint32_t body = children[2];
  const Value quantifier = Quantifier(node);
  const Value low = Evaluate(children[0]);
  const Value high = Evaluate(children[1]);
  if (low.undefined() || high.undefined()) {
    return Value::Boolean(false);  // no iterations
  }
  if (low.unknown() || high.unknown() || quantifier.unknown()) {
    return WantBody(node, body);
  }
  LoopTally tally = StartLoop(quantifier, body);
  std::int64_t left = cheap() ? kCheapIterationsMax : INT64_MAX;
  for (std::int64_t i = low.integer(); i <= high.integer(); ++i) {
    if (left-- == 0) {
      tally.GiveUp();
      break;
    }
    slots_[node.slot_first] = Value::Integer(i);
    if (!Iterate(node, body, tally) || i == INT64_MAX) {
      break;
    }
  }
  return tally.Result();
}

Value Evaluator::ForList(const PodNode& node) {
  const std::span<const std::uint32_t> children =
      rules_.Children(node).subspan(TakesQuantifierChild(node) ? 1 : 0);
  const std::uint32_t body = children[0];
  const Value quantifier = Quantifier(node);
  if (quantifier.unknown()) {
    return WantBody(node, body);
  }
  LoopTally tally = StartLoop(quantifier, body);
  for (const std::uint32_t item : children.subspan(1)) {
    slots_[node.slot_first] = Evaluate(item);
    if (!Iterate(node, body, tally)) {
      break;
    }
  }
  return tally.Result();
}

Value Evaluator::With(const PodNode& node) {
  const std::span<const std::uint32_t> children = rules_.Children(node);
  for (std::size_t i = 1; i < children.size(); ++i) {
    slots_[static_cast<std::uint8_t>(node.slot_first + i - 1)] = Evaluate(children[i]);
  }
  return Evaluate(children[0]);
}

}  // namespace day::rules::scan
