// The simulation: a set of threads, one for each instruction reached, and the queues of counters.
#include <algorithm>
#include <utility>

#include "libs/match/automaton.h"
#include "libs/match/automaton_code.h"
#include "libs/match/ordered.h"

namespace day::match {
namespace {

bool IsWord(std::byte b) { return IsAlnum(b) || b == std::byte{'_'}; }

// One run of one program in one direction.
class Runner {
 public:
  Runner(Code code, const PartHeader& part, base::Bytes data, AutomatonScratch& scratch,
         bool backward)
      : header_(*CodeAt<AutomatonHeader>(code, part.body_at)),
        sets_(CodeAt<ByteSet>(code, header_.sets_at)),
        insts_(CodeAt<Inst>(code, backward ? header_.backward_at : header_.forward_at)),
        data_(data),
        width_(part.width),
        backward_(backward),
        s_(scratch) {
    if (s_.seen.size() < header_.inst_count) {
      s_.seen.resize(header_.inst_count, 0);
    }
    if (s_.queues.size() < header_.counter_count) {
      s_.queues.resize(header_.counter_count);
    }
    for (const std::uint32_t pc : s_.counters) {
      QueueOf(pc).active = false;
    }
    s_.counters.clear();
    s_.current.clear();
    s_.next.clear();
  }
  ~Runner() {
    // Queues are found through the instructions of this program, so they are emptied with it.
    for (const std::uint32_t pc : s_.counters) {
      QueueOf(pc).active = false;
    }
    s_.counters.clear();
  }
  Runner(const Runner&) = delete;
  Runner& operator=(const Runner&) = delete;

  void Begin(std::uint64_t position) {
    position_ = position;
    NewStamp();
    matched_ = false;
  }
  // Adds a thread at the present position.
  void Enter(std::uint32_t pc) { Follow(pc, s_.current); }
  bool matched() const { return matched_; }
  bool alive() const { return !s_.current.empty() || !s_.counters.empty(); }
  std::uint64_t position() const { return position_; }

  // `.*x` spends its time waiting for an x: as long as all there is is one unbounded counter and
  // the one instruction behind it, bytes that only the counter accepts change nothing and are
  // skipped.
  void SkipIdle(std::uint64_t limit) {
    if (s_.counters.size() != 1 || s_.current.size() != 1) {
      return;
    }
    const std::uint32_t pc = s_.counters[0];
    const AutomatonScratch::Queue& queue = QueueOf(pc);
    const Inst& inst = insts_[pc];
    if (inst.z != kUnbounded || s_.current[0] != pc + 1 || queue.head + 1 != queue.entries.size() ||
        steps_ - queue.entries[queue.head] < static_cast<std::int64_t>(inst.y)) {
      return;
    }
    const ByteSet& stay = sets_[inst.x];
    const ByteSet& leave = sets_[insts_[pc + 1].x];
    while (backward_ ? position_ >= limit + width_ : position_ + width_ <= limit) {
      const std::uint64_t at = backward_ ? position_ - width_ : position_;
      const auto byte = std::to_integer<std::uint8_t>(data_[at]);
      if (!stay.Has(byte) || leave.Has(byte) || (width_ == 2 && data_[at + 1] != std::byte{0})) {
        return;
      }
      position_ = backward_ ? at : position_ + width_;
      ++steps_;
      matched_ = false;
    }
  }

  // Reads one character. Returns false if there is none (end, limit, or no zero after a wide one).
  bool Step(std::uint64_t limit) {
    std::uint64_t at = position_;
    if (backward_) {
      if (position_ < limit + width_) {
        return false;
      }
      at = position_ - width_;
    } else if (position_ + width_ > limit) {
      return false;
    }
    if (width_ == 2 && data_[at + 1] != std::byte{0}) {
      return false;
    }
    const auto byte = std::to_integer<std::uint8_t>(data_[at]);
    position_ = backward_ ? at : position_ + width_;
    ++steps_;
    NewStamp();
    matched_ = false;
    s_.next.clear();
    for (const std::uint32_t pc : s_.current) {
      if (sets_[insts_[pc].x].Has(byte)) {
        Follow(pc + 1, s_.next);
      }
    }
    StepCounters(byte);
    std::swap(s_.current, s_.next);
    return true;
  }

 private:
  AutomatonScratch::Queue& QueueOf(std::uint32_t pc) { return s_.queues[insts_[pc].counter]; }

