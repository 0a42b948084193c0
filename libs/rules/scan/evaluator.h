// Evaluates conditions for one file, with the semantics of libyara 4.5.8 (libyara/exec.c), its
// conversions of numbers and its arithmetic of undefined values included.
//
// With Effort::kCheap nothing is searched and no costly function is called: whatever would need
// that is Value::Unknown(), and the strings it would have searched are handed to
// StringFinder::Want(). Every answer but unknown is the one kFull gives. Recursion is bounded by
// compile::kConditionDepthMax, loops by the deadline. Not thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "libs/base/bytes.h"
#include "libs/rules/compile/state.h"
#include "libs/rules/scan/deadline.h"
#include "libs/rules/scan/loop_tally.h"
#include "libs/rules/scan/module_set.h"
#include "libs/rules/scan/rule_table.h"
#include "libs/rules/scan/string_finder.h"
#include "libs/rules/scan/value.h"

namespace day::rules::scan {

enum class Effort : std::uint8_t { kCheap, kFull };

// Values of the external variables, by index.
using ExternalValue = std::variant<std::int64_t, double, bool, std::string>;

class Evaluator {
 public:
  // Everything is borrowed for the evaluator's life.
  Evaluator(const compile::CompiledRules::State& rules, StringFinder& strings, ModuleSet& modules,
            const RuleTable& rule_values, const std::vector<ExternalValue>& externals,
            Deadline& deadline)
      : rules_(rules),
        strings_(strings),
        modules_(modules),
        rule_values_(rule_values),
        externals_(externals),
        deadline_(deadline) {}

  void NextFile(base::Bytes data) {
    data_ = data;
    entry_point_known_ = false;
  }
  void set_effort(Effort effort) { effort_ = effort; }

  Value Evaluate(std::uint32_t node);

  // For explain: calls visit(value of the body) after each iteration of one loop, with the loop's
  // variables still set. Borrowed; null: nobody watches.
  struct LoopWatch {
    const compile::PodNode* loop = nullptr;
    std::function<void(Value body)> visit;
  };
  const LoopWatch* Watch(const LoopWatch* watch) { return std::exchange(watch_, watch); }
  Value variable(std::uint8_t slot) const { return slots_[slot]; }
  std::uint32_t loop_string() const { return loop_string_; }

  // Every value of a key group's field below its arrays, each handed to `visit(text)`.
  template <typename Visit>
  void VisitElements(const compile::PodKeyGroup& group, Visit visit);

 private:
  enum class Truth : std::uint8_t { kFalse, kTrue, kUnknown };
  struct Path;

  bool cheap() const { return effort_ == Effort::kCheap; }
  static Truth TruthOf(Value value) {
    return value.unknown() ? Truth::kUnknown : value.IsTrue() ? Truth::kTrue : Truth::kFalse;
  }

  Value AndOr(const compile::PodNode& node);
  Value Not(const compile::PodNode& node);
  Value Defined(const compile::PodNode& node);
  Value Compare(const compile::PodNode& node);
  Value TextOperation(const compile::PodNode& node);
  Value RegexMatches(const compile::PodNode& node);
  Value Unary(const compile::PodNode& node);
  Value Arithmetic(const compile::PodNode& node);
  Value ReadInteger(const compile::PodNode& node);
  Value EntryPoint();
  Value External(std::uint32_t index) const;
  // A rule's value. Rules are decided in order, so only a rule that names itself is still open in a
  // full evaluation, and that reads as false.
  Value RuleValue(std::uint32_t rule) const {
    const Value value = rule_values_.Get(rule);
    return value.unknown() && !cheap() ? Value::Boolean(false) : value;
  }

  std::uint32_t Resolve(std::uint32_t string) const {
    return string == compile::kLoopString ? loop_string_ : string;
  }
  // The matches, or nothing if they are unknown (then wanted).
  std::optional<std::span<const match::Match>> MatchesOf(std::uint32_t string);
  Truth IsMatched(std::uint32_t string);
  Truth IsMatchedIn(std::uint32_t string, Value low, Value high);
  Value MatchedAt(const compile::PodNode& node);
  Value MatchedIn(const compile::PodNode& node);
  Value Count(const compile::PodNode& node);
  Value OffsetOrLength(const compile::PodNode& node);

  Value Quantifier(const compile::PodNode& node);
  Value Of(const compile::PodNode& node);
  Value OfItems(const compile::PodNode& node, Value quantifier, Value low, Value high);
  LoopTally StartLoop(Value quantifier, std::uint32_t body) const;
  bool Iterate(const compile::PodNode& loop, std::uint32_t body, LoopTally& tally);
  Value ForStrings(const compile::PodNode& node);
  Value ForRange(const compile::PodNode& node);
  Value ForList(const compile::PodNode& node);
  Value ForArray(const compile::PodNode& node);
  Value With(const compile::PodNode& node);
  // In a cheap evaluation, when the items of a loop are not known: what would its body search?
  Value WantBody(const compile::PodNode& node, std::uint32_t body);

  bool ReadPath(std::span<const std::uint32_t> children, Path& path);
  Value Field(const compile::PodNode& node);
  Value Call(const compile::PodNode& node);

  const compile::CompiledRules::State& rules_;
  StringFinder& strings_;
  ModuleSet& modules_;
  const RuleTable& rule_values_;
  const std::vector<ExternalValue>& externals_;
  Deadline& deadline_;
  base::Bytes data_;
  Effort effort_ = Effort::kFull;
  std::uint32_t loop_string_ = compile::kLoopString;
  const LoopWatch* watch_ = nullptr;
  std::array<Value, 256> slots_;
  bool entry_point_known_ = false;
  Value entry_point_;
};

template <typename Visit>
void Evaluator::VisitElements(const compile::PodKeyGroup& group, Visit visit) {
  module::Instance& instance = modules_.Get(group.module);
  std::array<module::Index, compile::kKeyDepthMax> indices;
  const std::uint64_t outer = instance.Length(group.arrays[0], {}).value_or(0);
  for (std::uint64_t i = 0; i < outer && !deadline_.Step(); ++i) {
    indices[0].number = static_cast<std::int64_t>(i);
    if (group.arrays_count == 1) {
      visit(instance.Get(group.field, std::span(indices).first(1)));
      continue;
    }
    const std::uint64_t inner =
        instance.Length(group.arrays[1], std::span(indices).first(1)).value_or(0);
    for (std::uint64_t j = 0; j < inner && !deadline_.Step(); ++j) {
      indices[1].number = static_cast<std::int64_t>(j);
      visit(instance.Get(group.field, std::span(indices).first(2)));
    }
  }
}

}  // namespace day::rules::scan
