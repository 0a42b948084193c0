// The front end of the YARA language: text in, a checked RuleSet and diagnostics out.
//
//   Frontend frontend(registry, {.include_loader = load});
//   frontend.DefineExternal({"filename", std::string()});
//   frontend.AddFile("default", "rules.yar", text);
//   Result<RuleSet> rules = std::move(frontend).Finish();   // kMalformed if anything was an error
//   for (const Diagnostic& d : frontend.diagnostics()) ...  // still there after Finish()
//
// The language is YARA 4.5.8's, with its errors and warnings in its order and words, and a few
// statements of YARA-X on top (`with`, `of` over booleans), which Lint() points out. After an error
// the parser goes on at the next rule, so one run shows every broken rule.
//
// What the nodes of a RuleSet mean beyond ruleset.h:
//   - a rule may name itself (YARA allows it): it reads as false;
//   - the index expression of an array that a loop walks over may be a child of several nodes (of
//   the
//     loop and of the fields in its body): the condition is then a graph without cycles;
//   - kForArray and kForDict: `value` is 1 if the slot of the loop's (value) variable holds the
//   element
//     itself (integer, float or string; `index` is then the element's Field::id), 0 if the elements
//     are structures and the slot of an array's variable holds a position;
//   - constants of modules (Field::constant) are folded.
//
// Limits: named below and in token.h. Memory and time are linear in the text but for the expansion
// of string and rule sets, which a budget of steps bounds. Not thread-safe; does no input or
// output.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libs/base/result.h"
#include "libs/rules/module/module.h"
#include "libs/rules/syntax/diagnostic.h"
#include "libs/rules/syntax/ruleset.h"

namespace day::rules::syntax {

inline constexpr std::size_t kIncludeDepthMax = 16;
inline constexpr std::size_t kIncludesMax = 10'000;           // opened in one front end
inline constexpr std::size_t kSourceBytesMax = 512ull << 20;  // of all files together
inline constexpr std::size_t kLoopNestingMax = 4;
inline constexpr std::size_t kLoopVariablesMax = 2;
inline constexpr std::size_t kWithVariablesMax = 64;
inline constexpr std::size_t kSlotsMax = 255;
inline constexpr std::size_t kFunctionArgumentsMax = 128;
inline constexpr std::size_t kStringsPerRuleMax = 10'000;
inline constexpr std::size_t kNestingMax = 500;              // parentheses, brackets, calls
inline constexpr std::size_t kPathIndicesMax = 8;            // indices on one module path
inline constexpr std::size_t kDiagnosticsMax = 10'000;       // later ones are not kept
inline constexpr std::uint64_t kSetStepsMax = 400'000'000;   // strings and rules looked at for sets
inline constexpr std::uint64_t kSetEntriesMax = 50'000'000;  // entries of all sets

struct FrontendOptions {
  // Returns the text of an included file, or nothing. Absent: includes are disabled.
  std::function<std::optional<std::string>(const std::string& path)> include_loader;
  // Warn of escapes that mean nothing (`--strict-escape`).
  bool strict_escape = false;
  std::size_t strings_per_rule_max = kStringsPerRuleMax;
  // Accept what YARA-X has and YARA has not.
  bool yara_x_extensions = true;
};

class Compilation;  // the state behind a Frontend

class Frontend {
 public:
  // REQUIRES: the registry outlives the Frontend and every RuleSet it makes.
  Frontend(const module::Registry& registry, FrontendOptions options);
  ~Frontend();
  Frontend(const Frontend&) = delete;
  Frontend& operator=(const Frontend&) = delete;

  // Fails with kInvalidUse if the name is taken or is not an identifier.
  base::Status DefineExternal(External external);

  // Parses and checks one file. Returns whether it was free of errors. Files of one namespace see
  // the rules of earlier files of that namespace.
  bool AddFile(std::string_view name_space, std::string_view path, std::string text);

  // In the order in which they were found.
  const std::vector<Diagnostic>& diagnostics() const;
  std::size_t error_count() const;
  // The file that Span::file means, for rendering.
  const SourceFile& file(std::uint32_t index) const;

  // The rule set. Fails with kMalformed (the first error) if there was any error.
  // REQUIRES: called once, last.
  base::Result<RuleSet> Finish();

 private:
  std::unique_ptr<Compilation> compilation_;
};

}  // namespace day::rules::syntax
