// For every rule and partition: can its condition be true, and what must be in the file if it is?
//
// One walk over the condition computes, for each expression, promises of the form "if this
// expression is true (or defined, or not zero) then one of these triggers is present". `and` may
// keep the cheapest promise of its operands, `or` needs the union, `N of M` the M-N+1 cheapest; an
// expression that is strict in something undefined cannot be true. Unknown operations promise
// nothing, so the analysis is sound by construction; trigger_analysis_test.cc checks that against
// random conditions and files.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "libs/rules/compile/keys.h"
#include "libs/rules/compile/layout.h"
#include "libs/rules/compile/triggers.h"

namespace day::rules::compile {

// What is known of an expression before a file is seen.
struct Facts {
  enum class Known : std::uint8_t { kNothing, kUndefined, kInteger };

  Known known = Known::kNothing;
  std::int64_t value = 0;  // kInteger (booleans are 0 and 1)
  Triggers defined;        // promises if the value is defined,
  Triggers truthy;         // if it is defined and true as a condition,
  Triggers nonzero;        // if it is defined and not the number zero

  static Facts Integer(std::int64_t value);
  static Facts Undefined();
  bool is(std::int64_t number) const { return known == Known::kInteger && value == number; }
};

class TriggerAnalysis {
 public:
  using CostFunction = std::function<double(std::uint32_t string)>;

  // Everything is borrowed. REQUIRES: conditions at most kConditionDepthMax deep.
  TriggerAnalysis(const syntax::RuleSet& rules, const CostFunction& cost, Partition partition,
                  KeyCollector& keys)
      : rules_(rules), cost_(cost), partition_(partition), keys_(keys) {}

  // The triggers of every rule's condition (not yet those of the global rules beside it).
  std::vector<Triggers> Run();

 private:
  std::span<const std::uint32_t> Children(const syntax::Node& node) const;
  Facts Analyse(std::uint32_t node);
  // The promise of a true operand; if strings promise nothing, that it is true itself.
  Triggers OperandTrue(std::uint32_t node);
  Facts AnalyseText(const syntax::Node& node) const;
  Facts AnalyseRule(const syntax::Node& node) const;
  Facts AnalyseBoolean(const syntax::Node& node);
  Facts AnalyseString(const syntax::Node& node);
  Facts AnalyseSet(const syntax::Node& node);
  Facts AnalyseLoop(const syntax::Node& node);
  Facts AnalyseForStrings(const syntax::Node& node);
  Facts AnalyseWith(const syntax::Node& node);
  Facts AnalyseModule(std::uint32_t index);
  Facts AnalyseReadInt(const syntax::Node& node);
  Facts AnalyseComparison(const syntax::Node& node);
  Facts AnalyseTextOperation(const syntax::Node& node);
  Facts AnalyseArithmetic(const syntax::Node& node);

  // True only if every operand is defined: the cheapest of their promises.
  Triggers AllDefined(std::span<const std::uint32_t> nodes);
  Triggers StringPresent(std::uint32_t string);
  bool CanMatchAt(std::uint32_t string, const Facts& offset) const;
  Triggers Quantify(const syntax::Node& node, const Facts& quantifier, std::vector<Triggers> items);
  Facts QuantifierOf(const syntax::Node& node);
  void CompareWithConstant(const syntax::Node& node, const Facts& left, const Facts& right,
                           Triggers& truthy);
  bool GuardFails(const syntax::Node& node, const syntax::Node& left, const Facts& right);
  void CompareKeys(const syntax::Node& node, Triggers& truthy);

  const syntax::RuleSet& rules_;
  const CostFunction& cost_;
  Partition partition_;
  KeyCollector& keys_;
  std::vector<Triggers> rule_triggers_;
  std::uint32_t loop_string_ = kLoopString;
  std::vector<std::optional<Facts>> slots_ = std::vector<std::optional<Facts>>(256);
  std::uint64_t steps_ = 0;  // of the current rule
};

}  // namespace day::rules::compile
