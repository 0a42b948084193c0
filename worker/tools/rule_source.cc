#include "worker/tools/rule_source.h"

#include <cstdlib>
#include <cstring>
#include <utility>

namespace day::worker::tools {

namespace syntax = rules::syntax;

std::unique_ptr<syntax::Frontend> MakeFrontend(const ToolContext& context) {
  syntax::FrontendOptions options;
  options.include_loader = context.include;
  auto frontend = std::make_unique<syntax::Frontend>(context.registry, std::move(options));
  for (const char* name : {"filename", "filepath", "extension", "filetype", "owner"}) {
    // Fails only for names that are taken.
    (void)frontend->DefineExternal({name, std::string()});
  }
  return frontend;
}

base::Result<std::unique_ptr<LoadedRules>> LoadedRules::Load(const std::vector<RuleText>& files,
                                                             const ToolContext& context,
                                                             ToolSink* sink) {
  const std::unique_ptr<syntax::Frontend> frontend = MakeFrontend(context);
  for (const RuleText& file : files) {
    (void)frontend->AddFile("default", file.path, file.text);
  }
  for (const syntax::Diagnostic& diagnostic : frontend->diagnostics()) {
    if (diagnostic.severity == syntax::Severity::kError) {
      const syntax::SourceFile& file = frontend->file(diagnostic.span.file);
      sink->Error(syntax::Render(diagnostic, file.path, file.text));
    }
  }
  std::unique_ptr<LoadedRules> out(new LoadedRules());
  DAY_TRY_ASSIGN(out->set_, frontend->Finish());
  DAY_TRY_ASSIGN(const std::string blob, rules::compile::CompiledRules::Build(out->set_));
  out->blob_.resize((blob.size() + sizeof(Block) - 1) / sizeof(Block));
  std::memcpy(out->blob_.data(), blob.data(), blob.size());
  const base::Bytes bytes = std::as_bytes(std::span(out->blob_)).first(blob.size());
  DAY_TRY_ASSIGN(out->compiled_, rules::compile::CompiledRules::Open(bytes, context.registry));
  out->scanner_ = rules::scan::Scanner::Create(*out->compiled_);
  return out;
}

double NumberOption(const ToolOptions& options, std::string_view key, double fallback) {
  const auto option = options.find(key);
  return option == options.end() ? fallback : std::strtod(option->second.c_str(), nullptr);
}

bool HasOption(const ToolOptions& options, std::string_view key) {
  return options.find(key) != options.end();
}

}  // namespace day::worker::tools
