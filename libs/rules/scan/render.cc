#include "libs/rules/scan/render.h"

#include <fmt/format.h>

#include <bit>
#include <vector>

namespace day::rules::scan {

using compile::Op;
using compile::PodNode;

namespace {

constexpr int kSchemaDepthMax = 16;
constexpr std::size_t kQuotedMax = 256;

std::string_view InfixOf(Op op) {
  switch (op) {
    case Op::kAnd:
      return " and ";
    case Op::kOr:
      return " or ";
    case Op::kEqual:
      return " == ";
    case Op::kNotEqual:
      return " != ";
    case Op::kLess:
      return " < ";
    case Op::kLessEqual:
      return " <= ";
    case Op::kGreater:
      return " > ";
    case Op::kGreaterEqual:
      return " >= ";
    case Op::kContains:
      return " contains ";
    case Op::kIContains:
      return " icontains ";
    case Op::kStartsWith:
      return " startswith ";
    case Op::kIStartsWith:
      return " istartswith ";
    case Op::kEndsWith:
      return " endswith ";
    case Op::kIEndsWith:
      return " iendswith ";
    case Op::kIEquals:
      return " iequals ";
    case Op::kMatches:
      return " matches ";
    case Op::kAdd:
      return " + ";
    case Op::kSubtract:
      return " - ";
    case Op::kMultiply:
      return " * ";
    case Op::kDivide:
      return " \\ ";
    case Op::kModulo:
      return " % ";
    case Op::kBitAnd:
      return " & ";
    case Op::kBitOr:
      return " | ";
    case Op::kBitXor:
      return " ^ ";
    case Op::kShiftLeft:
      return " << ";
    case Op::kShiftRight:
      return " >> ";
    default:
      return {};
  }
}

// "pe.sections[].name" for a field's id, written into `path` from the root down.
bool FindName(const module::Field& field, std::uint16_t id, bool function, int depth,
              std::string& path) {
  if (depth > kSchemaDepthMax) {
    return false;
  }
  const std::size_t size = path.size();
  if (!field.name.empty()) {
    path += path.empty() ? "" : ".";
    path += field.name;
  }
  const bool is_function = field.kind == module::Kind::kFunction;
  if (field.kind != module::Kind::kStruct && !field.constant.has_value() && field.id == id &&
      is_function == function) {
    return true;
  }
  if (field.kind == module::Kind::kArray || field.kind == module::Kind::kDictionary) {
    path += "[]";
  }
  for (const module::Field& child : field.children) {
    if (FindName(child, id, function, depth + 1, path)) {
      return true;
    }
  }
  path.resize(size);
  return false;
}

class Renderer {
 public:
  explicit Renderer(const compile::CompiledRules::State& rules) : rules_(rules) {}

  std::string Render(std::uint32_t index) {
    if (size_ > kRenderedMax) {
      return "...";
    }
    std::string text = RenderAny(rules_.nodes[index]);
    size_ += text.size();
    return text;
  }

 private:
  std::string Child(const PodNode& node, std::size_t i) { return Render(rules_.Children(node)[i]); }

  std::string StringName(std::uint32_t string, char sigil) const {
    const std::string_view name = string == compile::kLoopString
                                      ? std::string_view("$")
                                      : rules_.Text(rules_.strings[string].identifier);
    return sigil + std::string(name.substr(name.empty() ? 0 : 1));
  }

  static bool TakesChild(const PodNode& node) {
    return node.quantifier == compile::Quantifier::kExpression ||
           node.quantifier == compile::Quantifier::kPercent;
  }

  std::string QuantifierText(const PodNode& node) {
    switch (node.quantifier) {
      case compile::Quantifier::kAny:
        return "any";
      case compile::Quantifier::kNone:
        return "none";
      case compile::Quantifier::kExpression:
        return Child(node, 0);
      case compile::Quantifier::kPercent:
        return Child(node, 0) + "%";
      default:
        return "all";
    }
  }

  std::string StringSetText(std::uint32_t set) const {
    std::string text = "(";
    for (const std::uint32_t string : rules_.StringSet(set)) {
      text += (text.size() > 1 ? ", " : "") + StringName(string, '$');
      if (text.size() > kQuotedMax) {
        return text + ", ...)";
      }
    }
    return text + ")";
  }

  std::string RenderAny(const PodNode& node) {
    if (const std::string_view infix = InfixOf(node.op); !infix.empty()) {
      return Infix(node, infix);
    }
    if (node.op >= Op::kMatched && node.op <= Op::kLength) {
      return StringOperation(node);
    }
    if (node.op >= Op::kOfStrings && node.op <= Op::kWith) {
      return SetOrLoop(node);
    }
    switch (node.op) {
      case Op::kBoolean:
        return node.value != 0 ? "true" : "false";
      case Op::kInteger:
        return std::to_string(node.value);
      case Op::kFloat:
        return fmt::format("{}", std::bit_cast<double>(node.value));
      case Op::kString:
        return QuoteText(rules_.Text(rules_.texts[node.index]), kQuotedMax);
      case Op::kRegex:
        return "/.../";
      case Op::kFilesize:
        return "filesize";
      case Op::kEntrypoint:
        return "entrypoint";
      case Op::kExternal:
        return std::string(rules_.Text(rules_.externals[node.index].identifier));
      case Op::kReadInt:
        return fmt::format("{}int{}{}({})", (node.value & compile::kReadSigned) != 0 ? "" : "u",
                           8 * (node.value & 0xF),
                           (node.value & compile::kReadBigEndian) != 0 ? "be" : "", Child(node, 0));
      case Op::kVariable:
        return fmt::format("v{}", node.slot_first);
      case Op::kField:
      case Op::kCall:
        return Field(node);
      case Op::kRule:
        return std::string(rules_.Text(rules_.rules[node.index].identifier));
      case Op::kNot:
        return "not " + Child(node, 0);
      case Op::kDefined:
        return "defined " + Child(node, 0);
      case Op::kNegate:
        return "-" + Child(node, 0);
      case Op::kBitNot:
        return "~" + Child(node, 0);
      default:
        return "?";
    }
  }

