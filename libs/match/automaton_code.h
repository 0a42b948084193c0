// The instructions of an automaton, shared by its writer and its runner.
#pragma once

#include <cstdint>

#include "libs/match/code.h"

namespace day::match {

enum class InstOp : std::uint32_t {
  kSet,      // reads a byte of set x, goes on behind
  kCounter,  // reads y..z bytes of set x, goes on behind; `counter` is its number
  kSplit,    // goes on at x and at y
  kJump,     // goes on at x
  kStart,
  kEnd,
  kWordBoundary,
  kNotWordBoundary,
  kMatch,
};

struct Inst {
  InstOp op : 8 = InstOp::kMatch;
  std::uint32_t counter : 24 = 0;
  std::uint32_t x = 0;
  std::uint32_t y = 0;
  std::uint32_t z = 0;
};

// Start of the body; the arrays are at offsets from the start of the code.
struct AutomatonHeader {
  std::uint32_t sets_at = 0;      // ByteSet[]
  std::uint32_t forward_at = 0;   // Inst[]
  std::uint32_t backward_at = 0;  // Inst[]
  std::uint32_t leaves_at = 0;    // LeafCode[]
  std::uint32_t inst_count = 0;   // the larger of both programs
  std::uint32_t counter_count = 0;
  std::uint32_t ordered_at = 0;  // OrderedInst[], 0 if order does not matter
  std::uint32_t leaf_count = 0;
  std::uint32_t yara_anchor_count = 0;  // the first anchors behind the leaves: at YARA's own atoms
  std::uint32_t from_start = 0;
  std::uint32_t order_always = 0;  // even if there is only one end
  std::uint32_t anchors_at = 0;    // AnchorCode[]
};

// By leaf.
struct LeafCode {
  std::uint32_t forward = 0;   // reads the leaf first
  std::uint32_t backward = 0;  // reads what comes before the leaf
};

// An anchor that is more than a leaf; its number is that of leaves plus its index. See AnchorPlan.
struct AnchorCode {
  std::uint32_t leaf = 0;
  std::uint32_t shift = 0;
  std::uint32_t ordered_pc = 0xFFFFFFFF;
  std::uint32_t rank = 0;
  std::uint32_t other_rank = 0;
  std::uint8_t shift_back = 0;
  std::uint8_t atom_size = 0;
  std::uint8_t written_known = 0;
  std::uint8_t unused = 0;
  std::uint8_t written[4] = {};
};

}  // namespace day::match
