// `rules cost`: what each rule of a set costs, as expected from its strings and as measured over a
// corpus.
#include "libs/rules/scan/cost.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <numeric>
#include <vector>

#include "libs/match/pattern_set.h"
#include "libs/wire/json_writer.h"
#include "worker/tools/rule_source.h"

namespace day::worker::tools {
namespace {

using rules::scan::CostTable;
using rules::scan::RuleCost;

constexpr double kMibPerGb = 1024;
constexpr double kNsPerMs = 1e6;
constexpr double kBytesPerMb = 1e6;
constexpr std::uint64_t kFileTimeoutMs = 60'000;
constexpr std::size_t kAtomsShown = 4;
constexpr std::size_t kRulesShown = 50;

struct Expected {
  double hits_per_gb = 0;
  std::vector<std::string> atoms;
};

std::vector<Expected> ExpectCosts(const rules::syntax::RuleSet& rules) {
  match::PatternSetBuilder builder;
  std::vector<Expected> out(rules.rules.size());
  for (std::size_t i = 0; i < rules.rules.size(); ++i) {
    const rules::syntax::Rule& rule = rules.rules[i];
    for (std::uint32_t k = 0; k < rule.strings_count; ++k) {
      const base::Result<match::PatternId> id =
          builder.Add(rules.strings[rule.strings_begin + k].pattern);
      if (!id.ok()) {
        continue;
      }
      out[i].hits_per_gb += builder.Cost(*id) * kMibPerGb;
      std::vector<std::string> atoms = builder.AtomTexts(*id);
      out[i].atoms.insert(out[i].atoms.end(), std::make_move_iterator(atoms.begin()),
                          std::make_move_iterator(atoms.end()));
    }
  }
  return out;
}

class CostTool : public Tool {
 public:
  CostTool(const ToolOptions& options, const ToolContext& context)
      : context_(context),
        json_(HasOption(options, "json")),
        budget_percent_(NumberOption(options, "budget", 0)) {}

  void AddFile(workerproto::ToolFileRole role, const std::string& path, base::Bytes bytes,
               ToolSink* sink) override {
    if (role != workerproto::ToolFileRole::kTarget) {
      files_.push_back({path, std::string(base::AsText(bytes))});
      return;
    }
    if (Load(sink)) {
      rules::scan::ScanOptions options;
      options.timeout_ms = kFileTimeoutMs;
      timeouts_ += rules_->scanner().Scan(bytes, options).timed_out ? 1u : 0u;
    }
  }

  std::uint8_t Run(ToolSink* sink) override {
    if (!Load(sink)) {
      return kToolFailed;
    }
    const CostTable& table = rules::scan::Costs(rules_->scanner());
    const std::vector<Expected> expected = ExpectCosts(rules_->set());
    std::vector<std::uint32_t> order(table.rules.size());
    std::iota(order.begin(), order.end(), 0u);
    std::stable_sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
      const RuleCost& left = table.rules[a];
      const RuleCost& right = table.rules[b];
      return left.evaluation_time_ns != right.evaluation_time_ns
                 ? left.evaluation_time_ns > right.evaluation_time_ns
                 : expected[a].hits_per_gb > expected[b].hits_per_gb;
    });
    // The share of everything the scan did, not of the rules alone.
    total_ns_ = static_cast<double>(table.trigger_time_ns + table.search_time_ns);
    for (const RuleCost& cost : table.rules) {
      total_ns_ += static_cast<double>(cost.evaluation_time_ns);
    }
    return json_ ? PrintJson(table, expected, order, sink)
                 : PrintText(table, expected, order, sink);
  }

 private:
  bool Load(ToolSink* sink) {
    if (rules_ != nullptr || failed_) {
      return !failed_;
    }
    base::Result<std::unique_ptr<LoadedRules>> rules = LoadedRules::Load(files_, context_, sink);
    failed_ = !rules.ok();
    if (failed_) {
      sink->Error("the rules cannot be used: " + rules.error().message + "\n");
      return false;
    }
    rules_ = std::move(rules).value();
    rules::scan::EnableCosts(rules_->scanner());
    return true;
  }

  double Percent(const RuleCost& cost) const {
    return total_ns_ > 0 ? 100 * static_cast<double>(cost.evaluation_time_ns) / total_ns_ : 0;
  }
  bool IsOver(const RuleCost& cost) const {
    return budget_percent_ > 0 && Percent(cost) > budget_percent_;
  }

