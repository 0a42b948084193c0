// The simulation: a set of threads, one for each instruction reached, and the queues of counters.
#include <algorithm>
#include <utility>

#include "libs/match/automaton.h"
#include "libs/match/automaton_code.h"

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

// The end of the match that goes on at `pc`, or false.
bool RunForward(Code code, const PartHeader& part, base::Bytes data, std::uint32_t pc,
                std::uint64_t position, std::uint64_t limit, AutomatonScratch& scratch,
                std::uint64_t& end) {
  Runner runner(code, part, data, scratch, false);
  const bool greedy = (part.flags & kPartGreedy) != 0;
  runner.Begin(position);
  runner.Enter(pc);
  bool found = false;
  while (true) {
    if (runner.matched()) {
      found = true;
      end = runner.position();
      if (!greedy) {
        return true;
      }
    }
    if (!runner.alive() || !runner.Step(limit)) {
      return found;
    }
  }
}

}  // namespace

bool VerifyAutomaton(Code code, const PartHeader& part, base::Bytes data, std::uint32_t anchor,
                     std::uint64_t position, AutomatonScratch& scratch, std::uint64_t& end) {
  const AutomatonHeader& header = *CodeAt<AutomatonHeader>(code, part.body_at);
  const AnchorCode& pcs = CodeAt<AnchorCode>(code, header.anchors_at)[anchor];
  if (!RunForward(code, part, data, pcs.forward, position, ForwardLimit(data, position), scratch,
                  end)) {
    return false;
  }
  scratch.starts.clear();
  Runner runner(code, part, data, scratch, true);
  const std::uint64_t limit = position > kRegexScanMax ? position - kRegexScanMax : 0;
  runner.Begin(position);
  runner.Enter(pcs.backward);
  while (true) {
    if (runner.matched()) {
      scratch.starts.push_back(runner.position());
    }
    if (!runner.alive() || !runner.Step(limit)) {
      return !scratch.starts.empty();
    }
  }
}

bool MatchAutomaton(Code code, const PartHeader& part, base::Bytes data, std::uint64_t offset,
                    AutomatonScratch& scratch, std::uint64_t& end) {
  return RunForward(code, part, data, 0, offset, ForwardLimit(data, offset), scratch, end);
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
  std::uint64_t end = first_end;
  RunForward(code, part, data, 0, start, limit, scratch, end);
  length = end - start;
  return static_cast<std::int64_t>(start);
}

}  // namespace day::match
