#include "libs/rules/scan/testing/naive_scanner.h"

#include <cfloat>
#include <cmath>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "libs/match/program.h"
#include "libs/match/regex.h"
#include "libs/rules/scan/entry_point.h"
#include "libs/rules/scan/value.h"

namespace day::rules::scan::testing {
namespace {

using syntax::Node;
using syntax::Op;
using syntax::Quantifier;
using syntax::Type;

constexpr std::int64_t kUndefined = kUndefinedNumber;

std::vector<match::Match> SearchEverywhere(const match::PatternSpec& spec, base::Bytes data) {
  auto compiled = match::Compile(spec);
  if (!compiled.ok()) {
    return {};
  }
  const match::PatternView view(compiled->code);
  match::VerifyScratch scratch;
  match::MatchCollector collector;
  collector.Reset();
  for (std::uint64_t offset = 0; offset <= data.size(); ++offset) {
    const bool elsewhere = spec.fixed_offset.has_value() && *spec.fixed_offset != offset;
    if (elsewhere && !view.chained()) {
      continue;  // of a chain only the first link is at that place, which its part knows
    }
    for (std::uint32_t part = 0; part < view.part_count(); ++part) {
      view.TryAt(part, data, offset, scratch, collector);
    }
  }
  collector.Finish(view);
  return {collector.matches().begin(), collector.matches().end()};
}

class RegexObject final : public module::RegexArgument {
 public:
  explicit RegexObject(std::vector<std::uint64_t> code) : code_(std::move(code)) {}
  std::int64_t Search(base::Bytes subject) const override {
    return match::Regex(code_).Search(subject);
  }

 private:
  std::vector<std::uint64_t> code_;
};

std::string LowerCase(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  }
  return lower;
}

class NaiveEvaluator {
 public:
  NaiveEvaluator(const syntax::RuleSet& rules, base::Bytes data, NaiveResult& result)
      : rules_(rules), data_(data), result_(result) {
    for (const module::Module* module : rules.modules) {
      instances_.push_back(module->CreateInstance());
      instances_.back()->Bind({.data = data, .module_data = {}, .console = &console_});
    }
    for (const syntax::CompiledRegexSource& regex : rules.regexes) {
      auto code = match::Regex::Compile(regex.tree);
      regexes_.push_back(
          std::make_unique<RegexObject>(code.ok() ? *code : std::vector<std::uint64_t>()));
    }
  }

  Value Evaluate(std::uint32_t index) { return EvaluateNode(rules_.nodes[index]); }

 private:
  std::uint32_t Child(const Node& node, std::uint32_t i) const {
    return rules_.children[node.children_begin + i];
  }
  Value At(const Node& node, std::uint32_t i) { return Evaluate(Child(node, i)); }
  static bool Truthy(Value v) { return v.defined() && v.Bits() != 0; }

  Value EvaluateNode(const Node& node) {
    if (node.op >= Op::kMatched && node.op <= Op::kLength) {
      return StringNode(node);
    }
    if (node.op >= Op::kOfStrings && node.op <= Op::kOfBooleans) {
      return OfNode(node);
    }
    if (node.op >= Op::kForStrings && node.op <= Op::kForDict) {
      return ForNode(node);
    }
    if (node.op >= Op::kEqual && node.op <= Op::kGreaterEqual) {
      return ComparisonNode(node);
    }
    if (node.op >= Op::kContains && node.op <= Op::kMatches) {
      return TextNode(node);
    }
    if (node.op >= Op::kNegate) {
      return NumberNode(node);
    }
    return OtherNode(node);
  }

  Value OtherNode(const Node& node) {
    switch (node.op) {
      case Op::kBoolean:
      case Op::kInteger:
        return Value::Integer(node.value);
      case Op::kFloat:
        return Value::Float(node.real);
      case Op::kString:
        return Value::Text(rules_.texts[node.index]);
      case Op::kFilesize:
        return Value::Integer(static_cast<std::int64_t>(data_.size()));
      case Op::kEntrypoint: {
        const auto at = EntryPointOffset(data_);
        return at.has_value() ? Value::Integer(static_cast<std::int64_t>(*at)) : Value();
      }
      case Op::kReadInt:
        return ReadNode(node);
      case Op::kWith:
        for (std::uint32_t i = 1; i < node.children_count; ++i) {
          slots_[node.slot_first + i - 1] = At(node, i);
        }
        return At(node, 0);
      case Op::kVariable:
        return slots_[node.slot_first];
      case Op::kField:
      case Op::kCall:
        return ModuleNode(node);
      case Op::kRule:
        return Value::Boolean(result_.conditions[node.index]);
      case Op::kAnd:
      case Op::kOr:
        return Connective(node);
      case Op::kNot: {
        const Value v = At(node, 0);
        return v.defined() ? Value::Boolean(v.Bits() == 0) : v;
      }
      case Op::kDefined:
        return Value::Boolean(At(node, 0).defined());
      default:
        return Value::Undefined();
    }
  }

