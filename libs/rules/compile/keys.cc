#include "libs/rules/compile/keys.h"

#include <algorithm>
#include <bit>
#include <utility>

namespace day::rules::compile {
namespace {

// Costs in the unit of PatternSetBuilder::Cost(): atom hits per MiB. A value found by parsing
// headers costs next to nothing; a call may walk imports; a hash may read the whole file.
constexpr double kFieldCost = 1;
constexpr double kCallCost = 100;
constexpr double kHashCost = 20'000;
// Expressions that are true in few, some and most files: each evaluation costs as much as a few
// hits, but what they let through costs a search of the file.
constexpr double kRareTruthCost = 30;
constexpr double kHalfTruthCost = 10'000;
constexpr double kCommonTruthCost = 1e6;
// Expressions written out longer than this are not shared between rules.
constexpr std::size_t kDescriptionMax = 4096;
// Schemas are ours, but a bound keeps the walk finite if one were to contain itself.
constexpr int kSchemaDepthMax = 16;

bool IsContainer(module::Kind kind) {
  return kind == module::Kind::kArray || kind == module::Kind::kDictionary;
}

// Depth-first search for `id`; `around` holds the arrays on the way.
bool FindPath(const module::Field& field, std::uint16_t id, int depth,
              std::vector<const module::Field*>& around) {
  if (depth > kSchemaDepthMax) {
    return false;
  }
  if (field.kind != module::Kind::kStruct && field.kind != module::Kind::kFunction &&
      !field.constant.has_value() && field.id == id) {
    return true;
  }
  if (IsContainer(field.kind)) {
    around.push_back(&field);
  }
  for (const module::Field& child : field.children) {
    if (FindPath(child, id, depth + 1, around)) {
      return true;
    }
  }
  if (IsContainer(field.kind)) {
    around.pop_back();
  }
  return false;
}

void DescribeField(const module::Field& field, int depth, std::string& out) {
  if (depth > kSchemaDepthMax) {
    return;
  }
  out.append(field.name).push_back('\0');
  out.append(field.arguments).push_back('\0');
  out.append(std::to_string(static_cast<int>(field.kind))).push_back(',');
  out.append(std::to_string(static_cast<int>(field.result))).push_back(',');
  out.append(std::to_string(field.id)).push_back(field.defined_without_format ? '+' : '-');
  if (field.constant.has_value()) {
    out.append(std::to_string(*field.constant));
  }
  out.push_back('(');
  for (const module::Field& child : field.children) {
    DescribeField(child, depth + 1, out);
  }
  out.push_back(')');
}

}  // namespace

bool IsCostlyCall(const module::Module& module) {
  const std::string_view name = module.name();
  return name == "hash" || name == "math" || name == "magic" || name == "console";
}

std::optional<std::vector<std::uint16_t>> ArraysAround(const module::Field& root,
                                                       std::uint16_t id) {
  std::vector<const module::Field*> around;
  if (!FindPath(root, id, 0, around) || around.size() > kKeyDepthMax) {
    return std::nullopt;
  }
  std::vector<std::uint16_t> arrays;
  for (const module::Field* field : around) {
    if (field->kind != module::Kind::kArray) {
      return std::nullopt;
    }
    arrays.push_back(field->id);
  }
  return arrays;
}

std::uint64_t SchemaHash(const module::Module& module) {
  std::string text(module.name());
  text.push_back(static_cast<char>('0' + static_cast<int>(module.format())));
  DescribeField(module.root(), 0, text);
  return HashBytes(base::AsBytes(text));
}

// The operands of a call or path as a text, if all are constants (or the size of the file).
std::optional<std::string> KeyCollector::ConstantOperands(const syntax::Node& node) const {
  std::string text;
  for (std::uint32_t i = 0; i < node.children_count; ++i) {
    const syntax::Node& child = rules_.nodes[rules_.children[node.children_begin + i]];
    switch (child.op) {
      case Op::kInteger:
        text.append("i").append(std::to_string(child.value)).push_back(';');
        break;
      case Op::kString: {
        const std::string& constant = rules_.texts[child.index];
        text.append("s").append(std::to_string(constant.size())).append(":").append(constant);
        break;
      }
      case Op::kFilesize:
        text.append("f;");
        break;
      default:
        return std::nullopt;
    }
  }
  return text;
}

std::optional<std::uint32_t> KeyCollector::GroupOf(std::uint32_t node_index) {
  const syntax::Node& node = rules_.nodes[node_index];
  const module::Module* module = rules_.modules[node.module];
  KeyGroup group;
  group.pod.module = node.module;
  group.pod.field = node.field;
  std::string name = std::to_string(node.module) + "." + std::to_string(node.field);
  const std::optional<std::string> operands = ConstantOperands(node);
  if (operands.has_value()) {
    group.pod.node = node_index;
    name += (node.op == Op::kCall ? "(" : "[") + *operands;
  } else if (node.op == Op::kField) {
    // Whatever the indices are, the value is that of one element.
    const std::optional<std::vector<std::uint16_t>> arrays =
        ArraysAround(module->root(), node.field);
    if (!arrays.has_value() || arrays->empty()) {
      return std::nullopt;
    }
    for (std::size_t i = 0; i < arrays->size(); ++i) {
      group.pod.arrays[i] = (*arrays)[i];
    }
    group.pod.arrays_count = static_cast<std::uint32_t>(arrays->size());
  } else {
    return std::nullopt;
  }
  group.cost = node.op == Op::kField ? kFieldCost : IsCostlyCall(*module) ? kHashCost : kCallCost;
  return AddGroup(std::move(name), group);
}

std::uint32_t KeyCollector::AddGroup(std::string name, const KeyGroup& group) {
  const auto [where, added] =
      group_ids_.emplace(std::move(name), static_cast<std::uint32_t>(groups_.size()));
  if (added) {
    groups_.push_back(group);
  }
  return where->second;
}

Triggers KeyCollector::AddKey(std::uint32_t group, const std::string& text) {
  const auto [where, added] =
      key_ids_.emplace(std::pair(group, text), static_cast<std::uint32_t>(keys_.size()));
  if (added) {
    keys_.push_back({.group = group, .text = text});
  }
  return Triggers::One(kKeyBit | where->second, groups_[group].cost);
}

std::optional<Triggers> KeyCollector::Find(std::uint32_t node, const std::string& text) {
  const std::optional<std::uint32_t> group = GroupOf(node);
  if (!group.has_value()) {
    return std::nullopt;
  }
  return AddKey(*group, text);
}

// Writes the expression so that equal texts mean equal values; false if it may not be a key.
bool KeyCollector::Describe(std::uint32_t index, std::string& text) const {
  const syntax::Node& node = rules_.nodes[index];
  const bool about_file = node.op <= Op::kReadInt || node.op == Op::kField ||
                          node.op == Op::kCall || node.op >= Op::kAnd;
  const bool costly = node.op == Op::kCall && IsCostlyCall(*rules_.modules[node.module]);
  if (!about_file || costly || text.size() > kDescriptionMax) {
    return false;
  }
  text += std::to_string(static_cast<int>(node.op)) + ":";
  switch (node.op) {
    case Op::kString:
      text += std::to_string(rules_.texts[node.index].size()) + ":" + rules_.texts[node.index];
      break;
    case Op::kFloat:
      text += std::to_string(std::bit_cast<std::int64_t>(node.real));
      break;
    case Op::kField:
    case Op::kCall:
      text += std::to_string(node.module) + "." + std::to_string(node.field) + "." +
              std::to_string(node.value);
      break;
    default:
      text += std::to_string(node.value) + "," + std::to_string(node.index);
      break;
  }
  text += "(";
  for (std::uint32_t i = 0; i < node.children_count; ++i) {
    if (!Describe(rules_.children[node.children_begin + i], text)) {
      return false;
    }
  }
  text += ")";
  return true;
}

// The cost of `left OP right` being true, from what is compared.
double KeyCollector::ComparisonCost(const syntax::Node& node) const {
  double cost = node.op == Op::kEqual ? kRareTruthCost : kHalfTruthCost;
  for (std::uint32_t i = 0; i < node.children_count; ++i) {
    switch (rules_.nodes[rules_.children[node.children_begin + i]].op) {
      case Op::kCall:
        return kRareTruthCost;  // pe.section_index("x") >= 0
      case Op::kReadInt:
        // Magic numbers behind the first bytes, "PE" above all, are the same in most files of a
        // kind.
      case Op::kFilesize:
        return kCommonTruthCost;
      default:
        break;
    }
  }
  return cost;
}

// How often will it be true? Guessed from its form: equality hardly ever, an order often, negations
// nearly always.
double KeyCollector::TruthCost(std::uint32_t index) const {
  const syntax::Node& node = rules_.nodes[index];
  double cost = 0;
  switch (node.op) {
    case Op::kAnd:
      cost = kCommonTruthCost;
      for (std::uint32_t i = 0; i < node.children_count; ++i) {
        cost = std::min(cost, TruthCost(rules_.children[node.children_begin + i]) - 1);
      }
      return cost;
    case Op::kOr:
      for (std::uint32_t i = 0; i < node.children_count; ++i) {
        cost += TruthCost(rules_.children[node.children_begin + i]);
      }
      return std::min(cost, kCommonTruthCost);
    case Op::kEqual:
    case Op::kLess:
    case Op::kLessEqual:
    case Op::kGreater:
    case Op::kGreaterEqual:
      return ComparisonCost(node);
    case Op::kContains:
    case Op::kIContains:
    case Op::kStartsWith:
    case Op::kIStartsWith:
    case Op::kEndsWith:
    case Op::kIEndsWith:
    case Op::kIEquals:
    case Op::kMatches:
    case Op::kCall:
      return kRareTruthCost;
    default:
      return kCommonTruthCost;
  }
}

std::optional<Triggers> KeyCollector::FindTruth(std::uint32_t node) {
  std::string name = "?";
  if (!Describe(node, name)) {
    return std::nullopt;
  }
  KeyGroup group;
  group.pod.node = node;
  group.cost = TruthCost(node);
  group.is_truth = true;
  return AddKey(AddGroup(std::move(name), group), "");
}

}  // namespace day::rules::compile
