#include "libs/rules/scan/explain.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "libs/rules/scan/render.h"
#include "libs/rules/scan/state.h"

namespace day::rules::scan {

using compile::Op;
using compile::PodNode;

namespace {

constexpr std::size_t kShownTextMax = 200;

std::string ShowValue(Value value, compile::Type type) {
  switch (value.kind()) {
    case Value::Kind::kInteger:
      if (type == compile::Type::kBoolean) {
        return value.integer() != 0 ? "true" : "false";
      }
      return value.integer() > 9 ? fmt::format("{} (0x{:x})", value.integer(), value.integer())
                                 : std::to_string(value.integer());
    case Value::Kind::kFloat:
      return fmt::format("{}", value.real());
    case Value::Kind::kText:
      return QuoteText(value.text(), kShownTextMax);
    default:
      return "undefined";
  }
}

bool IsLoop(Op op) { return op >= Op::kForStrings && op <= Op::kForDict; }
bool IsConstant(Op op) { return op <= Op::kRegex; }

class Explainer {
 public:
  explicit Explainer(Scanner::State& state) : state_(state) {}

  ExplainedNode Build(std::uint32_t index) {
    const PodNode& node = state_.rules.nodes[index];
    const Value value = state_.evaluator.Evaluate(index);
    ExplainedNode shown;
    shown.text = RenderNode(state_.rules, index);
    shown.value = ShowValue(value, node.type);
    shown.result = value.undefined() ? ExplainedNode::Result::kUndefined
                   : value.IsTrue()  ? ExplainedNode::Result::kTrue
                                     : ExplainedNode::Result::kFalse;
    shown.line = state_.rules.spans[index].line;
    shown.column = state_.rules.spans[index].column;
    if (++nodes_ > kExplainedNodesMax) {
      return shown;
    }
    if (IsLoop(node.op)) {
      AddIterations(index, shown);
    } else {
      AddOperands(node, shown);
    }
    MarkDecisive(node, shown);
    return shown;
  }

 private:
  // In the order of the source, not in that of evaluation.
  void AddOperands(const PodNode& node, ExplainedNode& shown) {
    const std::span<const std::uint32_t> children = state_.rules.Children(node);
    std::vector<std::uint32_t> ordered(children.begin(), children.end());
    if (node.op == Op::kAnd || node.op == Op::kOr) {
      std::stable_sort(ordered.begin(), ordered.end(), [this](std::uint32_t a, std::uint32_t b) {
        return state_.rules.spans[a].begin_offset < state_.rules.spans[b].begin_offset;
      });
    }
    for (const std::uint32_t child : ordered) {
      if (!IsConstant(state_.rules.nodes[child].op)) {
        shown.parts.push_back(Build(child));
      }
    }
    if (node.op == Op::kOfStrings) {
      AddStrings(node, shown);
    }
  }

  void AddStrings(const PodNode& node, ExplainedNode& shown) {
    for (const std::uint32_t string : state_.rules.StringSet(node.index)) {
      if (++nodes_ > kExplainedNodesMax) {
        return;
      }
      const bool found = !state_.strings.Matches(string).empty();
      ExplainedNode part;
      part.text = state_.rules.Text(state_.rules.strings[string].identifier);
      part.value = found ? "true" : "false";
      part.result = found ? ExplainedNode::Result::kTrue : ExplainedNode::Result::kFalse;
      shown.parts.push_back(std::move(part));
    }
  }

  std::string LabelOf(const PodNode& loop) const {
    if (loop.op == Op::kForStrings) {
      return std::string(
          state_.rules.Text(state_.rules.strings[state_.evaluator.loop_string()].identifier));
    }
    return fmt::format(
        "v{} = {}", loop.slot_first,
        ShowValue(state_.evaluator.variable(loop.slot_first), compile::Type::kInteger));
  }

  void AddIterations(std::uint32_t index, ExplainedNode& shown) {
    const PodNode& loop = state_.rules.nodes[index];
    const bool leading = loop.quantifier == compile::Quantifier::kExpression ||
                         loop.quantifier == compile::Quantifier::kPercent;
    const std::size_t body_at = (leading ? 1u : 0u) + (loop.op == Op::kForRange ? 2u : 0u);
    const std::uint32_t body = state_.rules.Children(loop)[body_at];
    Evaluator::LoopWatch watch;
    watch.loop = &loop;
    watch.visit = [&](Value) {
      if (shown.parts.size() < kExplainedIterationsMax) {
        std::string label = LabelOf(loop);
        shown.parts.push_back(Build(body));
        shown.parts.back().label = std::move(label);
      }
    };
    const Evaluator::LoopWatch* outer = state_.evaluator.Watch(&watch);
    (void)state_.evaluator.Evaluate(index);
    state_.evaluator.Watch(outer);
  }

  static void MarkDecisive(const PodNode& node, ExplainedNode& shown) {
    const bool is_true = shown.result == ExplainedNode::Result::kTrue;
    const bool short_circuit = (node.op == Op::kAnd && !is_true) || (node.op == Op::kOr && is_true);
    for (ExplainedNode& part : shown.parts) {
      const bool part_true = part.result == ExplainedNode::Result::kTrue;
      if (short_circuit && part_true == is_true) {
        part.decisive = true;
        return;
      }
    }
  }

  Scanner::State& state_;
  std::size_t nodes_ = 0;
};

std::vector<ExplainedString> ExplainStrings(Scanner::State& state, const compile::PodRule& rule) {
  std::vector<ExplainedString> strings;
  for (std::uint32_t i = 0; i < rule.strings_count; ++i) {
    const std::uint32_t string = rule.strings_begin + i;
    const std::span<const match::Match> matches = state.strings.Matches(string);
    const auto shown = matches.first(std::min(matches.size(), kExplainedMatchesMax));
    strings.push_back(
        {.identifier = std::string(state.rules.Text(state.rules.strings[string].identifier)),
         .match_count = matches.size(),
         .first_matches = {shown.begin(), shown.end()}});
  }
  return strings;
}

}  // namespace

Explanation Explain(Scanner& scanner, std::uint32_t rule, base::Bytes data,
                    const ScanOptions& options) {
  (void)scanner.Scan(data, options);
  Scanner::State& state = scanner.state();
  const compile::PodRule& pod = state.rules.rules[rule];
  Explanation explanation;
  explanation.rule = state.rules.Text(pod.identifier);
  explanation.condition_true = state.values.is_true(rule);
  explanation.matches = state.Matches(rule);
  const compile::PodNamespace& name_space = state.rules.namespaces[pod.name_space];
  for (const std::uint32_t global :
       state.rules.globals.subspan(name_space.globals_begin, name_space.globals_count)) {
    if (!state.values.is_true(global)) {
      explanation.failed_globals.emplace_back(
          state.rules.Text(state.rules.rules[global].identifier));
    }
  }
  state.evaluator.set_effort(Effort::kFull);
  explanation.condition = Explainer(state).Build(pod.condition);
  // Rules beside a false global rule are not evaluated by the scan; here the tree says the truth.
  explanation.condition_true = explanation.condition.result == ExplainedNode::Result::kTrue;
  explanation.strings = ExplainStrings(state, pod);
  explanation.timed_out = state.deadline.expired();
  return explanation;
}

}  // namespace day::rules::scan
