// CompiledRules::Build(): from the front end's RuleSet to the flat blob of layout.h.
#include <algorithm>
#include <bit>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>

#include "libs/match/pattern_set.h"
#include "libs/match/regex.h"
#include "libs/rules/compile/blob_writer.h"
#include "libs/rules/compile/compiled_rules.h"
#include "libs/rules/compile/condition_facts.h"
#include "libs/rules/compile/keys.h"
#include "libs/rules/compile/plan.h"

namespace day::rules::compile {
namespace {

using syntax::RuleSet;

std::uint32_t Size32(std::size_t size) { return static_cast<std::uint32_t>(size); }

// All rows of `tables`, and where each begins.
struct FlatTable {
  std::vector<std::uint32_t> starts;
  std::vector<std::uint32_t> items;
};

FlatTable Flatten(const std::vector<std::vector<std::uint32_t>>& tables) {
  FlatTable flat;
  for (const std::vector<std::uint32_t>& table : tables) {
    flat.starts.push_back(Size32(flat.items.size()));
    flat.items.insert(flat.items.end(), table.begin(), table.end());
  }
  flat.starts.push_back(Size32(flat.items.size()));
  return flat;
}

class Builder {
 public:
  explicit Builder(const RuleSet& rules) : rules_(rules) {}

  base::Result<std::string> Run() {
    DAY_TRY_ASSIGN(facts_, FindConditionFacts(rules_));
    DAY_TRY(PutPatterns());
    DAY_TRY(PutRegexes());
    PutNodes();
    PutSets();
    PutExternals();
    PutNames();
    PutRules();
    DAY_TRY(PutPlan());
    if (pool_.overflowed()) {
      return base::MakeError(base::ErrorKind::kLimit, "the rules hold more than 4 GiB of text");
    }
    writer_.Put(Section::kPool, pool_.bytes());
    return writer_.Finish();
  }

 private:
  base::Status PutPatterns() {
    for (const syntax::StringDeclaration& string : rules_.strings) {
      auto added = patterns_.Add(string.pattern);
      if (!added.ok()) {
        const base::Error& error = added.error();
        return base::MakeError(error.kind,
                               "rule \"" + rules_.rules[string.rule].identifier + "\", string " +
                                   string.identifier + ": " + error.message,
                               error.offset);
      }
    }
    writer_.Put(Section::kPatterns, patterns_.Serialize());
    return base::OkStatus();
  }

  base::Status PutRegexes() {
    std::vector<std::uint32_t> starts = {0};
    std::vector<std::uint64_t> code;
    for (const syntax::CompiledRegexSource& regex : rules_.regexes) {
      DAY_TRY_ASSIGN(const std::vector<std::uint64_t> one, match::Regex::Compile(regex.tree));
      code.insert(code.end(), one.begin(), one.end());
      starts.push_back(Size32(code.size()));
    }
    writer_.Put(Section::kRegexStarts, starts);
    writer_.Put(Section::kRegexCode, code);
    return base::OkStatus();
  }

  void PutNodes() {
    children_ = rules_.children;
    for (std::uint32_t i = 0; i < rules_.nodes.size(); ++i) {
      const syntax::Node& node = rules_.nodes[i];
      PodNode pod;
      pod.op = node.op;
      pod.type = node.type;
      pod.quantifier = node.quantifier;
      pod.slot_first = node.slot_first;
      pod.index = node.index;
      pod.children_begin = node.children_begin;
      pod.children_count = node.children_count;
      pod.value = node.op == Op::kFloat ? std::bit_cast<std::int64_t>(node.real) : node.value;
      pod.module = node.module;
      pod.field = node.field;
      if (node.op == Op::kForArray || node.op == Op::kForDict) {
        // The front end says 1 for elements that are values, with their field id as index.
        pod.flags = node.value != 0 ? kNodeLeafItem : 0;
        pod.value = node.index;
      }
      if (node.op == Op::kCall && !IsCostlyCall(*rules_.modules[node.module])) {
        pod.flags |= kNodeCheapCall;
      }
      nodes_.push_back(pod);
      spans_.push_back({.line = node.span.line,
                        .column = node.span.column,
                        .begin_offset = node.span.begin_offset,
                        .end_offset = node.span.end_offset});
      if (node.op == Op::kAnd || node.op == Op::kOr) {
        SortOperands(i);
      }
    }
  }

  // Cheap operands first. Nobody can tell, since `and` and `or` read undefined as false, unless an
  // operand prints, or the value of `or` is that of a number (and a loop then adds it up).
  void SortOperands(std::uint32_t index) {
    const syntax::Node& node = rules_.nodes[index];
    const auto begin = children_.begin() + static_cast<std::ptrdiff_t>(node.children_begin);
    const auto end = begin + static_cast<std::ptrdiff_t>(node.children_count);
    const bool numbers = std::any_of(begin, end, [&](std::uint32_t child) {
      return rules_.nodes[child].type != Type::kBoolean;
    });
    if (facts_.side_effects[index] || (node.op == Op::kOr && numbers)) {
      return;
    }
    std::stable_sort(begin, end, [&](std::uint32_t a, std::uint32_t b) {
      return facts_.cost[a] < facts_.cost[b];
    });
  }