  void NewStamp() {
    if (++s_.stamp == 0) {
      std::fill(s_.seen.begin(), s_.seen.end(), 0);
      s_.stamp = 1;
    }
  }

  bool WordAt(std::uint64_t at) const {
    return at + width_ <= data_.size() && IsWord(data_[at]) &&
           (width_ == 1 || data_[at + 1] == std::byte{0});
  }

  bool Holds(InstOp op) const {
    switch (op) {
      case InstOp::kStart:
        return position_ == 0;
      case InstOp::kEnd:
        return position_ == data_.size();
      default: {
        const bool before = position_ >= width_ && WordAt(position_ - width_);
        return (before != WordAt(position_)) == (op == InstOp::kWordBoundary);
      }
    }
  }

  void Follow(std::uint32_t first, std::vector<std::uint32_t>& list) {
    s_.stack.assign(1, first);
    while (!s_.stack.empty()) {
      const std::uint32_t pc = s_.stack.back();
      s_.stack.pop_back();
      if (s_.seen[pc] == s_.stamp) {
        continue;
      }
      s_.seen[pc] = s_.stamp;
      const Inst& inst = insts_[pc];
      switch (inst.op) {
        case InstOp::kSet:
          list.push_back(pc);
          break;
        case InstOp::kCounter:
          EnterCounter(pc);
          if (inst.y == 0) {
            s_.stack.push_back(pc + 1);
          }
          break;
        case InstOp::kSplit:
          s_.stack.push_back(inst.y);
          s_.stack.push_back(inst.x);
          break;
        case InstOp::kJump:
          s_.stack.push_back(inst.x);
          break;
        case InstOp::kMatch:
          matched_ = true;
          break;
        default:
          if (Holds(inst.op)) {
            s_.stack.push_back(pc + 1);
          }
          break;
      }
    }
  }

  void EnterCounter(std::uint32_t pc) {
    AutomatonScratch::Queue& queue = QueueOf(pc);
    if (!queue.active) {
      queue.active = true;
      queue.entries.clear();
      queue.head = 0;
      s_.counters.push_back(pc);
    }
    queue.entries.push_back(steps_);
  }

  // Counters entered while others are left in this very step must not read its byte: only those
  // that were active before are visited, and their new entries count from after it.
  void StepCounters(std::uint8_t byte) {
    const std::size_t count = s_.counters.size();
    std::size_t kept = 0;
    s_.leaving.clear();
    for (std::size_t i = 0; i < count; ++i) {
      const std::uint32_t pc = s_.counters[i];
      if (AdvanceCounter(pc, byte)) {
        s_.counters[kept++] = pc;
      } else {
        QueueOf(pc).active = false;
      }
    }
    s_.counters.resize(kept);
    for (const std::uint32_t pc : s_.leaving) {
      Follow(pc + 1, s_.next);
    }
  }

  // Returns whether the counter is still running after reading `byte`.
  bool AdvanceCounter(std::uint32_t pc, std::uint8_t byte) {
    const Inst& inst = insts_[pc];
    AutomatonScratch::Queue& queue = QueueOf(pc);
    // An entry made in this step is the last one, and has not read the byte.
    const bool fresh = queue.entries.back() == steps_;
    const std::size_t old_end = queue.entries.size() - (fresh ? 1 : 0);
    if (!sets_[inst.x].Has(byte)) {
      queue.head = old_end;
    } else if (inst.z == kUnbounded) {
      // Without an upper bound the oldest entry outlives all later ones.
      if (queue.head < old_end) {
        queue.entries.resize(queue.head + 1);
        return LeaveIfDue(pc, queue);
      }
    } else {
      while (queue.head < old_end && steps_ - queue.entries[queue.head] > inst.z) {
        ++queue.head;
      }
    }
    if (queue.head < old_end) {
      return LeaveIfDue(pc, queue);
    }
    return queue.head < queue.entries.size();
  }

  bool LeaveIfDue(std::uint32_t pc, const AutomatonScratch::Queue& queue) {
    if (steps_ - queue.entries[queue.head] >= insts_[pc].y) {
      s_.leaving.push_back(pc);
    }
    return true;
  }

