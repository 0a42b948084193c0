// Keys: triggers of the form "this module value equals this constant", answered by one hash join.
//
// 931 rules that each loop over a file's certificates for one serial number become one walk over
// the certificates and a lookup each; likewise import hashes and hashes of the whole file.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "libs/rules/compile/layout.h"
#include "libs/rules/compile/triggers.h"

namespace day::rules::compile {

// One module value that rules compare with constants.
struct KeyGroup {
  PodKeyGroup pod;        // node, module, field, arrays; the rest is filled in for each partition
  bool is_truth = false;  // of FindTruth()
  double cost = 0;
};

struct Key {
  std::uint32_t group = 0;
  std::string text;
};

// Collects keys over all rules and partitions. Deterministic: numbered in order of first use.
class KeyCollector {
 public:
  explicit KeyCollector(const syntax::RuleSet& rules) : rules_(rules) {}

  // The trigger "`node` (a kField or kCall of type string) equals `text`", or nothing if its value
  // cannot be found without the rest of the condition.
  std::optional<Triggers> Find(std::uint32_t node, const std::string& text);

  // The trigger "`node` is true", or nothing if that cannot be told, or not cheaply, from the
  // file's header and metadata alone: the node looks at strings, rules, loop variables or the whole
  // file.
  std::optional<Triggers> FindTruth(std::uint32_t node);

  const std::vector<KeyGroup>& groups() const { return groups_; }
  const std::vector<Key>& keys() const { return keys_; }

 private:
  std::optional<std::uint32_t> GroupOf(std::uint32_t node);
  std::uint32_t AddGroup(std::string name, const KeyGroup& group);
  Triggers AddKey(std::uint32_t group, const std::string& text);
  bool Describe(std::uint32_t node, std::string& text) const;
  double TruthCost(std::uint32_t node) const;
  double ComparisonCost(const syntax::Node& node) const;
  std::optional<std::string> ConstantOperands(const syntax::Node& node) const;

  const syntax::RuleSet& rules_;
  std::vector<KeyGroup> groups_;
  std::vector<Key> keys_;
  std::map<std::string, std::uint32_t> group_ids_;
  std::map<std::pair<std::uint32_t, std::string>, std::uint32_t> key_ids_;
};

// Whether a call may read the whole file (or speaks), so that it is only made when nothing else is
// left.
bool IsCostlyCall(const module::Module& module);

// Where field `id` of a module lies: the ids of the arrays around it, outermost first. Nothing if
// it lies in a dictionary, or deeper than kKeyDepthMax.
std::optional<std::vector<std::uint16_t>> ArraysAround(const module::Field& root, std::uint16_t id);

// A hash of everything conditions were compiled against: names, kinds, ids.
std::uint64_t SchemaHash(const module::Module& module);

}  // namespace day::rules::compile