  Value Connective(const Node& node) {
    for (std::uint32_t i = 0; i < node.children_count; ++i) {
      const Value v = At(node, i);
      if (node.op == Op::kAnd && !Truthy(v)) {
        return Value::Boolean(false);
      }
      if (node.op == Op::kOr && Truthy(v)) {
        return Value::Integer(i == 0 ? v.Bits() : 1);
      }
    }
    return Value::Boolean(node.op == Op::kAnd);
  }

  Value ReadNode(const Node& node) {
    const Value at = At(node, 0);
    const std::int64_t size = node.value & 0xF;
    const auto file_size = static_cast<std::int64_t>(data_.size());
    if (!at.defined() || at.integer() < 0 || at.integer() > file_size - size) {
      return Value::Undefined();
    }
    std::uint64_t raw = 0;
    for (std::int64_t i = 0; i < size; ++i) {
      const bool big = (node.value & syntax::kReadBigEndian) != 0;
      const std::int64_t from = at.integer() + (big ? i : size - 1 - i);
      raw = raw << 8 | static_cast<std::uint64_t>(data_[static_cast<std::size_t>(from)]);
    }
    if ((node.value & syntax::kReadSigned) != 0 && (raw >> (8 * size - 1)) != 0) {
      return Value::Integer(static_cast<std::int64_t>(raw) - (std::int64_t{1} << (8 * size)));
    }
    return Value::Integer(static_cast<std::int64_t>(raw));
  }

  const std::vector<match::Match>& MatchesOf(std::uint32_t string) const {
    return result_.matches[string == syntax::kLoopString ? loop_string_ : string];
  }

  std::int64_t CountIn(std::uint32_t string, std::int64_t low, std::int64_t high) const {
    std::int64_t count = 0;
    for (const match::Match& match : MatchesOf(string)) {
      const auto offset = static_cast<std::int64_t>(match.offset);
      count += offset >= low && offset <= high ? 1 : 0;
    }
    return count;
  }

  Value StringNode(const Node& node) {
    std::vector<Value> operands;
    for (std::uint32_t i = 0; i < node.children_count; ++i) {
      operands.push_back(At(node, i));
      if (!operands.back().defined()) {
        return Value::Undefined();
      }
    }
    const std::vector<match::Match>& matches = MatchesOf(node.index);
    switch (node.op) {
      case Op::kMatched:
        return Value::Boolean(!matches.empty());
      case Op::kMatchedAt:
        return Value::Boolean(CountIn(node.index, operands[0].integer(), operands[0].integer()) >
                              0);
      case Op::kMatchedIn:
        return Value::Boolean(CountIn(node.index, operands[0].integer(), operands[1].integer()) >
                              0);
      case Op::kCount:
        return Value::Integer(static_cast<std::int64_t>(matches.size()));
      case Op::kCountIn:
        return Value::Integer(CountIn(node.index, operands[0].integer(), operands[1].integer()));
      default: {
        const std::int64_t i = operands[0].integer();
        if (i < 1 || i > static_cast<std::int64_t>(matches.size())) {
          return Value::Undefined();
        }
        const match::Match& match = matches[static_cast<std::size_t>(i - 1)];
        return Value::Integer(node.op == Op::kOffset ? static_cast<std::int64_t>(match.offset)
                                                     : std::int64_t{match.length});
      }
    }
  }

