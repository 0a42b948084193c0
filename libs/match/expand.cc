#include <algorithm>
#include <utility>

#include "libs/match/automaton.h"

namespace day::match {
namespace {

using base::ErrorKind;
using base::MakeError;
using base::Result;

constexpr std::uint32_t kExpandedNodesMax = 1u << 17;
// Trees deeper than this are not made by the parsers (kNestingMax groups, three nodes each).
constexpr std::uint32_t kTreeDepthMax = 1000;
// Repeats of one byte are spelled out up to this many times, so that atoms can use them.
constexpr std::uint32_t kSpelledRepeatsMax = 16;
// Nothing longer than both scan limits together can match, so a larger count is no bound.
constexpr std::uint32_t kMeaningfulCountMax = 2 * kRegexScanMax;

class Expander {
 public:
  Expander(const RegexTree& tree, Loops loops) : tree_(tree), loops_(loops) {}

  Result<Expanded> Run() {
    if (tree_.nodes.empty()) {
      return MakeError(ErrorKind::kMalformed, "empty tree");
    }
    out_.node_leaf.assign(tree_.nodes.size(), kNoLeaf);
    out_.node_set.assign(tree_.nodes.size(), 0);
    DAY_TRY_ASSIGN(out_.root, Visit(static_cast<std::uint32_t>(tree_.nodes.size() - 1), 0));
    return std::move(out_);
  }

 private:
  using Op = Expanded::Op;
  using TreeOp = RegexTree::Op;

  std::uint32_t Add(Expanded::Node node) {
    out_.nodes.push_back(std::move(node));
    return static_cast<std::uint32_t>(out_.nodes.size() - 1);
  }
  std::uint32_t AddOp(Op op, std::vector<std::uint32_t> children = {}) {
    Expanded::Node node;
    node.op = op;
    node.children = std::move(children);
    return Add(std::move(node));
  }
  std::uint32_t AddLeaf(std::uint32_t set) {
    Expanded::Node node;
    node.op = Op::kLeaf;
    node.set = set;
    node.leaf = out_.leaf_count++;
    return Add(std::move(node));
  }
  std::uint32_t AddLeafOf(std::uint32_t tree_node, std::uint32_t set) {
    if (out_.node_leaf[tree_node] == kNoLeaf) {
      out_.node_leaf[tree_node] = out_.leaf_count;
      out_.node_set[tree_node] = set;
    }
    return AddLeaf(set);
  }
  std::uint32_t AddCounter(std::uint32_t set, std::uint32_t min, std::uint32_t max) {
    Expanded::Node node;
    node.op = Op::kCounter;
    node.set = set;
    node.min = min;
    node.max = max;
    return Add(std::move(node));
  }

  static bool ConsumesOne(TreeOp op) {
    return op == TreeOp::kByte || op == TreeOp::kMasked || op == TreeOp::kClass ||
           op == TreeOp::kAny;
  }

  Result<std::uint32_t> SetOf(const RegexTree::Node& node) {
    ByteSet set;
    switch (node.op) {
      case TreeOp::kByte:
        set.Add(node.value);
        if (tree_.no_case && IsLetter(node.value)) {
          set.Add(node.value ^ 0x20);
        }
        break;
      case TreeOp::kMasked:
        for (unsigned b = 0; b < 256; ++b) {
          if (((b & node.mask) == node.value) != node.negated) {
            set.Add(static_cast<std::uint8_t>(b));
          }
        }
        break;
      case TreeOp::kClass:
        if (node.set >= tree_.sets.size()) {
          return MakeError(ErrorKind::kMalformed, "class without set");
        }
        set = tree_.sets[node.set];
        break;
      default:
        set.AddRange(0, 255);
        if (!tree_.dot_all) {
          set = {};
          set.AddRange(0, 9);
          set.AddRange(11, 255);
        }
        break;
    }
    const auto found = std::find(out_.sets.begin(), out_.sets.end(), set);
    if (found != out_.sets.end()) {
      return static_cast<std::uint32_t>(found - out_.sets.begin());
    }
    out_.sets.push_back(set);
    return static_cast<std::uint32_t>(out_.sets.size() - 1);
  }

