// What is known of each rule's condition for the file at hand. A rule nobody spoke of is false.
// Starting a new file costs nothing: entries carry the number of the file they were written for.
#pragma once

#include <cstdint>
#include <vector>

#include "libs/rules/scan/value.h"

namespace day::rules::scan {

class RuleTable {
 public:
  explicit RuleTable(std::size_t rule_count) : entries_(rule_count) {}

  void NextFile() {
    if (++file_ == 0) {
      entries_.assign(entries_.size(), Entry());
      file_ = 1;
    }
  }
  // True the first time for a file: the rule is now a candidate, its value unknown.
  bool MakeCandidate(std::uint32_t rule) {
    if (entries_[rule].file == file_) {
      return false;
    }
    entries_[rule] = {.file = file_, .state = State::kUnknown};
    return true;
  }
  void Set(std::uint32_t rule, bool value) {
    entries_[rule] = {.file = file_, .state = value ? State::kTrue : State::kFalse};
  }
  bool unknown(std::uint32_t rule) const {
    return entries_[rule].file == file_ && entries_[rule].state == State::kUnknown;
  }
  bool is_true(std::uint32_t rule) const {
    return entries_[rule].file == file_ && entries_[rule].state == State::kTrue;
  }
  Value Get(std::uint32_t rule) const {
    return unknown(rule) ? Value::Unknown() : Value::Boolean(is_true(rule));
  }

 private:
  enum class State : std::uint32_t { kFalse, kUnknown, kTrue };
  struct Entry {
    std::uint32_t file = 0;
    State state = State::kFalse;
  };

  std::vector<Entry> entries_;
  std::uint32_t file_ = 0;
};

}  // namespace day::rules::scan
