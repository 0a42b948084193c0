#include "libs/rules/compile/plan.h"

#include <algorithm>
#include <bit>
#include <map>

#include "libs/rules/compile/trigger_analysis.h"

namespace day::rules::compile {
namespace {

// Rules by key group and constant, for one partition.
struct GroupRules {
  std::map<std::string, std::vector<std::uint32_t>> by_text;
  SizeBounds bounds = {.min = std::numeric_limits<std::uint64_t>::max(), .max = 0};
};

class PartitionPlanner {
 public:
  PartitionPlanner(const PlanInput& input, const KeyCollector& keys, Partition partition,
                   ScanPlan& plan)
      : input_(input),
        keys_(keys),
        plan_(plan),
        out_(plan.partitions[static_cast<std::size_t>(partition)]) {}

  void Run(const std::vector<Triggers>& triggers) {
    out_.modes.assign(input_.rules.rules.size(), RuleMode::kNever);
    const std::vector<bool> dead = DeadNamespaces(triggers);
    for (std::uint32_t rule = 0; rule < triggers.size(); ++rule) {
      const bool speaks = input_.facts.side_effects[input_.rules.rules[rule].condition];
      if (speaks || (triggers[rule].always && !dead[input_.rules.rules[rule].name_space])) {
        AddAlways(rule, speaks);
      } else if (!triggers[rule].never() && !dead[input_.rules.rules[rule].name_space]) {
        AddTriggered(rule, triggers[rule]);
      }
    }
    std::sort(out_.strings.begin(), out_.strings.end());
    out_.strings.erase(std::unique(out_.strings.begin(), out_.strings.end()), out_.strings.end());
    WriteGroups();
  }

 private:
  // Namespaces with a global rule that cannot be true: none of their rules can match.
  std::vector<bool> DeadNamespaces(const std::vector<Triggers>& triggers) const {
    std::vector<bool> dead(input_.rules.namespaces.size(), false);
    for (std::uint32_t rule = 0; rule < triggers.size(); ++rule) {
      if (input_.rules.rules[rule].is_global && triggers[rule].never()) {
        dead[input_.rules.rules[rule].name_space] = true;
      }
    }
    return dead;
  }

  void AddAlways(std::uint32_t rule, bool speaks) {
    out_.modes[rule] = RuleMode::kAlways;
    const SizeBounds bounds = speaks ? SizeBounds() : input_.bounds[rule];
    out_.always.push_back(
        {.rule = rule, .reserved = 0, .filesize_min = bounds.min, .filesize_max = bounds.max});
  }

  void AddTriggered(std::uint32_t rule, const Triggers& triggers) {
    out_.modes[rule] = RuleMode::kTriggered;
    std::vector<TriggerId> ids = triggers.ids;
    std::sort(ids.begin(), ids.end());
    ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
    for (const TriggerId id : ids) {
      if ((id & kKeyBit) == 0) {
        out_.strings.push_back(id);
        if (input_.rules.strings[id].rule != rule) {
          out_.extra.push_back({.string = id, .rule = rule});
        }
        continue;
      }
      const Key& key = keys_.keys()[id & ~kKeyBit];
      GroupRules& group = groups_[key.group];
      group.by_text[key.text].push_back(rule);
      group.bounds.min = std::min(group.bounds.min, input_.bounds[rule].min);
      group.bounds.max = std::max(group.bounds.max, input_.bounds[rule].max);
    }
  }

  // One entry without a table: the rules that need the expression to be true.
  void WriteTruth(PodKeyGroup& pod, const std::vector<std::uint32_t>& rules) {
    plan_.key_table.push_back({.hash = 0,
                               .text = {},
                               .rules_begin = static_cast<std::uint32_t>(plan_.key_rules.size()),
                               .rules_count = static_cast<std::uint32_t>(rules.size())});
    plan_.key_rules.insert(plan_.key_rules.end(), rules.begin(), rules.end());
    out_.groups.push_back(pod);
  }

  void WriteGroups() {
    std::sort(out_.extra.begin(), out_.extra.end(), [](const PodExtra& a, const PodExtra& b) {
      return a.string != b.string ? a.string < b.string : a.rule < b.rule;
    });
    for (const auto& [index, group] : groups_) {
      PodKeyGroup pod = keys_.groups()[index].pod;
      pod.table_begin = static_cast<std::uint32_t>(plan_.key_table.size());
      pod.filesize_min = group.bounds.min;
      pod.filesize_max = group.bounds.max;
      if (keys_.groups()[index].is_truth) {
        WriteTruth(pod, group.by_text.begin()->second);
        continue;
      }
      pod.table_size = static_cast<std::uint32_t>(std::bit_ceil(group.by_text.size() * 2));
      plan_.key_table.resize(plan_.key_table.size() + pod.table_size);
      for (const auto& [text, rules] : group.by_text) {
        InsertKey(pod, text, rules);
      }
      out_.groups.push_back(pod);
    }
  }

  void InsertKey(const PodKeyGroup& pod, const std::string& text,
                 const std::vector<std::uint32_t>& rules) {
    const std::uint64_t hash = HashBytes(base::AsBytes(text));
    std::uint32_t slot = static_cast<std::uint32_t>(hash) & (pod.table_size - 1);
    while (plan_.key_table[pod.table_begin + slot].rules_count != 0) {
      slot = (slot + 1) & (pod.table_size - 1);
    }
    plan_.key_table[pod.table_begin + slot] = {
        .hash = hash,
        .text = input_.intern(text),
        .rules_begin = static_cast<std::uint32_t>(plan_.key_rules.size()),
        .rules_count = static_cast<std::uint32_t>(rules.size())};
    plan_.key_rules.insert(plan_.key_rules.end(), rules.begin(), rules.end());
  }

  const PlanInput& input_;
  const KeyCollector& keys_;
  ScanPlan& plan_;
  PartitionPlan& out_;
  std::map<std::uint32_t, GroupRules> groups_;
};

}  // namespace

ScanPlan MakePlan(const PlanInput& input) {
  ScanPlan plan;
  KeyCollector keys(input.rules);
  for (const Partition partition : {Partition::kPe, Partition::kElf, Partition::kRest}) {
    const std::vector<Triggers> triggers =
        TriggerAnalysis(input.rules, input.cost, partition, keys).Run();
    PartitionPlanner(input, keys, partition, plan).Run(triggers);
  }
  return plan;
}

}  // namespace day::rules::compile
