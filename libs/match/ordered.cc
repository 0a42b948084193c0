#include "libs/match/ordered.h"

#include <algorithm>
#include <utility>

namespace day::match {
namespace {

using Op = RegexTree::Op;

// RE_MAX_SPLIT_ID and RE_MAX_FIBERS: what YARA refuses or gives up on.
constexpr std::size_t kThreadsMax = 1024;
constexpr std::size_t kInstsMax = 1u << 16;
constexpr std::uint32_t kCountMax = 0xFFFF;
// Work for one run; far above what expressions need that were not made to be slow.
constexpr std::size_t kStepsMax = 1u << 20;
// Of the hash table that finds equal threads.
constexpr std::size_t kTableSize = 4096;
// So few are compared one by one.
constexpr std::size_t kFewThreads = 16;

bool ConsumesOne(Op op) {
  return op == Op::kByte || op == Op::kMasked || op == Op::kClass || op == Op::kAny;
}

struct Lengths {
  std::uint64_t min = 0;
  std::uint64_t max = 0;
};

constexpr std::uint64_t kHuge = 1u << 30;

// By node, children first.
std::vector<Lengths> AllLengths(const RegexTree& tree) {
  std::vector<Lengths> all(tree.nodes.size());
  for (std::size_t i = 0; i < tree.nodes.size(); ++i) {
    const RegexTree::Node& node = tree.nodes[i];
    Lengths& lengths = all[i];
    if (ConsumesOne(node.op)) {
      lengths = {1, 1};
    } else if (node.op == Op::kConcat) {
      for (const std::uint32_t child : node.children) {
        lengths.min = std::min(lengths.min + all[child].min, kHuge);
        lengths.max = std::min(lengths.max + all[child].max, kHuge);
      }
    } else if (node.op == Op::kAlternate) {
      lengths.min = kHuge;
      for (const std::uint32_t child : node.children) {
        lengths.min = std::min(lengths.min, all[child].min);
        lengths.max = std::max(lengths.max, all[child].max);
      }
    } else if (node.op == Op::kRepeat) {
      const Lengths& child = all[node.children[0]];
      lengths.min = std::min(child.min * node.min, kHuge);
      lengths.max = std::min(child.max * node.max, kHuge);
    }
  }
  return all;
}

// Emits what YARA's compiler emits, instruction for instruction where order is concerned.
class OrderedWriter {
 public:
  OrderedWriter(const RegexTree& tree, const Expanded& expanded)
      : tree_(tree), expanded_(expanded) {
    program_.node_pc.assign(tree.nodes.size(), kNoLeaf);
  }

  std::optional<OrderedProgram> Run() {
    if (!Emit(static_cast<std::uint32_t>(tree_.nodes.size() - 1), true, 0)) {
      return std::nullopt;
    }
    Add(OrderedOp::kMatch);
    return std::move(program_);
  }

 private:
  std::uint32_t pc() const { return static_cast<std::uint32_t>(program_.insts.size()); }
  OrderedInst& at(std::uint32_t index) { return program_.insts[index]; }
  std::uint32_t Add(OrderedOp op, std::uint32_t x = 0, std::uint32_t y = 0, std::uint32_t z = 0) {
    OrderedInst inst;
    inst.op = op;
    inst.lazy = !tree_.greedy;
    inst.x = x;
    inst.y = y;
    inst.z = z;
    program_.insts.push_back(inst);
    return pc() - 1;
  }

