// Evaluator for module fields, functions, and loops over what modules hold.
#include "libs/rules/scan/evaluator.h"

namespace day::rules::scan {

using compile::Op;
using compile::PodNode;

namespace {

// libyara's indices are ints, cut off from 64 bits.
std::int64_t ArrayIndex(std::int64_t number) { return static_cast<std::int32_t>(number); }

// Dictionary keys end at their first zero byte.
std::string_view DictionaryKey(std::string_view text) { return text.substr(0, text.find('\0')); }

}  // namespace

// The indices on the way to a field, with room for one more.
struct Evaluator::Path {
  std::array<module::Index, compile::kPathIndicesMax + 1> indices;
  std::size_t count = 0;
  bool unknown = false;

  std::span<const module::Index> span() const { return std::span(indices).first(count); }
};

// False if an index is undefined, and with it everything below it.
bool Evaluator::ReadPath(std::span<const std::uint32_t> children, Path& path) {
  for (const std::uint32_t child : children) {
    const Value value = Evaluate(child);
    if (value.undefined()) {
      return false;
    }
    path.unknown = path.unknown || value.unknown();
    module::Index& index = path.indices[path.count++];
    if (value.kind() == Value::Kind::kText) {
      index.key = DictionaryKey(value.text());
    } else if (value.kind() == Value::Kind::kInteger) {
      index.number = ArrayIndex(value.integer());
    }
  }
  return true;
}

Value Evaluator::Field(const PodNode& node) {
  Path path;
  if (!ReadPath(rules_.Children(node), path)) {
    return Value::Undefined();
  }
  if (path.unknown) {
    return Value::Unknown();
  }
  return Value::FromModule(modules_.Get(node.module).Get(node.field, path.span()));
}

Value Evaluator::Call(const PodNode& node) {
  const std::span<const std::uint32_t> children = rules_.Children(node);
  const auto argument_count = static_cast<std::size_t>(node.value);
  const std::size_t path_count = children.size() - argument_count;
  Path path;
  if (!ReadPath(children.first(path_count), path)) {
    return Value::Undefined();
  }
  std::array<module::Argument, compile::kArgumentsMax> arguments;
  bool unknown = path.unknown;
  for (std::size_t i = 0; i < argument_count; ++i) {
    const PodNode& argument = rules_.nodes[children[path_count + i]];
    if (argument.op == Op::kRegex) {
      arguments[i].regex = &modules_.argument(argument.index);
      continue;
    }
    const Value value = Evaluate(children[path_count + i]);
    if (value.undefined()) {
      return Value::Undefined();
    }
    unknown = unknown || value.unknown();
    arguments[i].value = value.ToModule();
  }
  // Some functions walk the whole file; a cheap evaluation leaves those out.
  if (unknown || (cheap() && (node.flags & compile::kNodeCheapCall) == 0)) {
    return Value::Unknown();
  }
  return Value::FromModule(
      modules_.Get(node.module)
          .Call(node.field, path.span(), std::span(arguments).first(argument_count)));
}

Value Evaluator::ForArray(const PodNode& node) {
  const bool leading = node.quantifier == compile::Quantifier::kExpression ||
                       node.quantifier == compile::Quantifier::kPercent;
  const std::span<const std::uint32_t> children = rules_.Children(node).subspan(leading ? 1 : 0);
  const std::uint32_t body = children[0];
  const Value quantifier = Quantifier(node);
  Path path;
  if (!ReadPath(children.subspan(1), path)) {
    return Value::Boolean(false);  // no iterations
  }
  if (path.unknown || quantifier.unknown()) {
    return WantBody(node, body);
  }
  module::Instance& instance = modules_.Get(node.module);
  const std::uint64_t length = instance.Length(node.field, path.span()).value_or(0);
  const std::size_t depth = path.count++;
  const auto element = static_cast<std::uint16_t>(node.value);
  const bool leaf = (node.flags & compile::kNodeLeafItem) != 0;
  LoopTally tally = StartLoop(quantifier, body);
  for (std::uint64_t i = 0; i < length; ++i) {
    const auto position = static_cast<std::int64_t>(i);
    std::uint8_t slot = node.slot_first;
    Value item = Value::Integer(position);
    path.indices[depth] = {.number = position, .key = {}};
    if (node.op == Op::kForDict) {
      const std::string_view key = instance.KeyAt(node.field, path.span().first(depth), i);
      path.indices[depth].key = key;
      item = Value::Text(key);
      slots_[slot++] = item;
    }
    if (leaf) {
      item = Value::FromModule(instance.Get(element, path.span()));
    }
    if (leaf || node.op == Op::kForArray) {
      slots_[slot] = item;
    }
    if (!Iterate(node, body, tally)) {
      break;
    }
  }
  return tally.Result();
}

}  // namespace day::rules::scan
