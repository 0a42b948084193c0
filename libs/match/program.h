// A compiled pattern, and its exact verification at an atom hit.
//
// Compile() turns one PatternSpec into parts. A part is one thing to look for: a literal, or a
// byte-level automaton. Text patterns give one part for each way the text may be written (ascii,
// wide, each base64 rotation; an xor range stays one part); hex and regex patterns give one part
// for ascii and one for wide. Patterns with jumps beyond 200 bytes are split, as YARA splits them,
// into a chain of parts with gaps between; MatchCollector joins them.
//
// A part says which atoms it can be found by; the literal filters (trigger_set.h) look for atoms,
// and for each hit PatternView::VerifyAt() says exactly which matches go through it.
//
// The code is flat and position-independent (offsets, no pointers), so it can live in a mapped
// file. It is trusted: it is only ever made by Compile() in this process or read from our own
// authenticated cache. Thread safety: immutable after compilation; scratch and collector belong to
// one caller.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "libs/base/bytes.h"
#include "libs/base/result.h"
#include "libs/match/pattern.h"

namespace day::match {

inline constexpr std::size_t kAtomSizeMax = 16;

// A window of fixed or partly fixed bytes: (data[i] & mask[i]) == value[i] for i < size. A letter
// in either case has mask 0xDF and its upper-case value; a free byte in the middle has mask 0 and
// value 0. The first and last bytes never have mask 0. `anchor` is where in its part the window
// starts (a byte offset for literals, a state for automata); it is opaque and handed back to
// VerifyAt().
struct Atom {
  std::uint8_t value[kAtomSizeMax] = {};
  std::uint8_t mask[kAtomSizeMax] = {};
  std::uint8_t size = 0;
  std::uint32_t anchor = 0;
};

// One complete way to find a part: every match of the part goes through at least one of these
// atoms.
struct AtomChoice {
  std::vector<Atom> atoms;  // at most kAtomsPerChoiceMax
};
inline constexpr std::size_t kAtomsPerChoiceMax = 256;
inline constexpr std::size_t kChoicesPerPartMax = 64;

// What the filters need to know of a part; not needed after the filters are built. No choices at
// all: no byte is required, so the part must be tried at every offset (PatternView::TryAt).
struct PartAtoms {
  std::vector<AtomChoice> choices;
};

struct CompiledPattern {
  std::vector<std::uint64_t> code;  // for PatternView
  std::vector<PartAtoms> parts;
};

// Errors: kLimit (too complex: see kStatesMax in program.cc), kMalformed (a tree that breaks its
// rules).
base::Result<CompiledPattern> Compile(const PatternSpec& spec);

// Memory reused between verifications. One a thread.
class VerifyScratch {
 public:
  VerifyScratch();
  ~VerifyScratch();
  VerifyScratch(VerifyScratch&&) noexcept;
  VerifyScratch& operator=(VerifyScratch&&) noexcept;

  // Call before each file, and before another collector is used for the same pattern: a match may
  // be added once only. Refills what may be spent where expressions are costly to follow in YARA's
  // order (ordered.h). A new scratch needs no call.
  void BeginFile();

  struct State;
  State& state() { return *state_; }

 private:
  std::unique_ptr<State> state_;
};

class PatternView;

// Collects what VerifyAt() and TryAt() find for one pattern in one file: keeps one match an offset
// by the pattern's rules (longest, shortest or first part), joins chains, stops at kMatchesMax.
// Reusable: Reset() keeps its memory.
class MatchCollector {
 public:
  void Reset();
  // For PatternView only.
  // `order`: grows in the order in which YARA would have found the matches of the part.
  void Add(std::uint32_t part, const Match& match, std::uint64_t order);
  // Joins, sorts by offset, removes duplicates. Call once, after all verifications of a file.
  void Finish(const PatternView& pattern);
  // REQUIRES: Finish() was called. Ascending offsets.
  std::span<const Match> matches() const { return matches_; }
  // More than kMatchesMax were found; the rest was dropped.
  bool overflowed() const { return overflowed_; }
  bool empty() const { return raw_.empty(); }

 private:
  struct Raw {
    Match match;
    std::uint32_t part = 0;
    std::uint64_t order = 0;
  };
  bool Replayed(std::span<const std::uint64_t> code);
  void JoinChain(std::span<const std::uint64_t> code);

  std::vector<Raw> raw_;
  std::vector<Match> matches_;
  bool overflowed_ = false;
};

// Read access to CompiledPattern::code. REQUIRES: the code outlives the view.
class PatternView {
 public:
  explicit PatternView(std::span<const std::uint64_t> code) : code_(code) {}

  std::uint32_t part_count() const;
  // True if the pattern is a chain: then only MatchCollector::Finish() knows whether it matches.
  bool chained() const;

  // An atom of `part` with that anchor was found at data[position]: adds every match of the part
  // that goes through it to `out`. Exact: modifiers (fullword, wide, xor, fixed offset) included.
  // Returns true if at least one was added. REQUIRES: the window really matches there.
  bool VerifyAt(std::uint32_t part, std::uint32_t anchor, base::Bytes data, std::uint64_t position,
                VerifyScratch& scratch, MatchCollector& out) const;

  // Adds the match of `part` that starts at data[offset], if there is one. For parts without atoms,
  // and the reference for VerifyAt(). offset may equal data.size() only as YARA allows it.
  bool TryAt(std::uint32_t part, base::Bytes data, std::uint64_t offset, VerifyScratch& scratch,
             MatchCollector& out) const;

 private:
  friend class MatchCollector;
  std::span<const std::uint64_t> code_;
};

}  // namespace day::match
