// What the tools share: rule files on their way to a checked, compiled and opened rule set.
//
// Files of one source see each other (one namespace, "default"). The external variables of the
// engine are declared, so rules that `daylight scan` takes are taken here. Not thread-safe.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "libs/base/result.h"
#include "libs/rules/compile/compiled_rules.h"
#include "libs/rules/scan/scanner.h"
#include "libs/rules/syntax/frontend.h"
#include "worker/tools/tool.h"

namespace day::worker::tools {

struct RuleText {
  std::string path;
  std::string text;
};

// Declares filename, filepath, extension, filetype and owner, as the engine does.
std::unique_ptr<rules::syntax::Frontend> MakeFrontend(const ToolContext& context);

// Rules ready to scan. Pinned: the scanner views the blob.
class LoadedRules {
 public:
  // Prints errors of rules to `sink`. Errors: kMalformed (they were printed), those of Build().
  static base::Result<std::unique_ptr<LoadedRules>> Load(const std::vector<RuleText>& files,
                                                         const ToolContext& context,
                                                         ToolSink* sink);
  LoadedRules(const LoadedRules&) = delete;
  LoadedRules& operator=(const LoadedRules&) = delete;

  const rules::syntax::RuleSet& set() const { return set_; }
  const rules::compile::CompiledRules& compiled() const { return *compiled_; }
  rules::scan::Scanner& scanner() { return *scanner_; }

 private:
  struct alignas(64) Block {
    std::byte bytes[64];
  };
  LoadedRules() = default;

  rules::syntax::RuleSet set_;
  std::vector<Block> blob_;
  std::unique_ptr<rules::compile::CompiledRules> compiled_;
  std::unique_ptr<rules::scan::Scanner> scanner_;
};

// The value of a number option, or `fallback` if it is absent.
double NumberOption(const ToolOptions& options, std::string_view key, double fallback);
bool HasOption(const ToolOptions& options, std::string_view key);

}  // namespace day::worker::tools
