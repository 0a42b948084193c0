// All patterns of a rule set, the first pass over a file (triggers), and the second search.
//
// Life of a file: TriggerSet::Scan() says which of a chosen few patterns match (its work decides
// the scanner's speed); whoever asks then calls PatternSet::Search() once with every pattern whose
// matches are needed, and reads them from the MatchTable.
//
// Both sets are flat blobs that live in a mapped file. They are trusted (our own authenticated
// cache). Thread safety: sets are immutable; SearchScratch and MatchTable belong to one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "libs/base/bytes.h"
#include "libs/base/result.h"
#include "libs/match/pattern.h"
#include "libs/match/program.h"

namespace day::match {

using PatternId = std::uint32_t;  // dense, in order of Add()

// Scratch memory of searches, reused from file to file; nothing in it needs clearing by the caller.
class SearchScratch {
 public:
  SearchScratch();
  ~SearchScratch();
  SearchScratch(const SearchScratch&) = delete;
  SearchScratch& operator=(const SearchScratch&) = delete;

  struct State;
  State& state() { return *state_; }

 private:
  std::unique_ptr<State> state_;
};

// The matches of one file, by pattern. Clear() is as cheap as what was searched.
class MatchTable {
 public:
  MatchTable();
  ~MatchTable();
  // Starts a new file; pattern_count as PatternSet says.
  void Reset(std::uint32_t pattern_count);
  // Whether Search() was asked for this pattern since Reset().
  bool searched(PatternId id) const;
  // Ascending offsets. REQUIRES: searched(id).
  std::span<const Match> matches(PatternId id) const;
  // The pattern has more than kMatchesMax matches.
  bool overflowed(PatternId id) const;

  struct State;
  State& state() { return *state_; }

 private:
  std::unique_ptr<State> state_;
};

class PatternSet {
 public:
  // REQUIRES: blob made by PatternSetBuilder::Serialize(), 64-byte aligned, outliving the set.
  static base::Result<PatternSet> Open(base::Bytes blob);

  std::uint32_t size() const;
  PatternView pattern(PatternId id) const;
  // Where the pattern is looked for alone; the largest number if anywhere.
  std::uint64_t fixed_offset(PatternId id) const;

  // Finds every match of all `ids` (those already searched in `table` are skipped) in one pass.
  void Search(std::span<const PatternId> ids, base::Bytes data, SearchScratch& scratch,
              MatchTable& table) const;

 private:
  friend class TriggerSet;  // whose index is over the same atoms
  struct Header;
  // Shared so that a PatternSet copies cheaply; the arrays lie in the blob.
  std::shared_ptr<const Header> header_;
};

// A subset of patterns, prepared for the first pass over every file.
class TriggerSet {
 public:
  TriggerSet();
  ~TriggerSet();
  TriggerSet(TriggerSet&&) noexcept;
  TriggerSet& operator=(TriggerSet&&) noexcept;

  // REQUIRES: blob made by PatternSetBuilder::BuildTriggers() of the builder that made `set`,
  // 64-byte aligned; both outlive the TriggerSet.
  static base::Result<TriggerSet> Open(base::Bytes blob, const PatternSet* set);

  // Appends to `matched`, once each and in no particular order, the id of every pattern of the set
  // that matches in `data`. Exact (each is verified), except that a chained pattern is reported
  // when its cheapest part matches.
  void Scan(base::Bytes data, SearchScratch& scratch, std::vector<PatternId>& matched) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

class PatternSetBuilder {
 public:
  PatternSetBuilder();
  ~PatternSetBuilder();

  // Compiles and adds a pattern. Errors: those of Compile().
  base::Result<PatternId> Add(const PatternSpec& spec);

  // Expected atom hits per MiB of benign data for the cheapest way to find the pattern in a first
  // pass, fixed work included; what trigger selection minimises. Large (>= 1e6) for patterns to be
  // tried at every offset.
  double Cost(PatternId id) const;
  // The atoms that would be used, for cost reports: "6A 40 68 00 30 00 00" per atom.
  std::vector<std::string> AtomTexts(PatternId id) const;

  // The blob of a TriggerSet over these patterns. Deterministic.
  base::Result<std::string> BuildTriggers(std::span<const PatternId> ids) const;
  // The blob of a PatternSet. Deterministic.
  std::string Serialize() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace day::match