  static bool HasQuantifierChild(const Node& node) {
    return node.quantifier == Quantifier::kExpression || node.quantifier == Quantifier::kPercent;
  }
  // Undefined: all.
  Value QuantifierOf(const Node& node) {
    return HasQuantifierChild(node)               ? At(node, 0)
           : node.quantifier == Quantifier::kAny  ? Value::Integer(1)
           : node.quantifier == Quantifier::kNone ? Value::Integer(0)
                                                  : Value::Undefined();
  }

  Value OfNode(const Node& node) {
    const Value wanted = QuantifierOf(node);
    const std::uint32_t first = HasQuantifierChild(node) ? 1 : 0;
    std::int64_t low = INT64_MIN;
    std::int64_t high = INT64_MAX;
    if (node.op == Op::kOfStringsIn || node.op == Op::kOfStringsAt) {
      const Value from = At(node, first);
      const Value to = node.op == Op::kOfStringsIn ? At(node, first + 1) : from;
      if (!from.defined() || !to.defined()) {
        return Value::Undefined();
      }
      low = from.integer();
      high = to.integer();
    }
    std::int64_t found = 0;
    std::int64_t count = 0;
    if (node.op == Op::kOfRules) {
      for (const std::uint32_t rule : rules_.rule_sets[node.index]) {
        found += result_.conditions[rule] ? 1 : 0;
        ++count;
      }
    } else if (node.op == Op::kOfBooleans) {
      for (std::uint32_t i = first; i < node.children_count; ++i) {
        found += Truthy(At(node, i)) ? 1 : 0;
        ++count;
      }
    } else {
      for (const std::uint32_t string : rules_.string_sets[node.index]) {
        found += CountIn(string, low, high) > 0 ? 1 : 0;
        ++count;
      }
    }
    if (node.quantifier == Quantifier::kPercent) {
      return wanted.defined() && count > 0
                 ? Value::Boolean(static_cast<double>(found) / static_cast<double>(count) * 100 >=
                                  static_cast<double>(wanted.integer()))
                 : Value::Undefined();
    }
    if (!wanted.defined()) {
      return Value::Boolean(found >= count);
    }
    return Value::Boolean(wanted.integer() == 0 ? found == 0 : found >= wanted.integer());
  }

  Value ForNode(const Node& node) {
    const Value wanted = QuantifierOf(node);
    const std::int64_t quantifier = wanted.defined() ? wanted.integer() : kUndefined;
    std::int64_t sum = 0;
    std::int64_t iterations = 0;
    const auto iterate = [&](std::uint32_t body) {
      const Value v = Evaluate(body);
      const std::int64_t bits = v.defined() ? v.Bits() : kUndefined;
      ++iterations;
      const std::int64_t before = sum;
      sum += v.defined() ? bits : 0;
      return quantifier == kUndefined ? bits != 0
             : quantifier == 0        ? bits != 1
                                      : before + bits < quantifier;
    };
    Iterate(node, iterate);
    if (iterations == 0) {
      return Value::Boolean(false);
    }
    return Value::Boolean(quantifier == kUndefined ? sum == iterations
                          : quantifier == 0        ? sum == 0
                                                   : sum >= quantifier);
  }

  void Iterate(const Node& node, const std::function<bool(std::uint32_t)>& iterate) {
    const std::uint32_t first = HasQuantifierChild(node) ? 1 : 0;
    if (node.op == Op::kForStrings) {
      const std::uint32_t outer = loop_string_;
      for (const std::uint32_t string : rules_.string_sets[node.index]) {
        loop_string_ = string;
        if (!iterate(Child(node, first))) {
          break;
        }
      }
      loop_string_ = outer;
    } else if (node.op == Op::kForRange) {
      const Value low = At(node, first);
      const Value high = At(node, first + 1);
      for (std::int64_t i = low.defined() ? low.integer() : 1;
           low.defined() && high.defined() && i <= high.integer(); ++i) {
        slots_[node.slot_first] = Value::Integer(i);
        if (!iterate(Child(node, first + 2))) {
          break;
        }
      }
    } else if (node.op == Op::kForList) {
      for (std::uint32_t i = first + 1; i < node.children_count; ++i) {
        slots_[node.slot_first] = At(node, i);
        if (!iterate(Child(node, first))) {
          break;
        }
      }
    } else {
      IterateObject(node, first, iterate);
    }
  }