  // `own`: this copy of the node is the one atoms lead to. Returns false if it is all too large.
  bool Emit(std::uint32_t index, bool own, std::size_t depth) {
    if (pc() > kInstsMax || depth > OrderedScratch::Thread::kStackMax) {
      return false;
    }
    const RegexTree::Node& node = tree_.nodes[index];
    if (own) {
      program_.node_pc[index] = pc();
    }
    if (ConsumesOne(node.op)) {
      Add(OrderedOp::kSet, expanded_.node_set[index]);
      return true;
    }
    switch (node.op) {
      case Op::kConcat:
        return std::all_of(node.children.begin(), node.children.end(),
                           [&](std::uint32_t child) { return Emit(child, own, depth); });
      case Op::kAlternate:
        return EmitAlternate(node, own, depth);
      case Op::kRepeat:
        return EmitRepeat(node, own, depth);
      case Op::kEmpty:
        return true;
      default: {
        const std::uint32_t assertion = Add(OrderedOp::kAssert);
        at(assertion).assertion = static_cast<std::uint16_t>(node.op);
        return true;
      }
    }
  }

  bool EmitAlternate(const RegexTree::Node& node, bool own, std::size_t depth) {
    std::vector<std::uint32_t> jumps;
    for (std::size_t i = 0; i < node.children.size(); ++i) {
      const bool last = i + 1 == node.children.size();
      const std::uint32_t split = last ? 0 : Add(OrderedOp::kSplit);
      if (!Emit(node.children[i], own, depth)) {
        return false;
      }
      if (!last) {
        jumps.push_back(Add(OrderedOp::kJump));
        at(split).x = split + 1;
        at(split).y = pc();
      }
    }
    for (const std::uint32_t jump : jumps) {
      at(jump).x = pc();
    }
    return true;
  }

  // A split that prefers `more` if quantifiers are greedy.
  void SetSplit(std::uint32_t split, std::uint32_t more, std::uint32_t fewer) {
    at(split).x = tree_.greedy ? more : fewer;
    at(split).y = tree_.greedy ? fewer : more;
  }

  bool EmitRepeat(const RegexTree::Node& node, bool own, std::size_t depth) {
    const std::uint32_t child = node.children[0];
    if (node.max == kUnbounded && node.min == 0) {  // *
      const std::uint32_t split = Add(OrderedOp::kSplit);
      if (!Emit(child, own, depth)) {
        return false;
      }
      Add(OrderedOp::kJump, split);
      SetSplit(split, split + 1, pc());
      return true;
    }
    if (node.max == kUnbounded && node.min == 1) {  // +
      const std::uint32_t body = pc();
      if (!Emit(child, own, depth)) {
        return false;
      }
      const std::uint32_t split = Add(OrderedOp::kSplit);
      SetSplit(split, body, pc());
      return true;
    }
    if (tree_.nodes[child].op == Op::kAny) {
      Add(OrderedOp::kRepeatAny, expanded_.node_set[child], std::min(node.min, kCountMax),
          std::min(node.max, kCountMax));
      return true;
    }
    return EmitCounted(node, own, depth);
  }

  // A first copy, a loop, and a last copy that may be skipped: atoms lead to the first.
  bool EmitCounted(const RegexTree::Node& node, bool own, std::size_t depth) {
    const std::uint32_t child = node.children[0];
    const bool prolog = node.min > 0;
    const bool loop = node.max > node.min + 1 || node.max > 2;
    const bool optional = node.max > node.min;
    const bool epilog = optional || node.max > 1;
    if (prolog && !Emit(child, own, depth)) {
      return false;
    }
    if (loop) {
      std::uint32_t min = node.min - (prolog ? 1 : 0);
      std::uint32_t max = node.max - (prolog ? 1 : 0);
      --max;
      if (!optional) {
        --min;
      }
      const std::uint32_t start = Add(OrderedOp::kRepeatStart, 0, min, max);
      const std::uint32_t body = pc();
      if (!Emit(child, false, depth + 1)) {
        return false;
      }
      Add(OrderedOp::kRepeatEnd, body, min, max);
      at(start).x = pc();
    }
    const std::uint32_t split = optional ? Add(OrderedOp::kSplit) : 0;
    const std::uint32_t last = pc();
    if (epilog && !Emit(child, own && !prolog, depth)) {
      return false;
    }
    if (optional) {
      SetSplit(split, last, pc());
    }
    return true;
  }

