// YARA's own order among possible matches.
//
// Where alternatives or optional groups make several lengths possible, YARA reports neither the
// longest nor the shortest: its threads are ordered, as in Perl, and a thread that matches ends
// those behind it (a quantifier prefers more or fewer by its greed, an alternative precedes later
// ones). This program is only run for expressions where that can differ from longest or shortest,
// from the position of the atom YARA would have started at, and only if the set of threads has
// found several ends.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "libs/base/bytes.h"
#include "libs/base/result.h"
#include "libs/match/automaton.h"
#include "libs/match/code.h"

namespace day::match {

// Whether several lengths are possible of which YARA's order must choose.
bool NeedsOrder(const RegexTree& tree);
// Whether a group that can be empty is repeated: YARA then also loses some matches, in its guard
// against endless loops, so its order must be followed even if only one length is possible.
bool RepeatsEmpty(const RegexTree& tree);
// Whether all matches have the same length.
bool HasOneLength(const RegexTree& tree);
// The most bytes a match can have; kUnbounded if there is no bound worth the name.
std::uint32_t MaxLength(const RegexTree& tree);

enum class OrderedOp : std::uint8_t {
  kSet,
  kRepeatAny,  // set x, y..z times
  kSplit,      // x first, then y
  kJump,
  kRepeatStart,  // counts y..z, x is behind the loop
  kRepeatEnd,    // counts y..z, x is the body
  kAssert,
  kMatch,
};

struct OrderedInst {
  OrderedOp op = OrderedOp::kMatch;
  bool lazy = false;
  std::uint16_t assertion = 0;
  std::uint32_t x = 0;
  std::uint32_t y = 0;
  std::uint32_t z = 0;
};

struct OrderedProgram {
  std::vector<OrderedInst> insts;
  std::vector<std::uint32_t> node_pc;  // by tree node: where a match goes on from it
};

// `expanded` is that of Expand(tree). Nothing if the expression is too deeply nested or too large
// for YARA's own limits, in which case longest or shortest must do.
std::optional<OrderedProgram> WriteOrdered(const RegexTree& tree, const Expanded& expanded);

struct OrderedScratch {
  struct Thread {
    static constexpr std::size_t kStackMax = 8;
    std::uint32_t pc = 0;
    std::int32_t repeated = -1;
    std::int32_t depth = -1;
    std::uint16_t stack[kStackMax] = {};

    bool operator==(const Thread& other) const;
  };
  struct Pending {
    Thread thread;
    std::uint32_t splits = 0;  // which set of executed splits it belongs to
    bool done = false;
  };
  std::vector<Thread> threads;
  std::vector<Thread> next;
  std::vector<Thread> round;
  std::vector<Thread> synced;
  std::vector<Pending> pending;
  std::vector<std::uint64_t> executed;
  std::vector<std::uint16_t> table;
  // Steps that may still be spent on YARA's order in this file; without any, longest or shortest
  // must do. What a file may cost must not depend on how often an expression almost matches. Where
  // an expression is too complex YARA would give up on the file, so its order is soon given up too.
  std::uint64_t steps_left = 0;
};
inline constexpr std::uint64_t kOrderedStepsPerFile = 1u << 25;

struct OrderedStart {
  std::uint32_t pc = 0;
  std::uint64_t position = 0;
  std::uint64_t limit = 0;  // reads no byte at or behind it
};

enum class OrderedOutcome : std::uint8_t { kMatch, kNoMatch, kTooComplex };

OrderedOutcome RunOrdered(const OrderedInst* insts, const ByteSet* sets, std::uint32_t width,
                          base::Bytes data, const OrderedStart& start, OrderedScratch& scratch,
                          std::uint64_t& end);

}  // namespace day::match
