// `rules diff`: which rules were added, removed or changed, and what the change does on files made
// from the rules.
//
// A rule changed if its tokens did. For each changed rule, witnesses are made from both versions
// and scanned with both rule sets: what only the new version finds makes it wider, what only the
// old one finds makes it narrower. Witnesses are samples, not proofs: "equal" means equal on them.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "libs/rules/syntax/token.h"
#include "libs/rules/witness/witness.h"
#include "libs/wire/json_writer.h"
#include "worker/tools/rule_source.h"

namespace day::worker::tools {
namespace {

namespace syntax = rules::syntax;

constexpr std::uint64_t kWitnessesPerVersion = 6;
constexpr std::size_t kComparedRulesMax = 5000;
constexpr std::uint64_t kWitnessTimeoutMs = 10'000;

// The tokens of a rule from its name to its closing brace, blanks and comments left out.
std::string RuleTokens(const syntax::RuleSet& rules, const syntax::Rule& rule) {
  const std::string_view text = rules.files[rule.span.file].text;
  syntax::Lexer lexer(text.substr(rule.span.begin_offset));
  std::string out;
  for (syntax::Token token = lexer.Next();
       token.kind != syntax::TokenKind::kEndOfFile && token.kind != syntax::TokenKind::kInvalid;
       token = lexer.Next()) {
    out += text.substr(rule.span.begin_offset + token.begin, token.end - token.begin);
    out += '\n';
    // A hex string is one token, so the first closing brace is the rule's.
    if (token.kind == syntax::TokenKind::kRightBrace) {
      break;
    }
  }
  out += rule.is_private ? "private" : "";
  out += rule.is_global ? "global" : "";
  return out;
}

enum class Effect : std::uint8_t { kEqual, kWider, kNarrower, kDifferent, kSilent, kUnknown };

std::string_view EffectName(Effect effect) {
  switch (effect) {
    case Effect::kEqual:
      return "equal on witnesses";
    case Effect::kWider:
      return "wider";
    case Effect::kNarrower:
      return "narrower";
    case Effect::kDifferent:
      return "wider and narrower";
    case Effect::kSilent:
      return "silent: the new version finds no witness";
    case Effect::kUnknown:
      return "no witness found by either version";
  }
  return "";
}

// One rule set of the two.
struct Side {
  std::vector<RuleText> files;
  std::unique_ptr<LoadedRules> rules;
  std::map<std::string, std::uint32_t, std::less<>> by_name;
};

struct Change {
  enum class Kind : std::uint8_t { kAdded, kRemoved, kChanged };
  Kind kind = Kind::kChanged;
  std::string rule;
  Effect effect = Effect::kUnknown;
  std::size_t witnesses = 0;
  std::size_t old_found = 0;
  std::size_t new_found = 0;
  bool global = false;         // kAdded: it decides about the other rules of its file
  std::string still_found_by;  // kRemoved: an added rule that finds its witnesses
};

std::string_view KindName(Change::Kind kind) {
  return kind == Change::Kind::kAdded     ? "added"
         : kind == Change::Kind::kRemoved ? "removed"
                                          : "changed";
}

class DiffTool : public Tool {
 public:
  DiffTool(const ToolOptions& options, const ToolContext& context)
      : context_(context),
        json_(HasOption(options, "json")),
        want_files_(HasOption(options, "witnesses")) {}

  void AddFile(workerproto::ToolFileRole role, const std::string& path, base::Bytes bytes,
               ToolSink* /*sink*/) override {
    Side& side = role == workerproto::ToolFileRole::kNewRules ? new_ : old_;
    side.files.push_back({path, std::string(base::AsText(bytes))});
  }

  std::uint8_t Run(ToolSink* sink) override {
    if (!Load(&old_, sink) || !Load(&new_, sink)) {
      return kToolFailed;
    }
    std::vector<Change> changes = FindChanges();
    std::size_t compared = 0;
    for (Change& change : changes) {
      if (change.kind != Change::Kind::kAdded && compared < kComparedRulesMax) {
        ++compared;
        Compare(&change, sink);
      }
    }
    sink->Text(json_ ? RenderJson(changes) : RenderText(changes));
    return changes.empty() ? kToolFine : kToolFound;
  }

 private:
  bool Load(Side* side, ToolSink* sink) {
    base::Result<std::unique_ptr<LoadedRules>> rules =
        LoadedRules::Load(side->files, context_, sink);
    if (!rules.ok()) {
      sink->Error("the rules cannot be used: " + rules.error().message + "\n");
      return false;
    }
    side->rules = std::move(rules).value();
    const std::vector<syntax::Rule>& all = side->rules->set().rules;
    for (std::uint32_t i = 0; i < all.size(); ++i) {
      side->by_name.emplace(all[i].identifier, i);
    }
    return true;
  }

  static void Add(Change::Kind kind, const std::string& rule, std::vector<Change>* changes) {
    Change& change = changes->emplace_back();
    change.kind = kind;
    change.rule = rule;
  }

  std::vector<Change> FindChanges() const {
    std::vector<Change> changes;
    for (const auto& [name, index] : old_.by_name) {
      const auto other = new_.by_name.find(name);
      if (other == new_.by_name.end()) {
        Add(Change::Kind::kRemoved, name, &changes);
      } else if (RuleTokens(old_.rules->set(), old_.rules->set().rules[index]) !=
                 RuleTokens(new_.rules->set(), new_.rules->set().rules[other->second])) {
        Add(Change::Kind::kChanged, name, &changes);
      }
    }
    for (const auto& [name, index] : new_.by_name) {
      if (!old_.by_name.contains(name)) {
        Add(Change::Kind::kAdded, name, &changes);
        changes.back().global = new_.rules->set().rules[index].is_global;
      }
    }
    return changes;
  }

