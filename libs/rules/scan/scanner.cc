#include "libs/rules/scan/scanner.h"

#include <algorithm>
#include <utility>

#include "libs/rules/scan/state.h"

namespace day::rules::scan {

using compile::Partition;
using compile::PodKey;
using compile::PodKeyGroup;
using compile::PodRule;
using compile::RuleMode;

namespace {

// Adds the processor time of a scope to a counter, if there is one.
class Stopwatch {
 public:
  explicit Stopwatch(std::uint64_t* total)
      : total_(total), begin_(total != nullptr ? Deadline::ThreadTimeNs() : 0) {}
  ~Stopwatch() {
    if (total_ != nullptr) {
      *total_ += Deadline::ThreadTimeNs() - begin_;
    }
  }
  Stopwatch(const Stopwatch&) = delete;
  Stopwatch& operator=(const Stopwatch&) = delete;

 private:
  std::uint64_t* total_;
  std::uint64_t begin_;
};

std::vector<ExternalValue> InitialExternals(const compile::CompiledRules& rules) {
  std::vector<ExternalValue> values;
  for (const syntax::External& external : rules.externals()) {
    values.push_back(external.value);
  }
  return values;
}

}  // namespace

Scanner::State::State(const compile::CompiledRules::State& compiled)
    : rules(compiled),
      strings(compiled),
      modules(compiled),
      values(compiled.rules.size()),
      evaluator(compiled, strings, modules, values, externals, deadline) {}

void Scanner::State::Begin(base::Bytes file, const ScanOptions& options) {
  deadline.Start(options.timeout_ms);
  data = file;
  partition = compile::PartitionOf(file);
  candidates.clear();
  open.clear();
  matching.clear();
  all_searched = false;
  values.NextFile();
  modules.NextFile(file, options);
  evaluator.NextFile(file);
  const Stopwatch watch(costs ? &costs->trigger_time_ns : nullptr);
  strings.NextFile(file, partition);
  (void)deadline.Check();
}

void Scanner::State::AddCandidate(std::uint32_t rule) {
  const PodRule& pod = rules.rules[rule];
  if (data.size() < pod.filesize_min || data.size() > pod.filesize_max) {
    return;
  }
  if (values.MakeCandidate(rule)) {
    candidates.push_back(rule);
  }
}

void Scanner::State::AddTriggered(match::PatternId string) {
  const std::uint32_t owner = rules.strings[string].rule;
  if (rules.Mode(owner, partition) == RuleMode::kTriggered) {
    AddCandidate(owner);
  }
  const auto index = static_cast<std::size_t>(partition);
  if ((rules.string_flags[string] >> (compile::kStringExtraShift + index) & 1) == 0) {
    return;
  }
  const compile::PodPartition& part = rules.partitions[index];
  const auto extra = rules.extra_triggers.subspan(part.extra_begin, part.extra_count);
  auto it = std::lower_bound(
      extra.begin(), extra.end(), string,
      [](const compile::PodExtra& e, match::PatternId wanted) { return e.string < wanted; });
  for (; it != extra.end() && it->string == string; ++it) {
    AddCandidate(it->rule);
  }
}

void Scanner::State::LookUpKey(const PodKeyGroup& group, module::Value value) {
  if (value.type != module::Value::Type::kString) {
    return;
  }
  const std::uint64_t hash = compile::HashBytes(base::AsBytes(value.text));
  std::uint32_t slot = static_cast<std::uint32_t>(hash) & (group.table_size - 1);
  while (true) {
    const PodKey& key = rules.key_table[group.table_begin + slot];
    if (key.rules_count == 0) {
      return;
    }
    if (key.hash == hash && rules.Text(key.text) == value.text) {
      for (const std::uint32_t rule : rules.key_rules.subspan(key.rules_begin, key.rules_count)) {
        AddCandidate(rule);
      }
      return;
    }
    slot = (slot + 1) & (group.table_size - 1);
  }
}

void Scanner::State::JoinKeys(const PodKeyGroup& group) {
  if (data.size() < group.filesize_min || data.size() > group.filesize_max) {
    return;
  }
  if (group.table_size == 0) {
    if (evaluator.Evaluate(group.node).IsTrue()) {
      const PodKey& entry = rules.key_table[group.table_begin];
      for (const std::uint32_t rule :
           rules.key_rules.subspan(entry.rules_begin, entry.rules_count)) {
        AddCandidate(rule);
      }
    }
    return;
  }
  if (group.node != compile::kNoNode) {
    LookUpKey(group, evaluator.Evaluate(group.node).ToModule());
    return;
  }
  evaluator.VisitElements(group, [&](const module::Value& value) { LookUpKey(group, value); });
}

void Scanner::State::CollectCandidates() {
  const compile::PodPartition& part = rules.partitions[static_cast<std::size_t>(partition)];
  for (const match::PatternId string : strings.fired()) {
    AddTriggered(string);
  }
  for (const compile::PodAlways& always :
       rules.always.subspan(part.always_begin, part.always_count)) {
    if (data.size() >= always.filesize_min && data.size() <= always.filesize_max &&
        values.MakeCandidate(always.rule)) {
      candidates.push_back(always.rule);
    }
  }
  evaluator.set_effort(Effort::kFull);
  for (const PodKeyGroup& group : rules.key_groups.subspan(part.groups_begin, part.groups_count)) {
    JoinKeys(group);
  }
  std::sort(candidates.begin(), candidates.end());
}

bool Scanner::State::NamespaceFails(std::uint32_t rule) const {
  const compile::PodNamespace& name_space = rules.namespaces[rules.rules[rule].name_space];
  const auto globals = rules.globals.subspan(name_space.globals_begin, name_space.globals_count);
  return std::any_of(globals.begin(), globals.end(), [this](std::uint32_t global) {
    return !values.unknown(global) && !values.is_true(global);
  });
}

void Scanner::State::Decide(std::uint32_t rule, Value value) {
  // Once time has run out values are no longer those of the condition.
  values.Set(rule, value.IsTrue() && !deadline.expired());
}

void Scanner::State::EvaluateCheaply() {
  evaluator.set_effort(Effort::kCheap);
  for (const std::uint32_t rule : candidates) {
    const PodRule& pod = rules.rules[rule];
    RuleCost* cost = costs ? &costs->rules[rule] : nullptr;
    if (cost != nullptr) {
      ++cost->files_triggered;
    }
    if ((pod.flags & compile::kRuleSideEffects) != 0) {
      open.push_back(rule);
      continue;
    }
    if (NamespaceFails(rule)) {
      values.Set(rule, false);
      continue;
    }
    const Stopwatch watch(cost != nullptr ? &cost->evaluation_time_ns : nullptr);
    const std::size_t mark = strings.wanted_mark();
    const Value value = evaluator.Evaluate(pod.condition);
    if (cost != nullptr) {
      ++cost->cheap_evaluations;
    }
    if (!value.unknown()) {
      strings.Unwant(mark);
      Decide(rule, value);
      continue;
    }
    if (cost != nullptr) {
      cost->strings_searched += strings.wanted_mark() - mark;
    }
    open.push_back(rule);
  }
}

bool Scanner::State::SkippedByLibyara(std::uint32_t rule) {
  const PodRule& pod = rules.rules[rule];
  if ((pod.flags & compile::kRuleNeedsString) == 0) {
    return false;
  }
  for (std::uint32_t i = 0; i < pod.strings_count; ++i) {
    if (!strings.Matches(pod.strings_begin + i).empty()) {
      return false;
    }
  }
  return true;
}

void Scanner::State::EvaluateFully() {
  if (open.empty()) {
    return;
  }
  {
    const Stopwatch watch(costs ? &costs->search_time_ns : nullptr);
    strings.SearchWanted();
    (void)deadline.Check();
  }
  evaluator.set_effort(Effort::kFull);
  for (const std::uint32_t rule : open) {
    const PodRule& pod = rules.rules[rule];
    RuleCost* cost = costs ? &costs->rules[rule] : nullptr;
    const Stopwatch watch(cost != nullptr ? &cost->evaluation_time_ns : nullptr);
    const bool speaks = (pod.flags & compile::kRuleSideEffects) != 0;
    if (speaks ? SkippedByLibyara(rule) : NamespaceFails(rule)) {
      values.Set(rule, false);
      continue;
    }
    if (cost != nullptr) {
      ++cost->full_evaluations;
    }
    Decide(rule, evaluator.Evaluate(pod.condition));
  }
}

void Scanner::State::Report(std::uint64_t rule_matches_max) {
  for (const std::uint32_t rule : candidates) {
    if ((rules.rules[rule].flags & compile::kRulePrivate) != 0 || !Matches(rule)) {
      continue;
    }
    if (rule_matches_max != 0 && matching.size() == rule_matches_max) {
      break;
    }
    matching.push_back(rule);
    if (costs) {
      ++costs->rules[rule].matches;
    }
  }
  if (costs) {
    ++costs->files;
    costs->bytes += data.size();
    costs->searches += strings.search_count();
  }
}

Scanner::Scanner() = default;
Scanner::~Scanner() = default;

std::unique_ptr<Scanner> Scanner::Create(const compile::CompiledRules& rules) {
  std::unique_ptr<Scanner> scanner(new Scanner());
  scanner->state_ = std::make_unique<State>(rules.state());
  scanner->state_->externals = InitialExternals(rules);
  return scanner;
}

base::Status Scanner::SetExternal(
    std::string_view identifier,
    const std::variant<std::int64_t, double, bool, std::string>& value) {
  for (std::size_t i = 0; i < state_->externals.size(); ++i) {
    if (state_->rules.Text(state_->rules.externals[i].identifier) != identifier) {
      continue;
    }
    if (state_->externals[i].index() != value.index()) {
      return base::MakeError(
          base::ErrorKind::kInvalidUse,
          "external variable \"" + std::string(identifier) + "\" was declared with another type");
    }
    state_->externals[i] = value;
    return base::OkStatus();
  }
  return base::MakeError(base::ErrorKind::kNotFound,
                         "no external variable \"" + std::string(identifier) + "\"");
}

ScanOutcome Scanner::Scan(base::Bytes data, const ScanOptions& options) {
  State& state = *state_;
  state.Begin(data, options);
  state.CollectCandidates();
  state.EvaluateCheaply();
  state.EvaluateFully();
  state.Report(options.rule_matches_max);
  const std::span<const std::uint32_t> overflowed = state.strings.overflowed();
  return {.timed_out = state.deadline.expired(),
          .too_many_matches = {overflowed.begin(), overflowed.end()}};
}

std::span<const std::uint32_t> Scanner::matching_rules() const { return state_->matching; }

std::vector<std::uint32_t> Scanner::rules_not_matching() const {
  std::vector<std::uint32_t> rules;
  for (std::uint32_t rule = 0; rule < state_->rules.rules.size(); ++rule) {
    if ((state_->rules.rules[rule].flags & compile::kRulePrivate) == 0 && !state_->Matches(rule)) {
      rules.push_back(rule);
    }
  }
  return rules;
}

std::span<const match::Match> Scanner::MatchesOf(std::uint32_t string) {
  if (!state_->all_searched) {
    // Whoever asks for one string of a finding usually asks for all of them: one pass for all.
    for (const std::uint32_t rule : state_->matching) {
      state_->strings.WantRule(rule);
    }
    state_->strings.SearchWanted();
    state_->all_searched = true;
  }
  return state_->strings.Matches(string);
}

}  // namespace day::rules::scan
