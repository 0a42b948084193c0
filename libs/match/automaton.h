// Parts that need an automaton: expressions and hex strings with alternatives, classes or repeats.
//
// A tree is first expanded: groups repeated a few times are copied, so that every byte a match must
// contain is a leaf of its own, and repeats of one byte or class become counters. From the expanded
// tree come two programs, one reading forward and one backward, so that a match can be completed in
// both directions from any leaf (its index is the anchor of atoms that start there).
//
// A counter `[a-z]{20,3000}` is one instruction: while it runs, it keeps the positions at which it
// was entered in a queue, and may be left at any position that lies min..max after some entry. Time
// is linear in bytes x instructions whatever the counts.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "libs/base/bytes.h"
#include "libs/base/result.h"
#include "libs/match/atoms.h"
#include "libs/match/code.h"
#include "libs/match/program.h"

namespace day::match {

// The expanded tree.
struct Expanded {
  enum class Op : std::uint8_t {
    kEmpty,
    kLeaf,
    kCounter,
    kConcat,
    kAlternate,
    kStar,
    kPlus,
    kOption,
    kAssert
  };
  struct Node {
    Op op = Op::kEmpty;
    RegexTree::Op assertion = RegexTree::Op::kEmpty;
    std::uint32_t set = 0;   // kLeaf, kCounter: index into sets
    std::uint32_t leaf = 0;  // kLeaf: dense number
    std::uint32_t min = 0;   // kCounter
    std::uint32_t max = 0;   // kCounter
    std::vector<std::uint32_t> children;
  };
  std::vector<Node> nodes;
  std::vector<ByteSet> sets;
  std::uint32_t root = 0;
  std::uint32_t leaf_count = 0;
  // By tree node that reads one byte: its first leaf (kNoLeaf if it has none), and its set.
  std::vector<std::uint32_t> node_leaf;
  std::vector<std::uint32_t> node_set;
};

// Whether `x+` stays a loop, whose leaf is any of the bytes, or becomes a first byte and a counter.
enum class Loops : std::uint8_t { kCounted, kKept };
// Errors: kMalformed (broken tree), kLimit (too large when expanded).
base::Result<Expanded> Expand(const RegexTree& tree, Loops loops = Loops::kCounted);

// The windows of all that every match contains, anchored at leaves.
PartAtoms AutomatonAtoms(const Expanded& expanded, std::uint32_t width);
// The run of bytes around a leaf, and where in it the leaf is.
struct LeafRun {
  std::vector<AtomByte> bytes;
  std::size_t leaf_at = 0;
};
LeafRun RunAround(const Expanded& expanded, std::uint32_t leaf, std::uint32_t width);

// Room for the rank of an atom below the position at which it was found.
inline constexpr int kRankBits = 20;
inline std::uint64_t OrderByEnd(std::uint64_t end) { return end << kRankBits; }

// A match, and a number that grows in the order in which YARA would have found it.
struct FoundMatch {
  std::uint64_t start = 0;
  std::uint64_t end = 0;
  std::uint64_t order = 0;
};

struct OrderedScratch;

// Remembers from which starts a part was completed in this file, so that the many atoms of one match
// do not complete it over and over. Forgets some where it would grow too large.
class CompletedStarts {
 public:
  void BeginFile() { ++file_; }
  // Returns whether the start is new, or forgotten. `part` is compared by its address.
  bool Add(const void* part, std::uint64_t start) {
    if (entries_.empty()) {
      entries_.resize(kEntries);
    }
    const std::uint64_t mixed = (start ^ reinterpret_cast<std::uintptr_t>(part) * kMix) * kMix;
    Entry& entry = entries_[mixed >> kShift];
    if (entry.part == part && entry.start == start && entry.file == file_) {
      return false;
    }
    entry = {part, start, file_};
    return true;
  }

 private:
  static constexpr int kShift = 64 - 14;
  static constexpr std::size_t kEntries = std::size_t{1} << 14;
  static constexpr std::uint64_t kMix = 0x9E3779B97F4A7C15;
  struct Entry {
    const void* part = nullptr;
    std::uint64_t start = 0;
    std::uint64_t file = 0;
  };
  std::vector<Entry> entries_;  // made when it is first needed
  std::uint64_t file_ = 1;
};

// Queues of the counters and lists of threads, reused. REQUIRES: `ordered` is set.
struct AutomatonScratch {
  struct Queue {
    std::vector<std::int64_t> entries;
    std::size_t head = 0;
    bool active = false;
  };
  std::vector<std::uint32_t> seen;  // by instruction: stamp of the step it was last reached in
  std::uint32_t stamp = 0;
  std::vector<std::uint32_t> current;
  std::vector<std::uint32_t> next;
  std::vector<std::uint32_t> stack;
  std::vector<Queue> queues;
  std::vector<std::uint32_t> counters;  // active ones, as instructions
  std::vector<std::uint32_t> leaving;
  std::vector<std::uint64_t> starts;
  std::vector<FoundMatch> found;
  std::vector<FoundMatch> kept;
  CompletedStarts completed;
  OrderedScratch* ordered = nullptr;  // not owned
};

// Fills scratch.found with the matches that go through an anchor at data[position], those excepted
// that it found before in this file where each start is completed for itself.
bool VerifyAutomaton(Code code, const PartHeader& part, base::Bytes data, std::uint32_t anchor,
                     std::uint64_t position, AutomatonScratch& scratch);
// The same for those that start at `offset`. Where YARA's atom matters it is looked for, slowly.
bool MatchAutomaton(Code code, const PartHeader& part, base::Bytes data, std::uint64_t offset,
                    AutomatonScratch& scratch);
// The first offset in [0, starts_end) from which something matches, reading no further than
// `limit`; -1 if there is none. `length` gets the length of that match.
std::int64_t SearchAutomaton(Code code, const PartHeader& part, base::Bytes data,
                             std::uint64_t starts_end, std::uint64_t limit,
                             AutomatonScratch& scratch, std::uint64_t& length);

}  // namespace day::match