  // The rules of a side that match.
  static std::set<std::uint32_t> Scan(Side* side, std::string_view bytes) {
    rules::scan::ScanOptions options;
    options.timeout_ms = kWitnessTimeoutMs;
    const rules::scan::ScanOutcome outcome =
        side->rules->scanner().Scan(base::AsBytes(bytes), options);
    const auto matching = side->rules->scanner().matching_rules();
    return outcome.timed_out ? std::set<std::uint32_t>{}
                             : std::set<std::uint32_t>(matching.begin(), matching.end());
  }

  // A rule that the old set did not have: probably the same one under another name.
  void NameSuccessor(const std::set<std::uint32_t>& matching, Change* change) const {
    for (const std::uint32_t rule : matching) {
      const std::string& name = new_.rules->set().rules[rule].identifier;
      if (!old_.by_name.contains(name)) {
        change->still_found_by = name;
        return;
      }
    }
  }

  void Compare(Change* change, ToolSink* sink) {
    const std::uint32_t old_rule = old_.by_name.find(change->rule)->second;
    const auto found = new_.by_name.find(change->rule);
    const bool exists = found != new_.by_name.end();
    std::size_t only_old = 0;
    std::size_t only_new = 0;
    const std::uint64_t versions = exists ? 2 : 1;
    for (std::uint64_t i = 0; i < versions * kWitnessesPerVersion; ++i) {
      const bool from_old = i < kWitnessesPerVersion;
      const std::uint64_t seed = i % kWitnessesPerVersion + 1;
      const std::string bytes =
          from_old ? rules::witness::MakeWitness(old_.rules->set(), old_rule, seed)
                   : rules::witness::MakeWitness(new_.rules->set(), found->second, seed);
      const std::set<std::uint32_t> by_new = Scan(&new_, bytes);
      const bool in_old = Scan(&old_, bytes).contains(old_rule);
      const bool in_new = exists && by_new.contains(found->second);
      ++change->witnesses;
      change->old_found += in_old ? 1 : 0;
      change->new_found += in_new ? 1 : 0;
      only_old += in_old && !in_new ? 1 : 0;
      only_new += in_new && !in_old ? 1 : 0;
      if (!exists && in_old) {
        NameSuccessor(by_new, change);
      }
      if (want_files_ && in_old != in_new) {
        sink->File(fmt::format("{}.{}.{}.bin", change->rule, in_old ? "only-old" : "only-new", i),
                   bytes);
      }
    }
    change->effect = change->old_found + change->new_found == 0 ? Effect::kUnknown
                     : change->new_found == 0                   ? Effect::kSilent
                     : only_old == 0 && only_new == 0           ? Effect::kEqual
                     : only_old == 0                            ? Effect::kWider
                     : only_new == 0                            ? Effect::kNarrower
                                                                : Effect::kDifferent;
  }

  static std::string RenderText(const std::vector<Change>& changes) {
    std::string out;
    auto append = std::back_inserter(out);
    std::array<std::size_t, 3> counts{};
    for (const Change& change : changes) {
      ++counts[static_cast<std::size_t>(change.kind)];
      fmt::format_to(append, "{:<8} {}", KindName(change.kind), change.rule);
      if (change.kind == Change::Kind::kChanged) {
        fmt::format_to(append, ": {} (of {} witnesses the old version finds {}, the new {})",
                       EffectName(change.effect), change.witnesses, change.old_found,
                       change.new_found);
      } else if (change.kind == Change::Kind::kRemoved && change.old_found > 0) {
        out += change.still_found_by.empty()
                   ? ": no added rule finds its witnesses"
                   : ": its witnesses are found by " + change.still_found_by;
      }
      out += '\n';
    }
    fmt::format_to(append, "{} added, {} removed, {} changed\n", counts[0], counts[1], counts[2]);
    return out;
  }

  static std::string RenderJson(const std::vector<Change>& changes) {
    static constexpr std::array<std::string_view, 6> kEffects = {"equal",     "wider",  "narrower",
                                                                 "different", "silent", "unknown"};
    std::string out;
    wire::JsonWriter json(&out);
    json.BeginObject();
    json.Key("changes");
    json.BeginArray();
    for (const Change& change : changes) {
      json.BeginObject();
      json.Field("rule", change.rule);
      json.Field("change", KindName(change.kind));
      if (change.kind != Change::Kind::kAdded) {
        json.Field("witnesses", std::uint64_t{change.witnesses});
        json.Field("found_by_old", std::uint64_t{change.old_found});
        json.Field("found_by_new", std::uint64_t{change.new_found});
      }
      if (change.kind == Change::Kind::kChanged) {
        json.Field("effect", kEffects[static_cast<std::size_t>(change.effect)]);
      }
      if (change.global) {
        json.Field("global", true);
      }
      if (!change.still_found_by.empty()) {
        json.Field("still_found_by", change.still_found_by);
      }
      json.EndObject();
    }
    json.EndArray();
    json.EndObject();
    return out + "\n";
  }

  ToolContext context_;
  bool json_;
  bool want_files_;
  Side old_;
  Side new_;
};

}  // namespace

std::unique_ptr<Tool> MakeDiffTool(const ToolOptions& options, const ToolContext& context) {
  return std::make_unique<DiffTool>(options, context);
}

}  // namespace day::worker::tools