  const AutomatonHeader& header_;
  const ByteSet* sets_;
  const Inst* insts_;
  base::Bytes data_;
  std::uint32_t width_;
  bool backward_;
  AutomatonScratch& s_;
  std::uint64_t position_ = 0;
  std::int64_t steps_ = 0;
  bool matched_ = false;
};

std::uint64_t ForwardLimit(base::Bytes data, std::uint64_t position) {
  return std::min<std::uint64_t>(data.size(), position + kRegexScanMax);
}

// The nearest and the farthest end of what goes on at an instruction.
struct Ends {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
};

enum class Want : std::uint8_t { kFirst, kBoth };

bool RunForward(Runner& runner, std::uint32_t pc, std::uint64_t position, std::uint64_t limit,
                Want want, Ends& ends) {
  runner.Begin(position);
  runner.Enter(pc);
  bool found = false;
  while (true) {
    if (runner.matched()) {
      if (!found) {
        ends.first = runner.position();
      }
      ends.last = runner.position();
      found = true;
      if (want == Want::kFirst) {
        return true;
      }
    }
    if (!runner.alive()) {
      return found;
    }
    runner.SkipIdle(limit);
    if (!runner.Step(limit)) {
      return found;
    }
  }
}

// One part on one file: completes matches.
class Completer {
 public:
  Completer(Code code, const PartHeader& part, base::Bytes data, AutomatonScratch& scratch)
      : code_(code),
        part_(part),
        data_(data),
        s_(scratch),
        header_(*CodeAt<AutomatonHeader>(code, part.body_at)) {}

  const AutomatonHeader& header() const { return header_; }

  bool Forward(std::uint32_t pc, std::uint64_t position, std::uint64_t limit, Ends& ends) {
    const bool first_only = !greedy() && header_.ordered_at == 0;
    Runner runner(code_, part_, data_, s_, false);
    return RunForward(runner, pc, position, limit, first_only ? Want::kFirst : Want::kBoth, ends);
  }

  // The end YARA reports among several.
  bool Choose(const Ends& ends, const OrderedStart& start, std::uint64_t& end) {
    end = greedy() ? ends.last : ends.first;
    const bool certain = ends.first == ends.last && header_.order_always == 0;
    if (certain || header_.ordered_at == 0) {
      return true;
    }
    std::uint64_t ordered_end = 0;
    switch (RunOrdered(CodeAt<OrderedInst>(code_, header_.ordered_at),
                       CodeAt<ByteSet>(code_, header_.sets_at), part_.width, data_, start,
                       *s_.ordered, ordered_end)) {
      case OrderedOutcome::kMatch:
        end = ordered_end;
        return true;
      case OrderedOutcome::kNoMatch:
        return false;
      default:
        return true;
    }
  }

  bool FromStart(std::uint64_t offset, std::uint64_t& end) {
    const std::uint64_t limit = ForwardLimit(data_, offset);
    Ends ends;
    return Forward(0, offset, limit, ends) && Choose(ends, {0, offset, limit}, end);
  }

  void Backward(std::uint32_t pc, std::uint64_t position, std::uint64_t limit) {
    s_.starts.clear();
    Runner runner(code_, part_, data_, s_, true);
    runner.Begin(position);
    runner.Enter(pc);
    while (true) {
      if (runner.matched()) {
        s_.starts.push_back(runner.position());
      }
      if (!runner.alive()) {
        return;
      }
      runner.SkipIdle(limit);
      if (!runner.Step(limit)) {
        return;
      }
    }
  }

 private:
  bool greedy() const { return (part_.flags & kPartGreedy) != 0; }

