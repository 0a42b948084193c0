#include "libs/rules/syntax/testing/check.h"

namespace day::rules::syntax::testing {
namespace {

// The name of an operation that has nothing else to tell; empty for the others.
std::string_view FixedName(Op op) {
  switch (op) {
    case Op::kFilesize:
      return "filesize";
    case Op::kMatched:
      return "matched";
    case Op::kMatchedAt:
      return "at";
    case Op::kMatchedIn:
      return "in";
    case Op::kCount:
      return "count";
    case Op::kCountIn:
      return "count_in";
    case Op::kOffset:
      return "offset";
    case Op::kLength:
      return "length";
    case Op::kOfStrings:
      return "of";
    case Op::kOfStringsIn:
      return "of_in";
    case Op::kOfStringsAt:
      return "of_at";
    case Op::kOfRules:
      return "of_rules";
    case Op::kOfBooleans:
      return "of_booleans";
    case Op::kForStrings:
      return "for_strings";
    case Op::kForRange:
      return "for_range";
    case Op::kForList:
      return "for_list";
    case Op::kWith:
      return "with";
    case Op::kAnd:
      return "and";
    case Op::kOr:
      return "or";
    case Op::kNot:
      return "not";
    case Op::kDefined:
      return "defined";
    case Op::kEqual:
      return "==";
    case Op::kLess:
      return "<";
    case Op::kGreater:
      return ">";
    case Op::kAdd:
      return "+";
    case Op::kSubtract:
      return "-";
    case Op::kMultiply:
      return "*";
    case Op::kBitAnd:
      return "&";
    case Op::kBitOr:
      return "|";
    case Op::kMatches:
      return "matches";
    case Op::kContains:
      return "contains";
    case Op::kNegate:
      return "neg";
    default:
      return {};
  }
}

std::string NameOf(const RuleSet& rules, const Node& node) {
  switch (node.op) {
    case Op::kBoolean:
      return node.value != 0 ? "true" : "false";
    case Op::kInteger:
      return std::to_string(node.value);
    case Op::kFloat:
      return std::to_string(node.real);
    case Op::kString:
      return "'" + rules.texts[node.index] + "'";
    case Op::kRegex:
      return "/" + rules.regexes[node.index].source + "/";
    case Op::kExternal:
      return rules.externals[node.index].identifier;
    case Op::kReadInt:
      return "read" + std::to_string(node.value);
    case Op::kForArray:
      return "for_array" + std::to_string(node.field);
    case Op::kForDict:
      return "for_dict" + std::to_string(node.field);
    case Op::kVariable:
      return "v" + std::to_string(node.slot_first);
    case Op::kField:
      return "field" + std::to_string(node.field);
    case Op::kCall:
      return "call" + std::to_string(node.field);
    case Op::kRule:
      return rules.rules[node.index].identifier;
    default:
      break;
  }
  const std::string_view fixed = FixedName(node.op);
  return fixed.empty() ? "op" + std::to_string(static_cast<int>(node.op)) : std::string(fixed);
}

}  // namespace

std::string ShapeOf(const RuleSet& rules, std::uint32_t index) {
  const Node& node = rules.nodes[index];
  std::string out = NameOf(rules, node);
  const bool of_string = node.op >= Op::kMatched && node.op <= Op::kLength;
  if (of_string) {
    out += node.index == kLoopString ? "$" : rules.strings[node.index].identifier;
  }
  if (node.children_count == 0) {
    return out;
  }
  out += "(";
  for (std::uint32_t i = 0; i < node.children_count; ++i) {
    out += (i > 0 ? " " : "") + ShapeOf(rules, rules.children[node.children_begin + i]);
  }
  return out + ")";
}

}  // namespace day::rules::syntax::testing