  void PutSets() {
    const FlatTable strings = Flatten(rules_.string_sets);
    writer_.Put(Section::kStringSetStarts, strings.starts);
    writer_.Put(Section::kStringSetItems, strings.items);
    const FlatTable rules = Flatten(rules_.rule_sets);
    writer_.Put(Section::kRuleSetStarts, rules.starts);
    writer_.Put(Section::kRuleSetItems, rules.items);
  }

  void PutExternals() {
    std::vector<PodExternal> externals;
    for (const syntax::External& external : rules_.externals) {
      PodExternal pod;
      pod.identifier = pool_.Add(external.identifier);
      pod.alternative = Size32(external.value.index());
      std::visit(
          [&](const auto& value) {
            using Value = std::decay_t<decltype(value)>;
            if constexpr (std::is_same_v<Value, std::string>) {
              pod.text = pool_.Add(value);
            } else if constexpr (std::is_same_v<Value, double>) {
              pod.value = std::bit_cast<std::int64_t>(value);
            } else {
              pod.value = static_cast<std::int64_t>(value);
            }
          },
          external.value);
      externals.push_back(pod);
    }
    writer_.Put(Section::kExternals, externals);
  }

  void PutNames() {
    std::vector<TextRef> texts;
    for (const std::string& text : rules_.texts) {
      texts.push_back(pool_.Add(text));
    }
    writer_.Put(Section::kTexts, texts);
    std::vector<TextRef> files;
    for (const syntax::SourceFile& file : rules_.files) {
      files.push_back(pool_.Add(file.path));
    }
    writer_.Put(Section::kFiles, files);
    std::vector<PodModule> modules;
    for (const module::Module* module : rules_.modules) {
      modules.push_back({.name = pool_.Add(module->name()), .schema_hash = SchemaHash(*module)});
    }
    writer_.Put(Section::kModules, modules);
    std::vector<PodNamespace> namespaces;
    std::vector<std::uint32_t> globals;
    for (std::uint32_t ns = 0; ns < rules_.namespaces.size(); ++ns) {
      PodNamespace pod;
      pod.name = pool_.Add(rules_.namespaces[ns]);
      pod.globals_begin = Size32(globals.size());
      for (std::uint32_t rule = 0; rule < rules_.rules.size(); ++rule) {
        if (rules_.rules[rule].is_global && rules_.rules[rule].name_space == ns) {
          globals.push_back(rule);
        }
      }
      pod.globals_count = Size32(globals.size()) - pod.globals_begin;
      namespaces.push_back(pod);
    }
    writer_.Put(Section::kNamespaces, namespaces);
    writer_.Put(Section::kGlobals, globals);
  }

  PodMeta MetaOf(const syntax::MetaEntry& meta) {
    PodMeta pod;
    pod.key = pool_.Add(meta.key);
    pod.alternative = Size32(meta.value.index());
    std::visit(
        [&](const auto& value) {
          if constexpr (std::is_same_v<std::decay_t<decltype(value)>, std::string>) {
            pod.text = pool_.Add(value);
          } else {
            pod.value = static_cast<std::int64_t>(value);
          }
        },
        meta.value);
    return pod;
  }

  PodRule RuleOf(const syntax::Rule& rule) {
    PodRule pod;
    pod.identifier = pool_.Add(rule.identifier);
    pod.name_space = rule.name_space;
    pod.file = rule.span.file;
    pod.line = rule.span.line;
    pod.condition = rule.condition;
    pod.strings_begin = rule.strings_begin;
    pod.strings_count = rule.strings_count;
    pod.filesize_min = 0;
    pod.filesize_max = std::numeric_limits<std::uint64_t>::max();
    pod.flags = static_cast<std::uint8_t>((rule.is_private ? kRulePrivate : 0) |
                                          (rule.is_global ? kRuleGlobal : 0));
    if (facts_.side_effects[rule.condition]) {
      pod.flags |= kRuleSideEffects;
      if (facts_.required_strings[rule.condition] > 0) {
        pod.flags |= kRuleNeedsString;
      }
    } else {
      const SizeBounds bounds = FindSizeBounds(rules_, rule.condition);
      pod.filesize_min = bounds.min;
      pod.filesize_max = bounds.max;
    }
    return pod;
  }

