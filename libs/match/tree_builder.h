// Shared by the two parsers: grows a RegexTree bottom-up, so that the root comes last.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "libs/match/pattern.h"

namespace day::match {

// One open group: finished alternatives, and the concatenation being read. Not thread-safe.
struct OpenGroup {
  std::vector<std::uint32_t> alternatives;
  std::vector<std::uint32_t> items;
};

class TreeBuilder {
 public:
  using Op = RegexTree::Op;

  RegexTree& tree() { return tree_; }

  std::uint32_t Add(RegexTree::Node node) {
    tree_.nodes.push_back(std::move(node));
    return static_cast<std::uint32_t>(tree_.nodes.size() - 1);
  }
  std::uint32_t Add(Op op) {
    RegexTree::Node node;
    node.op = op;
    return Add(std::move(node));
  }
  std::uint32_t AddByte(std::uint8_t value) {
    RegexTree::Node node;
    node.op = Op::kByte;
    node.value = value;
    return Add(std::move(node));
  }
  std::uint32_t AddMasked(std::uint8_t value, std::uint8_t mask, bool negated) {
    RegexTree::Node node;
    node.op = Op::kMasked;
    node.value = value;
    node.mask = mask;
    node.negated = negated;
    return Add(std::move(node));
  }
  std::uint32_t AddSet(const ByteSet& set) {
    RegexTree::Node node;
    node.op = Op::kClass;
    node.set = static_cast<std::uint32_t>(tree_.sets.size());
    tree_.sets.push_back(set);
    return Add(std::move(node));
  }
  std::uint32_t AddRepeat(std::uint32_t child, std::uint32_t min, std::uint32_t max) {
    RegexTree::Node node;
    node.op = Op::kRepeat;
    node.min = min;
    node.max = max;
    node.children.push_back(child);
    return Add(std::move(node));
  }
  std::uint32_t AddParent(Op op, std::vector<std::uint32_t> children) {
    RegexTree::Node node;
    node.op = op;
    node.children = std::move(children);
    return Add(std::move(node));
  }

  // Ends the concatenation being read; an empty one is the empty alternative.
  void EndAlternative(OpenGroup& group) {
    const std::uint32_t node =
        group.items.empty() ? Add(Op::kEmpty) : AddParent(Op::kConcat, std::move(group.items));
    group.items.clear();
    group.alternatives.push_back(node);
  }
  // The node of a whole group. A lone alternative stays a kConcat: parentheses matter to chains.
  std::uint32_t EndGroup(OpenGroup& group) {
    EndAlternative(group);
    return group.alternatives.size() == 1
               ? group.alternatives.front()
               : AddParent(Op::kAlternate, std::move(group.alternatives));
  }

 private:
  RegexTree tree_;
};

}  // namespace day::match
