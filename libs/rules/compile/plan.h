// The plan of a scan: which rules to look at, for each kind of file, and what triggers them.
#pragma once

#include <functional>
#include <vector>

#include "libs/rules/compile/condition_facts.h"
#include "libs/rules/compile/keys.h"
#include "libs/rules/compile/layout.h"
#include "libs/rules/compile/triggers.h"

namespace day::rules::compile {

// Everything about one partition, ready to be written out.
struct PartitionPlan {
  std::vector<RuleMode> modes;         // one a rule
  std::vector<std::uint32_t> strings;  // the trigger set: string indices, ascending
  std::vector<PodAlways> always;
  std::vector<PodExtra> extra;      // ascending by string, then rule
  std::vector<PodKeyGroup> groups;  // tables refer to key_table and key_rules below
};

struct ScanPlan {
  PartitionPlan partitions[kPartitionCount];
  std::vector<PodKey> key_table;
  std::vector<std::uint32_t> key_rules;
};

struct PlanInput {
  const syntax::RuleSet& rules;
  const ConditionFacts& facts;
  std::vector<SizeBounds> bounds;  // one a rule
  std::function<double(std::uint32_t string)> cost;
  std::function<TextRef(std::string_view text)> intern;
};

ScanPlan MakePlan(const PlanInput& input);

}  // namespace day::rules::compile
