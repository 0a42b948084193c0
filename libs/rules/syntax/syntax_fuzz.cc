// Any text: the front end never crashes, hangs or runs out of memory, and what it accepts is well
// formed: children come before parents, indices lie inside their tables, and Lint() survives it.
#include <cstdlib>
#include <string_view>

#include "libs/rules/syntax/frontend.h"
#include "libs/rules/syntax/lint.h"
#include "libs/rules/syntax/testing/fake_modules.h"

namespace day::rules::syntax {
namespace {

void Require(bool condition) {
  if (!condition) {
    std::abort();
  }
}

void CheckShape(const RuleSet& rules) {
  for (std::size_t i = 0; i < rules.nodes.size(); ++i) {
    const Node& node = rules.nodes[i];
    Require(std::uint64_t{node.children_begin} + node.children_count <= rules.children.size());
    for (std::uint32_t c = 0; c < node.children_count; ++c) {
      Require(rules.children[node.children_begin + c] < i);
    }
  }
  for (const Rule& rule : rules.rules) {
    Require(rule.condition < rules.nodes.size());
    Require(std::uint64_t{rule.strings_begin} + rule.strings_count <= rules.strings.size());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  FrontendOptions options;
  options.include_loader = [&](const std::string& path) -> std::optional<std::string> {
    return path == "self" ? std::optional(text) : std::nullopt;
  };
  options.strict_escape = size % 2 == 0;
  Frontend frontend(testing::FakeRegistry(), options);
  (void)frontend.DefineExternal({"ext_int", std::int64_t{7}});
  (void)frontend.DefineExternal({"ext_str", std::string("x")});
  frontend.AddFile("default", "main.yar", text);
  for (const Diagnostic& diagnostic : frontend.diagnostics()) {
    const SourceFile& file = frontend.file(diagnostic.span.file);
    (void)Render(diagnostic, file.path, file.text);
    (void)RenderLikeYara(diagnostic, file.path);
  }
  const base::Result<RuleSet> rules = frontend.Finish();
  Require(rules.ok() == (frontend.error_count() == 0));
  if (rules.ok()) {
    CheckShape(rules.value());
    (void)Lint(rules.value());
  }
  return 0;
}

}  // namespace day::rules::syntax
