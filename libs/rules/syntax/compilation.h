// Internal: what one Frontend has gathered so far. The parser fills it; Frontend owns it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "libs/rules/syntax/frontend.h"
#include "libs/rules/syntax/name_table.h"

namespace day::rules::syntax {

// In Compilation::imports, for a module that does not exist.
inline constexpr std::uint32_t kUnknownModule = 0xFFFFFFFF;

class Compilation {
 public:
  Compilation(const module::Registry& registry_in, FrontendOptions options_in)
      : registry(registry_in), options(std::move(options_in)) {}

  std::uint32_t NamespaceIndex(std::string_view name);
  // The index in rules.modules of an imported module.
  std::uint32_t ModuleIndex(const module::Module* module);
  // Keeps the text alive and gives it a number; nothing if kSourceBytesMax is reached.
  std::optional<std::uint32_t> AddSource(std::string_view path, std::string text);
  void Report(Diagnostic diagnostic);

  const module::Registry& registry;
  FrontendOptions options;
  RuleSet rules;
  SourceFiles files;
  std::vector<Diagnostic> diagnostics;
  std::size_t error_count = 0;
  std::size_t include_count = 0;
  std::size_t source_bytes = 0;
  std::uint64_t set_steps = 0;
  std::uint64_t set_entries = 0;
  // YARA's "extra information" of the last error, which an error without words of its own repeats.
  std::string last_extra;

  NameTable rule_names;      // scope: namespace
  NameTable external_names;  // scope: 0
  NameTable string_names;    // scope: rule; value: index in rules.strings
  NameTable wildcards;       // scope: namespace; prefixes that rule sets have fixed
  NameTable imports;         // scope: namespace; value: index in rules.modules, or kUnknownModule
};

}  // namespace day::rules::syntax