  void IterateObject(const Node& node, std::uint32_t first,
                     const std::function<bool(std::uint32_t)>& iterate) {
    module::Instance& instance = *instances_[node.module];
    const std::uint64_t length = instance.Length(node.field, {}).value_or(0);
    for (std::uint64_t i = 0; i < length; ++i) {
      module::Index index = {.number = static_cast<std::int64_t>(i), .key = {}};
      std::size_t slot = node.slot_first;
      if (node.op == Op::kForDict) {
        index.key = instance.KeyAt(node.field, {}, i);
        slots_[slot++] = Value::Text(index.key);
      }
      if (node.value == 1) {
        slots_[slot] = Value::FromModule(
            instance.Get(static_cast<std::uint16_t>(node.index), std::span(&index, 1)));
      } else if (node.op == Op::kForArray) {
        slots_[slot] = Value::Integer(index.number);
      }
      if (!iterate(Child(node, first))) {
        break;
      }
    }
  }

  Value ModuleNode(const Node& node) {
    const auto arguments_count = node.op == Op::kCall ? static_cast<std::uint32_t>(node.value) : 0;
    std::vector<module::Index> indices;
    std::vector<module::Argument> arguments;
    for (std::uint32_t i = 0; i < node.children_count; ++i) {
      const Node& child = rules_.nodes[Child(node, i)];
      if (child.op == Op::kRegex) {
        arguments.push_back({.value = {}, .regex = regexes_[child.index].get()});
        continue;
      }
      const Value v = EvaluateNode(child);
      if (!v.defined()) {
        return Value::Undefined();
      }
      if (i >= node.children_count - arguments_count) {
        arguments.push_back({.value = v.ToModule()});
      } else if (v.kind() == Value::Kind::kText) {
        indices.push_back({.number = 0, .key = v.text().substr(0, v.text().find('\0'))});
      } else {
        indices.push_back({.number = static_cast<std::int32_t>(v.integer()), .key = {}});
      }
    }
    module::Instance& instance = *instances_[node.module];
    return Value::FromModule(node.op == Op::kCall ? instance.Call(node.field, indices, arguments)
                                                  : instance.Get(node.field, indices));
  }

  template <typename T>
  static bool Holds(Op op, T a, T b) {
    return op == Op::kEqual       ? a == b
           : op == Op::kNotEqual  ? a != b
           : op == Op::kLess      ? a < b
           : op == Op::kLessEqual ? a <= b
           : op == Op::kGreater   ? a > b
                                  : a >= b;
  }

  Value ComparisonNode(const Node& node) {
    const Value a = At(node, 0);
    const Value b = At(node, 1);
    const bool floats = rules_.nodes[Child(node, 0)].type == Type::kFloat ||
                        rules_.nodes[Child(node, 1)].type == Type::kFloat;
    if (!a.defined() || !b.defined()) {
      return floats && node.op == Op::kLess ? Value::Boolean(false) : Value::Undefined();
    }
    if (a.kind() == Value::Kind::kText) {
      std::basic_string<signed char> left(a.text().begin(), a.text().end());
      std::basic_string<signed char> right(b.text().begin(), b.text().end());
      return Value::Boolean(
          std::lexicographical_compare(left.begin(), left.end(), right.begin(), right.end())
              ? Holds(node.op, 0, 1)
              : Holds(node.op, left == right ? 0 : 1, 0));
    }
    if (!floats) {
      return Value::Boolean(Holds(node.op, a.integer(), b.integer()));
    }
    if (node.op == Op::kEqual || node.op == Op::kNotEqual) {
      const double distance = std::fabs(a.AsFloat() - b.AsFloat());
      return Value::Boolean(node.op == Op::kEqual ? distance < DBL_EPSILON
                                                  : distance >= DBL_EPSILON);
    }
    return Value::Boolean(Holds(node.op, a.AsFloat(), b.AsFloat()));
  }

