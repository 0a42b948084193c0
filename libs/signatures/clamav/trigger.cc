#include "libs/signatures/clamav/trigger.h"

#include <algorithm>

namespace day::signatures::clamav {
namespace {

// Comparisons and regexes may lean on each other; deeper than this they are evaluated always.
constexpr int kDependencyDepthMax = 8;

struct Choice {
  double cost = 0;
  std::vector<const PatternPlan*> patterns;
};

class TriggerChooser {
 public:
  explicit TriggerChooser(std::span<const SubsignaturePlan> subsignatures)
      : subsignatures_(subsignatures) {}

  std::optional<Choice> OfLogic(std::span<const LogicNode> logic, int depth) const;

 private:
  std::optional<Choice> OfId(std::uint8_t id, int depth) const;

  std::span<const SubsignaturePlan> subsignatures_;
};

Choice Union(Choice a, const Choice& b) {
  a.cost += b.cost;
  for (const PatternPlan* pattern : b.patterns) {
    if (std::find(a.patterns.begin(), a.patterns.end(), pattern) == a.patterns.end()) {
      a.patterns.push_back(pattern);
    }
  }
  return a;
}

std::optional<Choice> TriggerChooser::OfId(std::uint8_t id, int depth) const {
  if (id >= subsignatures_.size() || depth > kDependencyDepthMax) {
    return std::nullopt;
  }
  const SubsignaturePlan& subsignature = subsignatures_[id];
  if (subsignature.trigger) {
    return OfLogic(*subsignature.trigger, depth + 1);
  }
  if (subsignature.depends_on) {
    return OfId(*subsignature.depends_on, depth + 1);
  }
  if (subsignature.is_macro) {
    return id == 0 ? std::nullopt : OfId(static_cast<std::uint8_t>(id - 1), depth + 1);
  }
  if (subsignature.is_image) {
    return std::nullopt;
  }
  Choice out;
  for (const PatternPlan& pattern : subsignature.patterns) {
    out.cost += pattern.plan.cost;
    out.patterns.push_back(&pattern);
  }
  return out;
}

// Whether the count may be met by no match at all.
bool MayBeZero(const LogicNode& node) {
  return (node.op == '<' && node.count > 0) || (node.op == '=' && node.count == 0);
}

std::optional<Choice> TriggerChooser::OfLogic(std::span<const LogicNode> logic, int depth) const {
  std::vector<std::optional<Choice>> choices;
  for (const LogicNode& node : logic) {
    std::optional<Choice>& out = choices.emplace_back();
    if (MayBeZero(node)) {
      continue;
    }
    if (node.kind == LogicNode::Kind::kId) {
      out = OfId(node.id, depth);
      continue;
    }
    const std::optional<Choice>& left = choices[node.left];
    const std::optional<Choice>& right = choices[node.right];
    // What is counted is counted only where the group is true.
    if (node.kind == LogicNode::Kind::kAnd) {
      const bool take_left = left && (!right || left->cost <= right->cost);
      out = take_left ? left : right;
    } else if (left && right) {
      out = Union(*left, *right);
    }
  }
  return choices.empty() ? std::nullopt : choices.back();
}

}  // namespace

std::optional<std::vector<const PatternPlan*>> ChooseTrigger(
    std::span<const LogicNode> logic, std::span<const SubsignaturePlan> subsignatures) {
  auto choice = TriggerChooser(subsignatures).OfLogic(logic, 0);
  if (!choice) {
    return std::nullopt;
  }
  return std::move(choice->patterns);
}

}  // namespace day::signatures::clamav
