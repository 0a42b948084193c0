// `rules explain`: why a rule does or does not match a file, part by part.
#include "libs/rules/scan/explain.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

#include "libs/wire/json_writer.h"
#include "worker/tools/rule_source.h"

namespace day::worker::tools {
namespace {

using rules::scan::ExplainedNode;
using rules::scan::Explanation;

constexpr std::size_t kTextColumnsMax = 100;

std::string Shortened(std::string_view text) {
  std::string out = wire::PrintableText(text.substr(0, kTextColumnsMax));
  return text.size() > kTextColumnsMax ? out + "..." : out;
}

std::string_view ResultName(ExplainedNode::Result result) {
  return result == ExplainedNode::Result::kTrue    ? "true"
         : result == ExplainedNode::Result::kFalse ? "false"
                                                   : "undefined";
}

// Visits a tree in order without recursion: enter(node, depth) and leave(node) for each.
template <typename Enter, typename Leave>
void Visit(const ExplainedNode& root, Enter enter, Leave leave) {
  struct Level {
    const ExplainedNode* node;
    std::size_t next;
  };
  std::vector<Level> levels{{&root, 0}};
  enter(root, std::size_t{0});
  while (!levels.empty()) {
    Level& level = levels.back();
    if (level.next == level.node->parts.size()) {
      leave(*level.node);
      levels.pop_back();
      continue;
    }
    const ExplainedNode& part = level.node->parts[level.next++];
    enter(part, levels.size());
    levels.push_back({&part, 0});
  }
}

std::string RenderText(const Explanation& why, const std::string& path) {
  std::string out;
  auto append = std::back_inserter(out);
  fmt::format_to(append, "{} {} {}\n", why.rule, why.matches ? "matches" : "does not match",
                 wire::PrintableText(path));
  if (why.timed_out) {
    out += "(the scan ran out of time: what follows is incomplete)\n";
  }
  for (const std::string& rule : why.failed_globals) {
    fmt::format_to(append, "the global rule {} does not match, so no rule of its namespace does\n",
                   rule);
  }
  out += why.strings.empty() ? "" : "\nstrings\n";
  for (const rules::scan::ExplainedString& string : why.strings) {
    fmt::format_to(append, "  {:<16} {} matches", string.identifier, string.match_count);
    for (std::size_t i = 0; i < string.first_matches.size(); ++i) {
      fmt::format_to(append, "{} 0x{:x} ({} bytes)", i == 0 ? ":" : ",",
                     string.first_matches[i].offset, string.first_matches[i].length);
    }
    out += string.match_count > string.first_matches.size() && !string.first_matches.empty()
               ? ", ...\n"
               : "\n";
  }
  out += "\ncondition\n";
  Visit(
      why.condition,
      [&](const ExplainedNode& node, std::size_t depth) {
        const std::string label = node.label.empty() ? "" : node.label + ": ";
        const std::string place = node.line == 0 ? "" : fmt::format("  (line {})", node.line);
        fmt::format_to(append, "{:{}}{}{}  =  {}{}{}\n", "", 2 + 2 * depth, label,
                       Shortened(node.text), Shortened(node.value),
                       node.decisive ? "  <- decides" : "", place);
      },
      [](const ExplainedNode&) {});
  return out;
}

void WriteStrings(const Explanation& why, wire::JsonWriter* json) {
  json->Key("strings");
  json->BeginArray();
  for (const rules::scan::ExplainedString& string : why.strings) {
    json->BeginObject();
    json->Field("identifier", string.identifier);
    json->Field("matches", string.match_count);
    json->Key("first");
    json->BeginArray();
    for (const match::Match& match : string.first_matches) {
      json->BeginObject();
      json->Field("offset", match.offset);
      json->Field("length", std::uint64_t{match.length});
      json->EndObject();
    }
    json->EndArray();
    json->EndObject();
  }
  json->EndArray();
}

std::string RenderJson(const Explanation& why, const std::string& path) {
  std::string out;
  wire::JsonWriter json(&out);
  json.BeginObject();
  json.Field("rule", why.rule);
  json.Field("path", path);
  json.Field("matches", why.matches);
  json.Field("condition_true", why.condition_true);
  json.Field("timed_out", why.timed_out);
  json.Key("failed_globals");
  json.BeginArray();
  for (const std::string& rule : why.failed_globals) {
    json.Text(rule);
  }
  json.EndArray();
  WriteStrings(why, &json);
  json.Key("condition");
  Visit(
      why.condition,
      [&](const ExplainedNode& node, std::size_t) {
        json.BeginObject();
        json.Field("text", node.text);
        if (!node.label.empty()) {
          json.Field("label", node.label);
        }
        json.Field("value", node.value);
        json.Field("result", ResultName(node.result));
        json.Field("decisive", node.decisive);
        json.Field("line", std::uint64_t{node.line});
        json.Field("column", std::uint64_t{node.column});
        json.Key("parts");
        json.BeginArray();
      },
      [&](const ExplainedNode&) {
        json.EndArray();
        json.EndObject();
      });
  json.EndObject();
  return out + "\n";
}

class ExplainTool : public Tool {
 public:
  ExplainTool(const ToolOptions& options, const ToolContext& context)
      : context_(context), json_(HasOption(options, "json")) {
    const auto rule = options.find("rule");
    rule_ = rule == options.end() ? "" : rule->second;
  }

  void AddFile(workerproto::ToolFileRole role, const std::string& path, base::Bytes bytes,
               ToolSink* /*sink*/) override {
    RuleText file{path, std::string(base::AsText(bytes))};
    if (role == workerproto::ToolFileRole::kTarget) {
      target_ = std::move(file);
    } else {
      files_.push_back(std::move(file));
    }
  }

  std::uint8_t Run(ToolSink* sink) override {
    base::Result<std::unique_ptr<LoadedRules>> rules = LoadedRules::Load(files_, context_, sink);
    if (!rules.ok()) {
      sink->Error("the rules cannot be used: " + rules.error().message + "\n");
      return kToolFailed;
    }
    LoadedRules& loaded = **rules;
    for (std::uint32_t i = 0; i < loaded.compiled().rule_count(); ++i) {
      if (loaded.compiled().rule(i).identifier == rule_) {
        const Explanation why =
            rules::scan::Explain(loaded.scanner(), i, base::AsBytes(target_.text), {});
        sink->Text(json_ ? RenderJson(why, target_.path) : RenderText(why, target_.path));
        return why.matches ? kToolFine : kToolFound;
      }
    }
    sink->Error("there is no rule \"" + wire::PrintableText(rule_) + "\" in these files\n");
    return kToolFailed;
  }

 private:
  ToolContext context_;
  bool json_;
  std::string rule_;
  std::vector<RuleText> files_;
  RuleText target_;
};

}  // namespace

std::unique_ptr<Tool> MakeExplainTool(const ToolOptions& options, const ToolContext& context) {
  return std::make_unique<ExplainTool>(options, context);
}

}  // namespace day::worker::tools
