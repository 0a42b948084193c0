// `rules check`: everything the front end and the linter have to say about rule files, each file by
// itself.
#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "libs/match/pattern_set.h"
#include "libs/rules/syntax/lint.h"
#include "libs/wire/json_writer.h"
#include "worker/tools/rule_source.h"

namespace day::worker::tools {
namespace {

namespace syntax = rules::syntax;

constexpr double kMibPerGb = 1024;

std::string_view SeverityName(syntax::Severity severity) {
  switch (severity) {
    case syntax::Severity::kError:
      return "error";
    case syntax::Severity::kWarning:
      return "warning";
    case syntax::Severity::kAdvice:
      return "advice";
  }
  return "error";
}

struct Counts {
  std::size_t errors = 0;
  std::size_t warnings = 0;
  std::size_t advice = 0;
};

class CheckTool : public Tool {
 public:
  CheckTool(const ToolOptions& options, const ToolContext& context)
      : context_(context),
        json_(HasOption(options, "json")),
        budget_(NumberOption(options, "budget", 0)) {}

  void AddFile(workerproto::ToolFileRole /*role*/, const std::string& path, base::Bytes bytes,
               ToolSink* sink) override {
    ++files_;
    const std::unique_ptr<syntax::Frontend> frontend = MakeFrontend(context_);
    const bool valid = frontend->AddFile("default", path, std::string(base::AsText(bytes)));
    for (const syntax::Diagnostic& diagnostic : frontend->diagnostics()) {
      Print(*frontend, diagnostic, sink);
    }
    if (!valid) {
      return;
    }
    const base::Result<syntax::RuleSet> rules = frontend->Finish();
    if (!rules.ok()) {
      return;
    }
    rules_ += rules->rules.size();
    for (const syntax::Diagnostic& diagnostic : syntax::Lint(*rules)) {
      Print(*frontend, diagnostic, sink);
    }
    if (budget_ > 0) {
      CheckBudget(*frontend, *rules, sink);
    }
  }

  std::uint8_t Run(ToolSink* sink) override {
    if (!json_) {
      sink->Text(fmt::format("{} rules in {} files: {} errors, {} warnings, {} pieces of advice\n",
                             rules_, files_, counts_.errors, counts_.warnings, counts_.advice));
    }
    return counts_.errors > 0                      ? kToolFailed
           : counts_.warnings + counts_.advice > 0 ? kToolFound
                                                   : kToolFine;
  }

 private:
  void Print(const syntax::Frontend& frontend, const syntax::Diagnostic& diagnostic,
             ToolSink* sink) {
    const syntax::SourceFile& file = frontend.file(diagnostic.span.file);
    std::size_t& count = diagnostic.severity == syntax::Severity::kError     ? counts_.errors
                         : diagnostic.severity == syntax::Severity::kWarning ? counts_.warnings
                                                                             : counts_.advice;
    ++count;
    if (json_) {
      PrintJson(diagnostic, file.path, sink);
    } else {
      sink->Text(syntax::Render(diagnostic, file.path, file.text));
    }
  }

  static void PrintJson(const syntax::Diagnostic& diagnostic, const std::string& path,
                        ToolSink* sink) {
    std::string line;
    wire::JsonWriter json(&line);
    json.BeginObject();
    json.Field("path", path);
    json.Field("line", std::uint64_t{diagnostic.span.line});
    json.Field("column", std::uint64_t{diagnostic.span.column});
    json.Field("severity", SeverityName(diagnostic.severity));
    json.Field("message", diagnostic.message);
    const struct {
      const char* key;
      std::string_view text;
    } kOptional[] = {{"code", syntax::CodeName(diagnostic.code)},
                     {"check", diagnostic.check},
                     {"rule", diagnostic.rule},
                     {"expected", diagnostic.expected},
                     {"hint", diagnostic.hint}};
    for (const auto& field : kOptional) {
      if (!field.text.empty()) {
        json.Field(field.key, field.text);
      }
    }
    json.EndObject();
    line += '\n';
    sink->Text(line);
  }

  // Advice for each rule whose strings are expected to be met more often than the budget allows.
  void CheckBudget(const syntax::Frontend& frontend, const syntax::RuleSet& rules, ToolSink* sink) {
    match::PatternSetBuilder builder;
    for (const syntax::Rule& rule : rules.rules) {
      double hits = 0;
      std::string worst;
      double worst_hits = -1;
      for (std::uint32_t i = 0; i < rule.strings_count; ++i) {
        const syntax::StringDeclaration& string = rules.strings[rule.strings_begin + i];
        const base::Result<match::PatternId> id = builder.Add(string.pattern);
        const double cost = id.ok() ? builder.Cost(*id) * kMibPerGb : 0;
        hits += cost;
        if (cost > worst_hits) {
          worst_hits = cost;
          worst = string.identifier;
        }
      }
      if (hits <= budget_) {
        continue;
      }
      syntax::Diagnostic diagnostic;
      diagnostic.severity = syntax::Severity::kAdvice;
      diagnostic.code = syntax::Code::kLint;
      diagnostic.check = "over-budget";
      diagnostic.message = fmt::format(
          "rule \"{}\" is expected to be looked at {:.0f} times in a GB of clean data, "
          "{:.0f} of them for {}",
          rule.identifier, hits, worst_hits, worst);
      diagnostic.hint = "longer strings, or strings of rarer bytes, cost less";
      diagnostic.rule = rule.identifier;
      diagnostic.span = rule.span;
      Print(frontend, diagnostic, sink);
    }
  }

  ToolContext context_;
  bool json_;
  double budget_;
  Counts counts_;
  std::size_t files_ = 0;
  std::size_t rules_ = 0;
};

}  // namespace

std::unique_ptr<Tool> MakeCheckTool(const ToolOptions& options, const ToolContext& context) {
  return std::make_unique<CheckTool>(options, context);
}

}  // namespace day::worker::tools
