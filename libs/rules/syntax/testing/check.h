// Helpers for tests: rule text in, rule set or YARA's lines out.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "libs/rules/syntax/frontend.h"
#include "libs/rules/syntax/testing/fake_modules.h"

namespace day::rules::syntax::testing {

struct Checked {
  std::string lines;  // RenderLikeYara of everything, file name "f"
  std::vector<Diagnostic> diagnostics;
  bool ok = false;
  RuleSet rules;
};

inline Checked Check(std::string_view text, FrontendOptions options = {},
                     const std::map<std::string, std::string>& files = {}) {
  options.include_loader = [&](const std::string& path) -> std::optional<std::string> {
    const auto place = files.find(path);
    return place == files.end() ? std::nullopt : std::optional(place->second);
  };
  Frontend frontend(FakeRegistry(), std::move(options));
  (void)frontend.DefineExternal({"ext_int", std::int64_t{7}});
  (void)frontend.DefineExternal({"ext_str", std::string("x")});
  (void)frontend.DefineExternal({"ext_bool", true});
  (void)frontend.DefineExternal({"ext_float", 1.5});
  frontend.AddFile("default", "f", std::string(text));
  Checked checked;
  checked.diagnostics = frontend.diagnostics();
  for (const Diagnostic& diagnostic : checked.diagnostics) {
    checked.lines += RenderLikeYara(diagnostic, frontend.file(diagnostic.span.file).path);
  }
  base::Result<RuleSet> rules = frontend.Finish();
  checked.ok = rules.ok();
  if (rules.ok()) {
    checked.rules = std::move(rules).value();
  }
  return checked;
}

// The condition of a rule as text: OP(children), for comparing shapes. Bounded by the callers'
// rules.
std::string ShapeOf(const RuleSet& rules, std::uint32_t node);

}  // namespace day::rules::syntax::testing