  const RegexTree& tree_;
  const Expanded& expanded_;
  OrderedProgram program_;
};

bool IsWord(std::byte b) { return IsAlnum(b) || b == std::byte{'_'}; }

class OrderedRunner {
 public:
  OrderedRunner(const OrderedInst* insts, const ByteSet* sets, std::uint32_t width,
                base::Bytes data, OrderedScratch& scratch)
      : insts_(insts), sets_(sets), width_(width), data_(data), s_(scratch) {}

  OrderedOutcome Run(const OrderedStart& start, std::uint64_t& end) {
    position_ = start.position;
    bool found = false;
    OrderedScratch::Thread first;
    first.pc = start.pc;
    s_.threads.clear();
    Sync(first, s_.threads);
    while (!s_.threads.empty() && !too_complex_) {
      Deduplicate();
      Round(start.limit, found, end);
      position_ += width_;
      std::swap(s_.threads, s_.next);
    }
    return too_complex_ ? OrderedOutcome::kTooComplex
           : found      ? OrderedOutcome::kMatch
                        : OrderedOutcome::kNoMatch;
  }

  std::size_t steps() const { return steps_; }

 private:
  using Thread = OrderedScratch::Thread;

  void Deduplicate() {
    s_.round.clear();
    const bool many = s_.threads.size() > kFewThreads;
    if (many) {
      s_.table.assign(kTableSize, 0);
    }
    for (const Thread& thread : s_.threads) {
      const bool fresh =
          many ? AddToTable(thread)
               : std::find(s_.round.begin(), s_.round.end(), thread) == s_.round.end();
      if (fresh) {
        s_.round.push_back(thread);
      }
    }
    steps_ += s_.round.size();
    if (s_.threads.size() > kThreadsMax || steps_ > kStepsMax) {
      too_complex_ = true;
    }
    // Taken from the back, so that what an assertion leads to can be put in front.
    std::reverse(s_.round.begin(), s_.round.end());
  }

  // Returns whether no equal thread is in s_.round yet.
  bool AddToTable(const Thread& thread) {
    std::uint64_t hash = thread.pc * 0x9E3779B97F4A7C15u;
    hash ^= static_cast<std::uint64_t>(thread.repeated + 1) * 0xC2B2AE3D27D4EB4Fu;
    for (std::int32_t i = 0; i <= thread.depth; ++i) {
      hash = (hash ^ thread.stack[i]) * 0x100000001B3u;
    }
    std::size_t slot = (hash ^ hash >> 29) % kTableSize;
    while (s_.table[slot] != 0) {
      if (s_.round[s_.table[slot] - 1u] == thread) {
        return false;
      }
      slot = (slot + 1) % kTableSize;
    }
    if (s_.round.size() >= kThreadsMax) {
      too_complex_ = true;
      return false;
    }
    s_.table[slot] = static_cast<std::uint16_t>(s_.round.size() + 1);
    return true;
  }

  // Runs every thread over one character, in order.
  void Round(std::uint64_t limit, bool& found, std::uint64_t& end) {
    s_.next.clear();
    const bool readable =
        position_ + width_ <= limit && (width_ == 1 || data_[position_ + 1] == std::byte{0});
    const auto byte = readable ? std::to_integer<std::uint8_t>(data_[position_]) : std::uint8_t{0};
    while (!s_.round.empty() && !too_complex_) {
      Thread thread = s_.round.back();
      s_.round.pop_back();
      const OrderedInst& inst = insts_[thread.pc];
      switch (inst.op) {
        case OrderedOp::kSet:
        case OrderedOp::kRepeatAny:
          if (readable && sets_[inst.x].Has(byte)) {
            thread.pc += inst.op == OrderedOp::kSet ? 1 : 0;
            Sync(thread, s_.next);
          }
          break;
        case OrderedOp::kAssert:
          if (Holds(static_cast<Op>(inst.assertion))) {
            ++thread.pc;
            s_.synced.clear();
            Sync(thread, s_.synced);
            s_.round.insert(s_.round.end(), s_.synced.rbegin(), s_.synced.rend());
          }
          break;
        default:  // kMatch: those behind are given up
          found = true;
          end = position_;
          s_.round.clear();
          break;
      }
    }
  }