  std::string Infix(const PodNode& node, std::string_view infix) {
    std::string text = "(";
    for (const std::uint32_t child : rules_.Children(node)) {
      text += text.size() > 1 ? infix : "";
      text += Render(child);
    }
    return text + ")";
  }

  std::string StringOperation(const PodNode& node) {
    switch (node.op) {
      case Op::kMatchedAt:
        return StringName(node.index, '$') + " at " + Child(node, 0);
      case Op::kMatchedIn:
        return fmt::format("{} in ({}..{})", StringName(node.index, '$'), Child(node, 0),
                           Child(node, 1));
      case Op::kCount:
        return StringName(node.index, '#');
      case Op::kCountIn:
        return fmt::format("{} in ({}..{})", StringName(node.index, '#'), Child(node, 0),
                           Child(node, 1));
      case Op::kOffset:
        return StringName(node.index, '@') + "[" + Child(node, 0) + "]";
      case Op::kLength:
        return StringName(node.index, '!') + "[" + Child(node, 0) + "]";
      default:
        return StringName(node.index, '$');
    }
  }

  std::string SetOrLoop(const PodNode& node) {
    const std::size_t first = TakesChild(node) ? 1 : 0;
    const std::string quantifier = QuantifierText(node);
    const std::string variable = fmt::format("v{}", node.slot_first);
    switch (node.op) {
      case Op::kOfStrings:
        return quantifier + " of " + StringSetText(node.index);
      case Op::kOfStringsIn:
        return fmt::format("{} of {} in ({}..{})", quantifier, StringSetText(node.index),
                           Child(node, first), Child(node, first + 1));
      case Op::kOfStringsAt:
        return fmt::format("{} of {} at {}", quantifier, StringSetText(node.index),
                           Child(node, first));
      case Op::kOfRules:
        return quantifier + " of " + RuleSetText(node.index);
      case Op::kOfBooleans:
        return quantifier + " of " + List(node, first);
      case Op::kForStrings:
        return fmt::format("for {} of {} : ({})", quantifier, StringSetText(node.index),
                           Child(node, first));
      case Op::kForRange:
        return fmt::format("for {} {} in ({}..{}) : ({})", quantifier, variable, Child(node, first),
                           Child(node, first + 1), Child(node, first + 2));
      case Op::kForList:
        return fmt::format("for {} {} in {} : ({})", quantifier, variable, List(node, first + 1),
                           Child(node, first));
      case Op::kForArray:
        return fmt::format("for {} {} in {} : ({})", quantifier, variable, Name(node),
                           Child(node, first));
      case Op::kForDict:
        return fmt::format("for {} {}, v{} in {} : ({})", quantifier, variable, node.slot_first + 1,
                           Name(node), Child(node, first));
      default:
        return fmt::format("with {} : ({})", List(node, 1), Child(node, 0));
    }
  }

  std::string RuleSetText(std::uint32_t set) const {
    std::string text = "(";
    for (const std::uint32_t rule : rules_.RuleSet(set)) {
      text += text.size() > 1 ? ", " : "";
      text += rules_.Text(rules_.rules[rule].identifier);
    }
    return text + ")";
  }

  std::string List(const PodNode& node, std::size_t first) {
    std::string text = "(";
    for (std::size_t i = first; i < node.children_count; ++i) {
      text += (i > first ? ", " : "") + Child(node, i);
    }
    return text + ")";
  }

  std::string Name(const PodNode& node) const {
    std::string path;
    (void)FindName(rules_.modules[node.module]->root(), node.field, node.op == Op::kCall, 0, path);
    return path;
  }

  std::string Field(const PodNode& node) {
    std::string text = Name(node);
    const std::size_t arguments = node.op == Op::kCall ? static_cast<std::size_t>(node.value) : 0;
    const std::size_t indices = node.children_count - arguments;
    std::size_t from = 0;
    for (std::size_t i = 0; i < indices; ++i) {
      const std::size_t bracket = text.find("[]", from);
      const std::string index = Child(node, i);
      if (bracket != std::string::npos) {
        text.insert(bracket + 1, index);
        from = bracket + index.size() + 2;
      }
    }
    return node.op == Op::kCall ? text + List(node, indices) : text;
  }

  const compile::CompiledRules::State& rules_;
  std::size_t size_ = 0;
};

}  // namespace

std::string QuoteText(std::string_view text, std::size_t size_max) {
  std::string quoted = "\"";
  for (const char c : text.substr(0, size_max)) {
    if (c == '"' || c == '\\') {
      quoted += '\\';
      quoted += c;
    } else if (c < ' ' || c > '~') {
      quoted += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    } else {
      quoted += c;
    }
  }
  return quoted + (text.size() > size_max ? "...\"" : "\"");
}

std::string RenderNode(const compile::CompiledRules::State& rules, std::uint32_t node) {
  std::string text = Renderer(rules).Render(node);
  if (text.size() > 2 && text.front() == '(' && !InfixOf(rules.nodes[node].op).empty()) {
    text = text.substr(1, text.size() - 2);
  }
  if (text.size() > kRenderedMax) {
    text.resize(kRenderedMax);
    text += "...";
  }
  return text;
}

}  // namespace day::rules::scan
