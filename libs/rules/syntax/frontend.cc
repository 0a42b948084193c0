#include "libs/rules/syntax/frontend.h"

#include "libs/rules/syntax/compilation.h"
#include "libs/rules/syntax/parser.h"
#include "libs/rules/syntax/token.h"

namespace day::rules::syntax {

std::uint32_t Compilation::NamespaceIndex(std::string_view name) {
  for (std::size_t i = rules.namespaces.size(); i > 0; --i) {
    if (rules.namespaces[i - 1] == name) {
      return static_cast<std::uint32_t>(i - 1);
    }
  }
  rules.namespaces.emplace_back(name);
  return static_cast<std::uint32_t>(rules.namespaces.size() - 1);
}

std::uint32_t Compilation::ModuleIndex(const module::Module* module) {
  for (std::size_t i = 0; i < rules.modules.size(); ++i) {
    if (rules.modules[i] == module) {
      return static_cast<std::uint32_t>(i);
    }
  }
  rules.modules.push_back(module);
  return static_cast<std::uint32_t>(rules.modules.size() - 1);
}

std::optional<std::uint32_t> Compilation::AddSource(std::string_view path, std::string text) {
  if (text.size() > kSourceBytesMax - source_bytes) {
    return std::nullopt;
  }
  source_bytes += text.size();
  files.push_back(
      std::make_shared<const SourceFile>(SourceFile{std::string(path), std::move(text)}));
  return static_cast<std::uint32_t>(files.size() - 1);
}

void Compilation::Report(Diagnostic diagnostic) {
  if (diagnostic.severity == Severity::kError) {
    ++error_count;
  }
  if (diagnostics.size() < kDiagnosticsMax) {
    diagnostics.push_back(std::move(diagnostic));
  }
}

Frontend::Frontend(const module::Registry& registry, FrontendOptions options)
    : compilation_(std::make_unique<Compilation>(registry, std::move(options))) {}

Frontend::~Frontend() = default;

base::Status Frontend::DefineExternal(External external) {
  Lexer lexer(external.identifier);
  const Token token = lexer.Next();
  if (token.kind != TokenKind::kIdentifier || token.end != external.identifier.size()) {
    return base::MakeError(base::ErrorKind::kInvalidUse,
                           "not an identifier: \"" + external.identifier + "\"");
  }
  if (compilation_->external_names.Find(0, external.identifier)) {
    return base::MakeError(base::ErrorKind::kInvalidUse,
                           "duplicated external variable \"" + external.identifier + "\"");
  }
  compilation_->external_names.Set(
      0, external.identifier, static_cast<std::uint32_t>(compilation_->rules.externals.size()));
  compilation_->rules.externals.push_back(std::move(external));
  return base::OkStatus();
}

bool Frontend::AddFile(std::string_view name_space, std::string_view path, std::string text) {
  Compilation& c = *compilation_;
  const std::size_t errors_before = c.error_count;
  const std::uint32_t scope = c.NamespaceIndex(name_space);
  const std::optional<std::uint32_t> file = c.AddSource(path, std::move(text));
  if (!file) {
    c.Report({.code = Code::kLimitExceeded, .message = "too much rule text"});
    return false;
  }
  Parser(c, scope, *file).Run();
  return c.error_count == errors_before;
}

const std::vector<Diagnostic>& Frontend::diagnostics() const { return compilation_->diagnostics; }

std::size_t Frontend::error_count() const { return compilation_->error_count; }

const SourceFile& Frontend::file(std::uint32_t index) const {
  static const SourceFile kNone;
  return index < compilation_->files.size() ? *compilation_->files[index] : kNone;
}

base::Result<RuleSet> Frontend::Finish() {
  Compilation& c = *compilation_;
  if (c.error_count > 0) {
    for (const Diagnostic& diagnostic : c.diagnostics) {
      if (diagnostic.severity == Severity::kError) {
        return base::MakeError(base::ErrorKind::kMalformed, diagnostic.message,
                               diagnostic.span.begin_offset);
      }
    }
    return base::MakeError(base::ErrorKind::kMalformed, "too many diagnostics");
  }
  c.rules.files.reserve(c.files.size());
  for (const std::shared_ptr<const SourceFile>& file : c.files) {
    c.rules.files.push_back(*file);
  }
  return std::move(c.rules);
}

}  // namespace day::rules::syntax