  bool WordAt(std::uint64_t at) const {
    return at + width_ <= data_.size() && IsWord(data_[at]) &&
           (width_ == 1 || data_[at + 1] == std::byte{0});
  }
  bool Holds(Op assertion) const {
    if (assertion == Op::kStart || assertion == Op::kEnd) {
      return position_ == (assertion == Op::kStart ? 0 : data_.size());
    }
    const bool before = position_ >= width_ && WordAt(position_ - width_);
    return (before != WordAt(position_)) == (assertion == Op::kWordBoundary);
  }

  // Follows a thread, and those it splits into, to instructions that read or decide; appends them
  // to `out` in order. A split is executed once only: later arrivals end there.
  void Sync(const Thread& first, std::vector<Thread>& out) {
    s_.executed.clear();
    s_.pending.clear();
    std::uint32_t split_sets = 1;
    s_.pending.push_back({first, 0, false});
    while (!s_.pending.empty()) {
      OrderedScratch::Pending item = s_.pending.back();
      s_.pending.pop_back();
      if (item.done) {
        out.push_back(item.thread);
        continue;
      }
      if (++steps_ > kStepsMax || out.size() + s_.pending.size() > kThreadsMax) {
        too_complex_ = true;
        return;
      }
      Thread& thread = item.thread;
      const OrderedInst& inst = insts_[thread.pc];
      switch (inst.op) {
        case OrderedOp::kSplit: {
          const std::uint64_t key = std::uint64_t{item.splits} << 32 | thread.pc;
          if (std::find(s_.executed.begin(), s_.executed.end(), key) != s_.executed.end()) {
            break;
          }
          s_.executed.push_back(key);
          Push(thread, inst.y, item.splits);
          Push(thread, inst.x, item.splits);
          break;
        }
        case OrderedOp::kJump:
          Push(thread, inst.x, item.splits);
          break;
        case OrderedOp::kRepeatStart:
          StartRepeat(thread, inst, item.splits);
          break;
        case OrderedOp::kRepeatEnd:
          EndRepeat(thread, inst, item.splits);
          break;
        case OrderedOp::kRepeatAny:
          RepeatAny(thread, inst, item.splits, split_sets);
          break;
        default:
          out.push_back(thread);
          break;
      }
    }
  }

  void Push(Thread thread, std::uint32_t pc, std::uint32_t splits) {
    thread.pc = pc;
    s_.pending.push_back({thread, splits, false});
  }

  // What is pushed last goes first.
  void StartRepeat(const Thread& thread, const OrderedInst& inst, std::uint32_t splits) {
    Thread inside = thread;
    inside.stack[++inside.depth] = 0;
    if (inst.y > 0) {
      Push(inside, thread.pc + 1, splits);
    } else if (inst.lazy) {
      Push(inside, thread.pc + 1, splits);
      Push(thread, inst.x, splits);
    } else {
      Push(thread, inst.x, splits);
      Push(inside, thread.pc + 1, splits);
    }
  }

  void EndRepeat(Thread thread, const OrderedInst& inst, std::uint32_t splits) {
    const std::uint32_t count = ++thread.stack[thread.depth];
    if (count < inst.y) {
      Push(thread, inst.x, splits);
      return;
    }
    Thread outside = thread;
    --outside.depth;
    const bool again = count < inst.z;
    if (inst.lazy) {
      if (again) {
        Push(thread, inst.x, splits);
      }
      Push(outside, thread.pc + 1, splits);
    } else {
      Push(outside, thread.pc + 1, splits);
      if (again) {
        Push(thread, inst.x, splits);
      }
    }
  }