  void PutRules() {
    std::vector<PodRule> rules;
    std::vector<TextRef> tags;
    std::vector<PodMeta> metas;
    for (const syntax::Rule& rule : rules_.rules) {
      PodRule pod = RuleOf(rule);
      pod.tags_begin = Size32(tags.size());
      pod.tags_count = Size32(rule.tags.size());
      for (const std::string& tag : rule.tags) {
        tags.push_back(pool_.Add(tag));
      }
      pod.metas_begin = Size32(metas.size());
      pod.metas_count = Size32(rule.metas.size());
      for (const syntax::MetaEntry& meta : rule.metas) {
        metas.push_back(MetaOf(meta));
      }
      bounds_.push_back({.min = pod.filesize_min, .max = pod.filesize_max});
      rules.push_back(pod);
    }
    const std::vector<bool> single_match = FindSingleMatchStrings(rules_);
    std::vector<PodString> strings;
    for (const syntax::StringDeclaration& string : rules_.strings) {
      strings.push_back({.identifier = pool_.Add(string.identifier),
                         .rule = string.rule,
                         .kind = static_cast<std::uint8_t>(string.pattern.kind),
                         .is_private = string.is_private,
                         .is_xor = string.pattern.xor_range.has_value(),
                         .is_single_match = single_match[strings.size()]});
    }
    writer_.Put(Section::kRules, rules);
    writer_.Put(Section::kTags, tags);
    writer_.Put(Section::kMetas, metas);
    writer_.Put(Section::kStrings, strings);
  }

  base::Status PutPlan() {
    const ScanPlan plan = MakePlan({
        .rules = rules_,
        .facts = facts_,
        .bounds = bounds_,
        .cost = [this](std::uint32_t string) { return patterns_.Cost(string); },
        .intern = [this](std::string_view text) { return pool_.Add(text); },
    });
    std::vector<PodPartition> partitions;
    std::vector<PodAlways> always;
    std::vector<PodExtra> extra;
    std::vector<PodKeyGroup> groups;
    std::string modes(rules_.rules.size() * kPartitionCount, '\0');
    std::string flags(rules_.strings.size(), '\0');
    for (std::size_t p = 0; p < kPartitionCount; ++p) {
      const PartitionPlan& part = plan.partitions[p];
      partitions.push_back({.always_begin = Size32(always.size()),
                            .always_count = Size32(part.always.size()),
                            .extra_begin = Size32(extra.size()),
                            .extra_count = Size32(part.extra.size()),
                            .groups_begin = Size32(groups.size()),
                            .groups_count = Size32(part.groups.size())});
      always.insert(always.end(), part.always.begin(), part.always.end());
      extra.insert(extra.end(), part.extra.begin(), part.extra.end());
      groups.insert(groups.end(), part.groups.begin(), part.groups.end());
      for (std::size_t rule = 0; rule < part.modes.size(); ++rule) {
        modes[rule * kPartitionCount + p] = static_cast<char>(part.modes[rule]);
      }
      MarkStrings(part, p, flags);
      DAY_TRY_ASSIGN(std::string triggers, patterns_.BuildTriggers(part.strings));
      writer_.Put(static_cast<Section>(static_cast<std::size_t>(Section::kTriggersPe) + p),
                  std::move(triggers));
    }
    writer_.Put(Section::kNodes, nodes_);
    writer_.Put(Section::kSpans, spans_);
    writer_.Put(Section::kChildren, children_);
    writer_.Put(Section::kRuleModes, std::move(modes));
    writer_.Put(Section::kStringFlags, std::move(flags));
    writer_.Put(Section::kPartitions, partitions);
    writer_.Put(Section::kAlways, always);
    writer_.Put(Section::kExtraTriggers, extra);
    writer_.Put(Section::kKeyGroups, groups);
    writer_.Put(Section::kKeyTable, plan.key_table);
    writer_.Put(Section::kKeyRules, plan.key_rules);
    return base::OkStatus();
  }

  static void MarkStrings(const PartitionPlan& part, std::size_t partition, std::string& flags) {
    const auto mark = [&flags](std::uint32_t string, std::size_t bit) {
      flags[string] = static_cast<char>(static_cast<unsigned char>(flags[string]) | (1u << bit));
    };
    for (const std::uint32_t string : part.strings) {
      mark(string, partition);
    }
    for (const PodExtra& extra : part.extra) {
      mark(extra.string, static_cast<std::size_t>(kStringExtraShift) + partition);
    }
  }

  const RuleSet& rules_;
  ConditionFacts facts_;
  match::PatternSetBuilder patterns_;
  TextPool pool_;
  BlobWriter writer_;
  std::vector<PodNode> nodes_;
  std::vector<PodSpan> spans_;
  std::vector<std::uint32_t> children_;
  std::vector<SizeBounds> bounds_;
};

}  // namespace

base::Result<std::string> CompiledRules::Build(const RuleSet& rules) {
  return Builder(rules).Run();
}

}  // namespace day::rules::compile