  Result<std::uint32_t> Visit(std::uint32_t index, std::uint32_t depth) {
    if (index >= tree_.nodes.size() || depth > kTreeDepthMax) {
      return MakeError(ErrorKind::kMalformed, "broken tree");
    }
    if (out_.nodes.size() > kExpandedNodesMax) {
      return MakeError(ErrorKind::kLimit, "expression too large");
    }
    const RegexTree::Node& node = tree_.nodes[index];
    if (ConsumesOne(node.op)) {
      DAY_TRY_ASSIGN(const std::uint32_t set, SetOf(node));
      return AddLeafOf(index, set);
    }
    switch (node.op) {
      case TreeOp::kConcat:
      case TreeOp::kAlternate:
        return VisitChildren(node, depth);
      case TreeOp::kRepeat:
        return VisitRepeat(node, depth);
      case TreeOp::kEmpty:
        return AddOp(Op::kEmpty);
      default: {
        Expanded::Node assertion;
        assertion.op = Op::kAssert;
        assertion.assertion = node.op;
        return Add(std::move(assertion));
      }
    }
  }

  Result<std::uint32_t> VisitChildren(const RegexTree::Node& node, std::uint32_t depth) {
    if (node.children.empty()) {
      return AddOp(Op::kEmpty);
    }
    std::vector<std::uint32_t> children;
    for (const std::uint32_t child : node.children) {
      DAY_TRY_ASSIGN(const std::uint32_t expanded, Visit(child, depth + 1));
      children.push_back(expanded);
    }
    return AddOp(node.op == TreeOp::kConcat ? Op::kConcat : Op::kAlternate, std::move(children));
  }

  Result<std::uint32_t> VisitRepeat(const RegexTree::Node& node, std::uint32_t depth) {
    if (node.children.size() != 1 || node.children[0] >= tree_.nodes.size() ||
        node.min > node.max) {
      return MakeError(ErrorKind::kMalformed, "broken repeat");
    }
    const std::uint32_t max = node.max > kMeaningfulCountMax ? kUnbounded : node.max;
    const RegexTree::Node& child = tree_.nodes[node.children[0]];
    if (ConsumesOne(child.op)) {
      DAY_TRY_ASSIGN(const std::uint32_t set, SetOf(child));
      out_.node_set[node.children[0]] = set;
      if (loops_ == Loops::kKept && node.min == 1 && max == kUnbounded) {
        return AddOp(Op::kPlus, {AddLeafOf(node.children[0], set)});
      }
      return RepeatSet(node.children[0], set, node.min, max);
    }
    if (node.min == 1 && max == kUnbounded) {
      DAY_TRY_ASSIGN(const std::uint32_t body, Visit(node.children[0], depth + 1));
      return AddOp(Op::kPlus, {body});
    }
    std::vector<std::uint32_t> copies;
    for (std::uint32_t i = 0; i < node.min; ++i) {
      DAY_TRY_ASSIGN(const std::uint32_t copy, Visit(node.children[0], depth + 1));
      copies.push_back(copy);
    }
    if (max == kUnbounded) {
      DAY_TRY_ASSIGN(const std::uint32_t copy, Visit(node.children[0], depth + 1));
      copies.push_back(AddOp(Op::kStar, {copy}));
    } else {
      DAY_TRY(AddOptionalCopies(node, max, depth, copies));
    }
    return copies.empty() ? AddOp(Op::kEmpty) : AddOp(Op::kConcat, std::move(copies));
  }

  // x{0,3} is x?x?x?: as a set of lengths the same as nested options, and flat.
  base::Status AddOptionalCopies(const RegexTree::Node& node, std::uint32_t max,
                                 std::uint32_t depth, std::vector<std::uint32_t>& copies) {
    for (std::uint32_t i = node.min; i < max; ++i) {
      DAY_TRY_ASSIGN(const std::uint32_t copy, Visit(node.children[0], depth + 1));
      copies.push_back(AddOp(Op::kOption, {copy}));
    }
    return base::OkStatus();
  }

  Result<std::uint32_t> RepeatSet(std::uint32_t tree_node, std::uint32_t set, std::uint32_t min,
                                  std::uint32_t max) {
    const std::uint32_t spelled = std::min(min, kSpelledRepeatsMax);
    std::vector<std::uint32_t> items;
    for (std::uint32_t i = 0; i < spelled; ++i) {
      items.push_back(AddLeafOf(tree_node, set));
    }
    const std::uint32_t rest_max = max == kUnbounded ? kUnbounded : max - spelled;
    if (rest_max == 1 && min == spelled) {
      items.push_back(AddOp(Op::kOption, {AddLeaf(set)}));
    } else if (rest_max > 0) {
      items.push_back(AddCounter(set, min - spelled, rest_max));
    }
    return items.empty() ? AddOp(Op::kEmpty) : AddOp(Op::kConcat, std::move(items));
  }

  const RegexTree& tree_;
  Loops loops_;
  Expanded out_;
};

}  // namespace

Result<Expanded> Expand(const RegexTree& tree, Loops loops) { return Expander(tree, loops).Run(); }

}  // namespace day::match
