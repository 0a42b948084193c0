// Typed views of an open blob: what the scanner reads. See layout.h for what each section holds.
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "libs/match/pattern_set.h"
#include "libs/match/regex.h"
#include "libs/rules/compile/compiled_rules.h"
#include "libs/rules/compile/layout.h"

namespace day::rules::compile {

struct CompiledRules::State {
  std::span<const PodNode> nodes;
  std::span<const PodSpan> spans;
  std::span<const std::uint32_t> children;
  std::span<const std::uint32_t> string_set_starts;
  std::span<const std::uint32_t> string_set_items;
  std::span<const std::uint32_t> rule_set_starts;
  std::span<const std::uint32_t> rule_set_items;
  std::span<const TextRef> texts;
  std::span<const std::uint32_t> regex_starts;
  std::span<const std::uint64_t> regex_code;
  std::span<const PodExternal> externals;
  std::span<const PodRule> rules;
  std::span<const TextRef> tags;
  std::span<const PodMeta> metas;
  std::span<const PodString> strings;
  std::span<const std::uint8_t> string_flags;
  std::span<const PodNamespace> namespaces;
  std::span<const std::uint32_t> globals;
  std::span<const TextRef> files;
  std::span<const PodModule> module_names;
  std::span<const std::uint8_t> rule_modes;
  std::span<const PodAlways> always;
  std::span<const PodExtra> extra_triggers;
  std::span<const PodKeyGroup> key_groups;
  std::span<const PodKey> key_table;
  std::span<const std::uint32_t> key_rules;
  std::span<const PodPartition> partitions;
  std::string_view pool;
  std::optional<match::PatternSet> patterns;
  std::vector<match::TriggerSet> triggers;  // one a partition
  std::vector<const module::Module*> modules;

  std::string_view Text(TextRef ref) const { return pool.substr(ref.offset, ref.size); }
  std::span<const std::uint32_t> Children(const PodNode& node) const {
    return children.subspan(node.children_begin, node.children_count);
  }
  std::span<const std::uint32_t> StringSet(std::uint32_t index) const {
    const std::uint32_t begin = string_set_starts[index];
    return string_set_items.subspan(begin, string_set_starts[index + 1] - begin);
  }
  std::span<const std::uint32_t> RuleSet(std::uint32_t index) const {
    const std::uint32_t begin = rule_set_starts[index];
    return rule_set_items.subspan(begin, rule_set_starts[index + 1] - begin);
  }
  match::Regex RegexOf(std::uint32_t index) const {
    const std::uint32_t begin = regex_starts[index];
    return match::Regex(regex_code.subspan(begin, regex_starts[index + 1] - begin));
  }
  RuleMode Mode(std::uint32_t rule, Partition partition) const {
    return static_cast<RuleMode>(
        rule_modes[rule * kPartitionCount + static_cast<std::size_t>(partition)]);
  }
};

}  // namespace day::rules::compile
