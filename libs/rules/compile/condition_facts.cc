#include "libs/rules/compile/condition_facts.h"

#include <algorithm>
#include <string>
#include <utility>

namespace day::rules::compile {
namespace {

// Relative costs of evaluating one node; only their order matters.
constexpr std::uint32_t kCostPlain = 1;
constexpr std::uint32_t kCostRead = 2;
constexpr std::uint32_t kCostString = 10;
constexpr std::uint32_t kCostField = 20;
constexpr std::uint32_t kCostMatches = 200;
constexpr std::uint32_t kCostCall = 2'000;
constexpr std::uint32_t kLoopFactor = 20;
constexpr std::uint32_t kCostMax = 1'000'000'000;

std::uint32_t OwnCost(const syntax::Node& node, const syntax::RuleSet& rules) {
  switch (node.op) {
    case Op::kReadInt:
      return kCostRead;
    case Op::kMatched:
    case Op::kMatchedAt:
    case Op::kMatchedIn:
    case Op::kCount:
    case Op::kCountIn:
    case Op::kOffset:
    case Op::kLength:
      return kCostString;
    case Op::kOfStrings:
    case Op::kOfStringsIn:
    case Op::kOfStringsAt:
      return kCostString + static_cast<std::uint32_t>(rules.string_sets[node.index].size());
    case Op::kField:
    case Op::kForArray:
    case Op::kForDict:
      return kCostField;
    case Op::kMatches:
      return kCostMatches;
    case Op::kCall:
      return kCostCall;
    default:
      return kCostPlain;
  }
}

bool IsLoop(Op op) {
  return op == Op::kForStrings || op == Op::kForRange || op == Op::kForList ||
         op == Op::kForArray || op == Op::kForDict;
}

bool IsOfStrings(Op op) {
  return op == Op::kOfStrings || op == Op::kOfStringsIn || op == Op::kOfStringsAt;
}

std::span<const std::uint32_t> ChildrenOf(const syntax::RuleSet& rules, const syntax::Node& node) {
  return std::span(rules.children).subspan(node.children_begin, node.children_count);
}

// libyara's required_strings (grammar.y of 4.5.8).
std::uint32_t RequiredStrings(const syntax::RuleSet& rules, const syntax::Node& node,
                              const std::vector<std::uint32_t>& below) {
  const std::span<const std::uint32_t> children = ChildrenOf(rules, node);
  switch (node.op) {
    case Op::kMatched:
    case Op::kMatchedAt:
    case Op::kMatchedIn:
      return 1;
    case Op::kOfStrings:
    case Op::kOfStringsIn:
    case Op::kOfStringsAt: {
      if (node.quantifier != Quantifier::kExpression) {
        return node.quantifier == Quantifier::kAll || node.quantifier == Quantifier::kAny;
      }
      const syntax::Node& number = rules.nodes[children[0]];
      return number.op == Op::kInteger && number.value > 0;
    }
    case Op::kAnd: {
      std::uint32_t sum = 0;
      for (const std::uint32_t child : children) {
        sum += below[child];
      }
      return std::min(sum, kCostMax);
    }
    case Op::kOr: {
      std::uint32_t least = kCostMax;
      for (const std::uint32_t child : children) {
        least = std::min(least, below[child]);
      }
      return least;
    }
    default:
      return 0;
  }
}

base::Error TooComplex(const char* what) { return base::MakeError(base::ErrorKind::kLimit, what); }

base::Status CheckNode(const syntax::RuleSet& rules, std::uint32_t index) {
  const syntax::Node& node = rules.nodes[index];
  if (node.children_begin > rules.children.size() ||
      node.children_count > rules.children.size() - node.children_begin) {
    return base::MakeError(base::ErrorKind::kMalformed, "a condition's operands are missing");
  }
  for (const std::uint32_t child : ChildrenOf(rules, node)) {
    if (child >= index) {
      return base::MakeError(base::ErrorKind::kMalformed, "a condition refers to a later node");
    }
  }
  const bool call = node.op == Op::kCall;
  const auto arguments = call ? static_cast<std::uint32_t>(node.value) : 0;
  if (arguments > kArgumentsMax || arguments > node.children_count) {
    return TooComplex("a call with too many arguments");
  }
  if ((call || node.op == Op::kField) && node.children_count - arguments > kPathIndicesMax) {
    return TooComplex("a module field below too many indices");
  }
  if (IsOfStrings(node.op) || node.op == Op::kForStrings) {
    if (node.index >= rules.string_sets.size()) {
      return base::MakeError(base::ErrorKind::kMalformed, "a set of strings is missing");
    }
  }
  return base::OkStatus();
}

}  // namespace

base::Result<ConditionFacts> FindConditionFacts(const syntax::RuleSet& rules) {
  ConditionFacts facts;
  const std::size_t count = rules.nodes.size();
  facts.cost.resize(count);
  facts.side_effects.resize(count);
  facts.required_strings.resize(count);
  std::vector<std::uint32_t> depth(count, 1);
  for (std::uint32_t i = 0; i < count; ++i) {
    DAY_TRY(CheckNode(rules, i));
    const syntax::Node& node = rules.nodes[i];
    std::uint64_t cost = 0;
    bool side_effects = node.op == Op::kCall && rules.modules[node.module]->name() == "console";
    for (const std::uint32_t child : ChildrenOf(rules, node)) {
      depth[i] = std::max(depth[i], depth[child] + 1);
      cost += facts.cost[child];
      side_effects = side_effects || facts.side_effects[child];
    }
    if (depth[i] > kConditionDepthMax) {
      return TooComplex("a condition is nested too deeply");
    }
    cost = cost * (IsLoop(node.op) ? kLoopFactor : 1) + OwnCost(node, rules);
    facts.cost[i] = static_cast<std::uint32_t>(std::min<std::uint64_t>(cost, kCostMax));
    facts.side_effects[i] = side_effects;
    facts.required_strings[i] = RequiredStrings(rules, node, facts.required_strings);
  }
  return facts;
}

SizeBounds FindSizeBounds(const syntax::RuleSet& rules, std::uint32_t root) {
  SizeBounds bounds;
  std::vector<std::uint32_t> open = {root};
  while (!open.empty()) {
    const syntax::Node& node = rules.nodes[open.back()];
    open.pop_back();
    const std::span<const std::uint32_t> children = ChildrenOf(rules, node);
    if (node.op == Op::kAnd) {
      open.insert(open.end(), children.begin(), children.end());
      continue;
    }
    if (node.op < Op::kEqual || node.op > Op::kGreaterEqual || children.size() != 2 ||
        rules.nodes[children[0]].op != Op::kFilesize ||
        rules.nodes[children[1]].op != Op::kInteger) {
      continue;
    }
    const std::int64_t number = rules.nodes[children[1]].value;
    if (number <= 0) {
      continue;  // true for every file but an empty one, or never; not worth a special case
    }
    const auto size = static_cast<std::uint64_t>(number);
    if (node.op == Op::kLess || node.op == Op::kLessEqual || node.op == Op::kEqual) {
      bounds.max = std::min(bounds.max, node.op == Op::kLess ? size - 1 : size);
    }
    if (node.op == Op::kGreater || node.op == Op::kGreaterEqual || node.op == Op::kEqual) {
      bounds.min = std::max(bounds.min, node.op == Op::kGreater ? size + 1 : size);
    }
  }
  return bounds;
}

std::vector<bool> FindSingleMatchStrings(const syntax::RuleSet& rules) {
  std::vector<bool> single(rules.strings.size(), true);
  std::uint32_t begin = 0;
  for (const syntax::Rule& rule : rules.rules) {
    for (std::uint32_t i = begin; i <= rule.condition && i < rules.nodes.size(); ++i) {
      const syntax::Node& node = rules.nodes[i];
      switch (node.op) {
        case Op::kMatchedAt:
        case Op::kMatchedIn:
        case Op::kCount:
        case Op::kCountIn:
        case Op::kOffset:
        case Op::kLength:
          // A loop's string stands for all strings of the rule, as in libyara's parser.
          for (std::uint32_t k = 0; k < rule.strings_count; ++k) {
            const std::uint32_t string = rule.strings_begin + k;
            if (node.index == syntax::kLoopString || node.index == string) {
              single[string] = false;
            }
          }
          break;
        case Op::kOfStringsIn:
        case Op::kOfStringsAt:
          for (const std::uint32_t string : rules.string_sets[node.index]) {
            single[string] = false;
          }
          break;
        default:
          break;
      }
    }
    begin = rule.condition + 1;
  }
  return single;
}

}  // namespace day::rules::compile
