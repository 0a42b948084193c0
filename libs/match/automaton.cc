#include <algorithm>
#include <utility>

#include "libs/match/automaton_code.h"
#include "libs/match/automaton_plan.h"
#include "libs/match/ordered.h"

namespace day::match {
namespace {

// Expanded expressions have far fewer nodes (expand.cc).
constexpr std::uint32_t kCounterMask = (1u << 24) - 1;

using Op = Expanded::Op;

// Depth of the expanded tree is bounded by that of the tree, which Expand() checks.
class ProgramWriter {
 public:
  ProgramWriter(const Expanded& expanded, bool backward)
      : expanded_(expanded), backward_(backward), leaf_pc_(expanded.leaf_count, 0) {}

  void Run() {
    Emit(expanded_.root);
    Add(InstOp::kMatch);
  }
  const std::vector<Inst>& insts() const { return insts_; }
  // Where the leaf is read.
  std::uint32_t leaf_pc(std::uint32_t leaf) const { return leaf_pc_[leaf]; }
  std::uint32_t counter_count() const { return counter_count_; }

 private:
  std::uint32_t Add(InstOp op, std::uint32_t x = 0, std::uint32_t y = 0, std::uint32_t z = 0) {
    Inst inst;
    inst.op = op;
    inst.x = x;
    inst.y = y;
    inst.z = z;
    insts_.push_back(inst);
    return static_cast<std::uint32_t>(insts_.size() - 1);
  }
  std::uint32_t pc() const { return static_cast<std::uint32_t>(insts_.size()); }

  void Emit(std::uint32_t index) {
    const Expanded::Node& node = expanded_.nodes[index];
    switch (node.op) {
      case Op::kEmpty:
        break;
      case Op::kLeaf:
        leaf_pc_[node.leaf] = Add(InstOp::kSet, node.set);
        break;
      case Op::kCounter:
        insts_[Add(InstOp::kCounter, node.set, node.min, node.max)].counter =
            counter_count_++ & kCounterMask;
        break;
      case Op::kConcat:
        EmitConcat(node);
        break;
      case Op::kAlternate:
        EmitAlternate(node);
        break;
      case Op::kStar: {
        const std::uint32_t split = Add(InstOp::kSplit);
        Emit(node.children[0]);
        Add(InstOp::kJump, split);
        insts_[split].x = split + 1;
        insts_[split].y = pc();
        break;
      }
      case Op::kPlus: {
        const std::uint32_t body = pc();
        Emit(node.children[0]);
        Add(InstOp::kSplit, body, pc() + 1);
        break;
      }
      case Op::kOption: {
        const std::uint32_t split = Add(InstOp::kSplit);
        Emit(node.children[0]);
        insts_[split].x = split + 1;
        insts_[split].y = pc();
        break;
      }
      case Op::kAssert:
        EmitAssertion(node.assertion);
        break;
    }
  }

  void EmitConcat(const Expanded::Node& node) {
    if (backward_) {
      for (auto child = node.children.rbegin(); child != node.children.rend(); ++child) {
        Emit(*child);
      }
    } else {
      for (const std::uint32_t child : node.children) {
        Emit(child);
      }
    }
  }

  void EmitAlternate(const Expanded::Node& node) {
    std::vector<std::uint32_t> jumps;
    for (std::size_t i = 0; i < node.children.size(); ++i) {
      const bool last = i + 1 == node.children.size();
      const std::uint32_t split = last ? 0 : Add(InstOp::kSplit);
      Emit(node.children[i]);
      if (!last) {
        jumps.push_back(Add(InstOp::kJump));
        insts_[split].x = split + 1;
        insts_[split].y = pc();
      }
    }
    for (const std::uint32_t jump : jumps) {
      insts_[jump].x = pc();
    }
  }

  void EmitAssertion(RegexTree::Op assertion) {
    switch (assertion) {
      case RegexTree::Op::kStart:
        Add(InstOp::kStart);
        break;
      case RegexTree::Op::kEnd:
        Add(InstOp::kEnd);
        break;
      case RegexTree::Op::kWordBoundary:
        Add(InstOp::kWordBoundary);
        break;
      default:
        Add(InstOp::kNotWordBoundary);
        break;
    }
  }

  const Expanded& expanded_;
  bool backward_;
  std::vector<Inst> insts_;
  std::vector<std::uint32_t> leaf_pc_;
  std::uint32_t counter_count_ = 0;
};

}  // namespace

void WriteAutomaton(const AutomatonPlan& plan, CodeWriter& writer, PartHeader& part) {
  const Expanded& expanded = plan.expanded;
  ProgramWriter forward(expanded, false);
  ProgramWriter backward(expanded, true);
  forward.Run();
  backward.Run();
  std::vector<LeafCode> leaves;
  for (std::uint32_t leaf = 0; leaf < expanded.leaf_count; ++leaf) {
    leaves.push_back({forward.leaf_pc(leaf), backward.leaf_pc(leaf) + 1});
  }
  std::vector<AnchorCode> anchors;
  for (const AnchorPlan& extra : plan.anchors) {
    AnchorCode anchor;
    anchor.leaf = extra.leaf;
    anchor.shift = extra.shift;
    anchor.shift_back = extra.shift_back ? 1 : 0;
    anchor.ordered_pc = extra.ordered_pc;
    anchor.atom_size = static_cast<std::uint8_t>(extra.atom_size);
    anchor.rank = extra.rank;
    anchor.other_rank = extra.other_rank;
    anchor.written_known = extra.written_known;
    std::copy(std::begin(extra.written), std::end(extra.written), anchor.written);
    anchors.push_back(anchor);
  }
  AutomatonHeader header;
  part.type = PartType::kAutomaton;
  part.body_at = writer.Append(std::span<const AutomatonHeader>(&header, 1));
  header.sets_at = writer.Append(expanded.sets);
  header.forward_at = writer.Append(forward.insts());
  header.backward_at = writer.Append(backward.insts());
  header.leaves_at = writer.Append(leaves);
  header.anchors_at = writer.Append(anchors);
  header.inst_count =
      static_cast<std::uint32_t>(std::max(forward.insts().size(), backward.insts().size()));
  header.counter_count = forward.counter_count();
  header.leaf_count = expanded.leaf_count;
  header.yara_anchor_count = plan.yara_anchor_count;
  header.from_start = plan.from_start ? 1 : 0;
  header.order_always = plan.order_always ? 1 : 0;
  if (plan.ordered) {
    header.ordered_at = writer.Append(plan.ordered->insts);
  }
  writer.Put(part.body_at, header);
  part.body_size = writer.size() - part.body_at;
}

}  // namespace day::match