  Code code_;
  const PartHeader& part_;
  base::Bytes data_;
  AutomatonScratch& s_;
  const AutomatonHeader& header_;
};

// The rank of the atom that stands at `origin`.
std::uint32_t RankAt(const AnchorCode& at, base::Bytes data, std::uint64_t origin) {
  for (std::uint32_t i = 0; i < at.atom_size && origin + i < data.size(); ++i) {
    const bool known = (at.written_known >> i & 1) != 0;
    if (known && std::to_integer<std::uint8_t>(data[origin + i]) != at.written[i]) {
      return at.other_rank;
    }
  }
  return at.rank;
}

}  // namespace

bool VerifyAutomaton(Code code, const PartHeader& part, base::Bytes data, std::uint32_t anchor,
                     std::uint64_t position, AutomatonScratch& scratch) {
  scratch.found.clear();
  Completer completer(code, part, data, scratch);
  const AutomatonHeader& header = completer.header();
  AnchorCode at;
  at.leaf = anchor;
  if (anchor >= header.leaf_count) {
    at = CodeAt<AnchorCode>(code, header.anchors_at)[anchor - header.leaf_count];
  }
  const LeafCode& leaf = CodeAt<LeafCode>(code, header.leaves_at)[at.leaf];
  if (at.shift_back != 0 && position < at.shift) {
    return false;
  }
  const std::uint64_t origin = at.shift_back != 0 ? position - at.shift : position + at.shift;
  const std::uint64_t limit = ForwardLimit(data, origin);
  Ends ends;
  std::uint64_t end = 0;
  if (!completer.Forward(leaf.forward, position, limit, ends)) {
    return false;
  }
  if (header.from_start == 0 && !completer.Choose(ends, {at.ordered_pc, origin, limit}, end)) {
    return false;
  }
  completer.Backward(leaf.backward, position, origin > kRegexScanMax ? origin - kRegexScanMax : 0);
  const std::uint64_t order = header.yara_anchor_count != 0
                                  ? OrderByEnd(origin + at.atom_size) | RankAt(at, data, origin)
                                  : OrderByEnd(end);
  for (std::size_t i = 0; i < scratch.starts.size(); ++i) {
    const std::uint64_t start = scratch.starts[i];
    if (header.from_start != 0) {
      if (scratch.completed.Add(&part, start) && completer.FromStart(start, end)) {
        scratch.found.push_back({start, end, start << kRankBits});
      }
    } else {
      scratch.found.push_back({start, end, order});
    }
  }
  return !scratch.found.empty();
}

bool MatchAutomaton(Code code, const PartHeader& part, base::Bytes data, std::uint64_t offset,
                    AutomatonScratch& scratch) {
  Completer completer(code, part, data, scratch);
  const AutomatonHeader& header = completer.header();
  if (header.yara_anchor_count == 0) {
    scratch.found.clear();
    std::uint64_t end = 0;
    if (completer.FromStart(offset, end)) {
      const bool by_start = header.from_start != 0 || header.ordered_at != 0;
      scratch.found.push_back({offset, end, (by_start ? offset : end) << kRankBits});
    }
    return !scratch.found.empty();
  }
  scratch.kept.clear();
  // YARA's atom lies inside the match, however long that is.
  Ends ends;
  const std::uint64_t limit = std::min<std::uint64_t>(data.size(), offset + 2 * kRegexScanMax);
  {
    Runner runner(code, part, data, scratch, false);
    if (!RunForward(runner, 0, offset, limit, Want::kBoth, ends)) {
      scratch.found.clear();
      return false;
    }
  }
  const std::uint64_t stop = std::min<std::uint64_t>(ends.last, offset + kRegexScanMax + 1);
  for (std::uint64_t position = offset; position < stop; ++position) {
    for (std::uint32_t i = 0; i < header.yara_anchor_count; ++i) {
      if (!VerifyAutomaton(code, part, data, header.leaf_count + i, position, scratch)) {
        continue;
      }
      for (const FoundMatch& match : scratch.found) {
        if (match.start == offset) {
          scratch.kept.push_back(match);
        }
      }
    }
  }
  std::swap(scratch.found, scratch.kept);
  return !scratch.found.empty();
}

std::int64_t SearchAutomaton(Code code, const PartHeader& part, base::Bytes data,
                             std::uint64_t starts_end, std::uint64_t limit,
                             AutomatonScratch& scratch, std::uint64_t& length) {
  // One pass says where a match ends at the earliest, whatever its start ...
  std::uint64_t first_end = 0;
  {
    Runner runner(code, part, data, scratch, false);
    runner.Begin(0);
    while (true) {
      if (runner.position() < starts_end) {
        runner.Enter(0);
      }
      if (runner.matched()) {
        first_end = runner.position();
        break;
      }
      if (!runner.Step(limit)) {
        return -1;
      }
    }
  }
  // ... a second, backward from there, its first start.
  std::uint64_t start = first_end;
  {
    Runner runner(code, part, data, scratch, true);
    runner.Begin(first_end);
    runner.Enter(0);
    do {
      if (runner.matched() && runner.position() < starts_end) {
        start = runner.position();
      }
    } while (runner.alive() && runner.Step(0));
    if (runner.matched()) {
      start = runner.position();
    }
  }
  Ends ends{first_end, first_end};
  Runner runner(code, part, data, scratch, false);
  RunForward(runner, 0, start, limit, Want::kBoth, ends);
  length = ((part.flags & kPartGreedy) != 0 ? ends.last : ends.first) - start;
  return static_cast<std::int64_t>(start);
}

}  // namespace day::match