  void RepeatAny(Thread thread, const OrderedInst& inst, std::uint32_t splits,
                 std::uint32_t& split_sets) {
    thread.repeated = std::max(thread.repeated, 0);
    const auto count = static_cast<std::uint32_t>(thread.repeated);
    Thread outside = thread;
    outside.repeated = -1;
    ++thread.repeated;
    if (count < inst.y) {
      s_.pending.push_back({thread, splits, true});
    } else if (count >= inst.z) {
      Push(outside, thread.pc + 1, splits);
    } else if (inst.lazy) {
      s_.pending.push_back({thread, splits, true});
      Push(outside, thread.pc + 1, split_sets++);
    } else {
      Push(outside, thread.pc + 1, split_sets++);
      s_.pending.push_back({thread, splits, true});
    }
  }

  const OrderedInst* insts_;
  const ByteSet* sets_;
  std::uint32_t width_;
  base::Bytes data_;
  OrderedScratch& s_;
  std::uint64_t position_ = 0;
  std::size_t steps_ = 0;
  bool too_complex_ = false;
};

}  // namespace

bool OrderedScratch::Thread::operator==(const Thread& other) const {
  return pc == other.pc && repeated == other.repeated && depth == other.depth &&
         std::equal(stack, stack + (depth + 1), other.stack);
}

bool RepeatsEmpty(const RegexTree& tree) {
  const std::vector<Lengths> lengths = AllLengths(tree);
  return std::any_of(tree.nodes.begin(), tree.nodes.end(), [&](const RegexTree::Node& node) {
    return node.op == Op::kRepeat && node.max > 1 && lengths[node.children[0]].min == 0;
  });
}

bool NeedsOrder(const RegexTree& tree) {
  if (RepeatsEmpty(tree)) {
    return true;
  }
  const std::vector<Lengths> lengths = AllLengths(tree);
  std::vector<std::uint32_t> stack = {static_cast<std::uint32_t>(tree.nodes.size() - 1)};
  while (!stack.empty()) {
    const std::uint32_t index = stack.back();
    stack.pop_back();
    const RegexTree::Node& node = tree.nodes[index];
    if (node.op == Op::kConcat) {
      stack.insert(stack.end(), node.children.begin(), node.children.end());
    } else if (node.op == Op::kRepeat && ConsumesOne(tree.nodes[node.children[0]].op)) {
      continue;
    } else if (lengths[index].min != lengths[index].max) {
      return true;
    }
  }
  return false;
}

bool HasOneLength(const RegexTree& tree) {
  const Lengths lengths = AllLengths(tree).back();
  return lengths.min == lengths.max;
}

std::uint32_t MaxLength(const RegexTree& tree) {
  const std::uint64_t max = AllLengths(tree).back().max;
  return max >= kHuge ? kUnbounded : static_cast<std::uint32_t>(max);
}

std::optional<OrderedProgram> WriteOrdered(const RegexTree& tree, const Expanded& expanded) {
  return OrderedWriter(tree, expanded).Run();
}

OrderedOutcome RunOrdered(const OrderedInst* insts, const ByteSet* sets, std::uint32_t width,
                          base::Bytes data, const OrderedStart& start, OrderedScratch& scratch,
                          std::uint64_t& end) {
  if (scratch.steps_left == 0) {
    return OrderedOutcome::kTooComplex;
  }
  OrderedRunner runner(insts, sets, width, data, scratch);
  const OrderedOutcome outcome = runner.Run(start, end);
  std::uint64_t cost = runner.steps();
  if (outcome == OrderedOutcome::kTooComplex) {
    cost += scratch.steps_left / 4 * 3;  // YARA would give up on the file
  }
  scratch.steps_left -= std::min(scratch.steps_left, cost);
  return outcome;
}

}  // namespace day::match