  std::uint8_t PrintText(const CostTable& table, const std::vector<Expected>& expected,
                         const std::vector<std::uint32_t>& order, ToolSink* sink) const {
    std::string out = fmt::format(
        "{} files, {:.1f} MB: first pass {:.1f} ms, second pass {:.1f} ms ({} files), {} timed "
        "out\n\n",
        table.files, static_cast<double>(table.bytes) / kBytesPerMb,
        static_cast<double>(table.trigger_time_ns) / kNsPerMs,
        static_cast<double>(table.search_time_ns) / kNsPerMs, table.searches, timeouts_);
    out += fmt::format("{:>8} {:>7} {:>10} {:>8} {:>8} {:>14}  {}\n", "ms", "percent", "candidates",
                       "matches", "searches", "hits per GB", "rule, atoms");
    std::uint8_t code = kToolFine;
    for (std::size_t i = 0; i < order.size(); ++i) {
      const RuleCost& cost = table.rules[order[i]];
      const bool over = IsOver(cost);
      code = over ? kToolFound : code;
      if (i >= kRulesShown && !over) {
        continue;
      }
      const Expected& rule = expected[order[i]];
      out +=
          fmt::format("{:>8.2f} {:>7.2f} {:>10} {:>8} {:>8} {:>14.0f}  {}{}",
                      static_cast<double>(cost.evaluation_time_ns) / kNsPerMs, Percent(cost),
                      cost.files_triggered, cost.matches, cost.strings_searched, rule.hits_per_gb,
                      rules_->set().rules[order[i]].identifier, over ? " OVER BUDGET" : "");
      for (std::size_t k = 0; k < std::min(rule.atoms.size(), kAtomsShown); ++k) {
        out += (k == 0 ? "  " : " | ") + rule.atoms[k];
      }
      out += rule.atoms.size() > kAtomsShown
                 ? fmt::format(" and {} more\n", rule.atoms.size() - kAtomsShown)
                 : "\n";
    }
    sink->Text(out);
    return code;
  }

  std::uint8_t PrintJson(const CostTable& table, const std::vector<Expected>& expected,
                         const std::vector<std::uint32_t>& order, ToolSink* sink) const {
    std::string out;
    wire::JsonWriter json(&out);
    std::uint8_t code = kToolFine;
    json.BeginObject();
    json.Field("files", table.files);
    json.Field("bytes", table.bytes);
    json.Field("files_timed_out", timeouts_);
    json.Field("first_pass_ns", table.trigger_time_ns);
    json.Field("second_pass_ns", table.search_time_ns);
    json.Field("second_passes", table.searches);
    json.Key("rules");
    json.BeginArray();
    for (const std::uint32_t index : order) {
      const RuleCost& cost = table.rules[index];
      code = IsOver(cost) ? kToolFound : code;
      json.BeginObject();
      json.Field("rule", rules_->set().rules[index].identifier);
      json.Key("expected_hits_per_gb");
      json.Real(expected[index].hits_per_gb);
      json.Field("candidates", cost.files_triggered);
      json.Field("full_evaluations", cost.full_evaluations);
      json.Field("matches", cost.matches);
      json.Field("strings_searched", cost.strings_searched);
      json.Field("time_ns", cost.evaluation_time_ns);
      json.Key("percent");
      json.Real(Percent(cost));
      json.Field("over_budget", IsOver(cost));
      json.Key("atoms");
      json.BeginArray();
      for (const std::string& atom : expected[index].atoms) {
        json.Text(atom);
      }
      json.EndArray();
      json.EndObject();
    }
    json.EndArray();
    json.EndObject();
    sink->Text(out + "\n");
    return code;
  }

  ToolContext context_;
  bool json_;
  double budget_percent_;
  std::vector<RuleText> files_;
  std::unique_ptr<LoadedRules> rules_;
  bool failed_ = false;
  std::uint64_t timeouts_ = 0;
  double total_ns_ = 0;
};

}  // namespace

std::unique_ptr<Tool> MakeCostTool(const ToolOptions& options, const ToolContext& context) {
  return std::make_unique<CostTool>(options, context);
}

}  // namespace day::worker::tools
