// What is written for a part that is an automaton, and how it is found.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "libs/match/automaton.h"
#include "libs/match/ordered.h"
#include "libs/match/yara_atoms.h"

namespace day::match {

// How a match is completed from an anchor. Plain anchors are the leaves themselves.
struct AnchorPlan {
  std::uint32_t leaf = 0;
  // Where YARA would have started: bytes from the leaf, and the instruction of its ordered program.
  std::uint32_t shift = 0;
  bool shift_back = false;
  std::uint32_t ordered_pc = kNoLeaf;
  std::uint32_t atom_size = 0;  // YARA's atom, which decides the order of its findings
  std::uint32_t rank = 0;
  // Where upper and lower case are one: the rank of the atom in another case than written, and the
  // bytes as written, where bit i of `written_known` says that byte i is a certain one.
  std::uint32_t other_rank = 0;
  std::uint8_t written_known = 0;
  std::uint8_t written[kYaraAtomSizeMax] = {};
};

// Everything about a part that is an automaton.
struct AutomatonPlan {
  Expanded expanded;
  std::vector<AnchorPlan> anchors;      // behind those of the leaves
  std::uint32_t yara_anchor_count = 0;  // the first so many of `anchors` are YARA's own atoms
  std::optional<OrderedProgram> ordered;
  // Each start is completed for itself: YARA has no atom, or none that we can use.
  bool from_start = false;
  bool order_always = false;
  PartAtoms atoms;
};

// Errors: those of Expand().
// `from_yara`: it matters where YARA starts, for reasons the tree does not show.
base::Result<AutomatonPlan> PlanAutomaton(const RegexTree& tree, std::uint32_t width,
                                          bool from_yara);
// Writes the programs as the body of `part`. REQUIRES: part.flags and part.width are set.
void WriteAutomaton(const AutomatonPlan& plan, CodeWriter& writer, PartHeader& part);

}  // namespace day::match