  Value TextNode(const Node& node) {
    const Value a = At(node, 0);
    if (!a.defined()) {
      return a;
    }
    if (node.op == Op::kMatches) {
      const std::uint32_t regex = rules_.nodes[Child(node, 1)].index;
      return Value::Boolean(regexes_[regex]->Search(base::AsBytes(a.text())) >= 0);
    }
    const Value b = At(node, 1);
    if (!b.defined()) {
      return b;
    }
    const bool fold = node.op == Op::kIContains || node.op == Op::kIStartsWith ||
                      node.op == Op::kIEndsWith || node.op == Op::kIEquals;
    const std::string left = fold ? LowerCase(a.text()) : std::string(a.text());
    const std::string right = fold ? LowerCase(b.text()) : std::string(b.text());
    switch (node.op) {
      case Op::kContains:
      case Op::kIContains:
        return Value::Boolean(left.find(right) != std::string::npos);
      case Op::kStartsWith:
      case Op::kIStartsWith:
        return Value::Boolean(left.starts_with(right));
      case Op::kEndsWith:
      case Op::kIEndsWith:
        return Value::Boolean(left.ends_with(right));
      default:
        return Value::Boolean(left == right);
    }
  }

  Value NumberNode(const Node& node) {
    const Value a = At(node, 0);
    const Value b = node.children_count > 1 ? At(node, 1) : Value::Integer(0);
    if (!a.defined() || !b.defined()) {
      return Value::Undefined();
    }
    if (node.type == Type::kFloat) {
      const double x = a.AsFloat();
      const double y = b.AsFloat();
      return Value::Float(node.op == Op::kNegate     ? -x
                          : node.op == Op::kAdd      ? x + y
                          : node.op == Op::kSubtract ? x - y
                          : node.op == Op::kMultiply ? x * y
                                                     : x / y);
    }
    return IntegerNode(node.op, a.integer(), b.integer());
  }

  static Value IntegerNode(Op op, std::int64_t x, std::int64_t y) {
    const auto ux = static_cast<std::uint64_t>(x);
    const auto uy = static_cast<std::uint64_t>(y);
    const auto number = [](std::uint64_t v) {
      return Value::Integer(static_cast<std::int64_t>(v));
    };
    switch (op) {
      case Op::kNegate:
        return number(0 - ux);
      case Op::kBitNot:
        return number(~ux);
      case Op::kAdd:
        return number(ux + uy);
      case Op::kSubtract:
        return number(ux - uy);
      case Op::kMultiply:
        return number(ux * uy);
      case Op::kDivide:
      case Op::kModulo:
        if (y == 0 || (x == INT64_MIN && y == -1)) {
          return Value::Undefined();
        }
        return Value::Integer(op == Op::kDivide ? x / y : x % y);
      case Op::kBitAnd:
        return number(ux & uy);
      case Op::kBitOr:
        return number(ux | uy);
      case Op::kBitXor:
        return number(ux ^ uy);
      default:
        if (y < 0) {
          return Value::Undefined();
        }
        return y >= 64                ? number(0)
               : op == Op::kShiftLeft ? number(ux << uy)
                                      : Value::Integer(x >> y);
    }
  }

  const syntax::RuleSet& rules_;
  base::Bytes data_;
  NaiveResult& result_;
  std::function<void(std::string_view)> console_ = [](std::string_view) {};
  std::vector<std::unique_ptr<module::Instance>> instances_;
  std::vector<std::unique_ptr<RegexObject>> regexes_;
  std::map<std::size_t, Value> slots_;
  std::uint32_t loop_string_ = 0;
};

}  // namespace

NaiveResult NaiveScan(const syntax::RuleSet& rules, base::Bytes data) {
  NaiveResult result;
  for (const syntax::StringDeclaration& string : rules.strings) {
    result.matches.push_back(SearchEverywhere(string.pattern, data));
  }
  result.conditions.assign(rules.rules.size(), false);
  NaiveEvaluator evaluator(rules, data, result);
  std::map<std::uint32_t, bool> namespace_holds;
  for (std::size_t i = 0; i < rules.rules.size(); ++i) {
    const Value value = evaluator.Evaluate(rules.rules[i].condition);
    result.conditions[i] = value.defined() && value.Bits() != 0;
    if (rules.rules[i].is_global) {
      const auto it = namespace_holds.emplace(rules.rules[i].name_space, true).first;
      it->second = it->second && result.conditions[i];
    }
  }
  for (std::uint32_t i = 0; i < rules.rules.size(); ++i) {
    const auto holds = namespace_holds.find(rules.rules[i].name_space);
    if (result.conditions[i] && !rules.rules[i].is_private &&
        (holds == namespace_holds.end() || holds->second)) {
      result.matching.push_back(i);
    }
  }
  return result;
}

}  // namespace day::rules::scan::testing
