// What is known of the strings of all rules in the file at hand, and how to find out more.
//
// The trigger scan tells of a few strings whether they match at all; a search tells the matches of
// those asked for, in one pass. Strings are collected with Want() and searched together, since a
// pass over the file costs far more than one more string in it. Not thread-safe.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "libs/base/bytes.h"
#include "libs/match/pattern_set.h"
#include "libs/rules/compile/state.h"

namespace day::rules::scan {

class StringFinder {
 public:
  enum class Presence : std::uint8_t { kAbsent, kPresent, kUnknown };

  explicit StringFinder(const compile::CompiledRules::State& rules);

  // Starts a file and does the trigger scan. REQUIRES: data unchanged until the next file.
  void NextFile(base::Bytes data, compile::Partition partition);

  // Triggers that fired, in no particular order.
  std::span<const match::PatternId> fired() const { return fired_; }

  // Whether the string matches, as far as known without searching.
  Presence PresenceOf(std::uint32_t string) const;
  // The matches, if known without searching.
  bool Known(std::uint32_t string) const {
    return table_.searched(string) || PresenceOf(string) == Presence::kAbsent;
  }
  // REQUIRES: Known(string).
  std::span<const match::Match> KnownMatches(std::uint32_t string) const {
    return table_.searched(string) ? table_.matches(string) : std::span<const match::Match>();
  }

  // Marks a string for the next SearchWanted(). Unwant() forgets all since `mark`.
  std::size_t wanted_mark() const { return wanted_.size(); }
  void Want(std::uint32_t string) { wanted_.push_back(string); }
  void Unwant(std::size_t mark) { wanted_.resize(mark); }
  void SearchWanted();

  // The matches; searches the rest of the string's rule along with it if need be.
  std::span<const match::Match> Matches(std::uint32_t string);
  void WantRule(std::uint32_t rule);

  // Strings whose matches were cut off at match::kMatchesMax.
  std::span<const std::uint32_t> overflowed() const { return overflowed_; }
  std::uint64_t search_count() const { return search_count_; }

 private:
  const compile::CompiledRules::State& rules_;
  base::Bytes data_;
  std::uint8_t trigger_bit_ = 0;
  std::uint32_t file_ = 0;
  // For each string 2 * file + 1 if it fired as a chain, 2 * file if it surely matches.
  std::vector<std::uint32_t> stamps_;
  std::vector<match::PatternId> fired_;
  std::vector<match::PatternId> wanted_;
  std::vector<std::uint32_t> overflowed_;
  std::uint64_t search_count_ = 0;
  match::SearchScratch scratch_;
  match::MatchTable table_;
};

}  // namespace day::rules::scan
