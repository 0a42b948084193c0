#include "worker/engine_backend.h"

#include <openssl/crypto.h>
#include <time.h>

#include <algorithm>
#include <utility>

#include "libs/crypto/hash.h"
#include "libs/rules/compile/compiled_rules.h"
#include "libs/rules/syntax/frontend.h"
#include "worker/engine_scanner.h"
#include "worker/yara_scanner.h"

namespace day::worker {
namespace {

namespace syntax = rules::syntax;

// All diagnostics of one answer together; the rest is counted.
constexpr std::size_t kDiagnosticTextBytesMax = 32u << 20;

workerproto::Diagnostic ToWire(const syntax::Diagnostic& diagnostic,
                               const syntax::SourceFile& file) {
  workerproto::Diagnostic out;
  out.severity = static_cast<workerproto::Diagnostic::Severity>(diagnostic.severity);
  static_assert(static_cast<int>(syntax::Severity::kAdvice) ==
                static_cast<int>(workerproto::Diagnostic::Severity::kAdvice));
  out.code = syntax::CodeName(diagnostic.code);
  out.path = file.path.substr(0, workerproto::kPathBytesMax);
  out.line = diagnostic.span.line;
  out.column = diagnostic.span.column;
  out.message = diagnostic.message.substr(0, workerproto::kNameBytesMax);
  if (diagnostic.printed_by_yara) {
    out.yara_text =
        syntax::RenderLikeYara(diagnostic, file.path).substr(0, workerproto::kNameBytesMax);
  }
  out.human_text =
      syntax::Render(diagnostic, file.path, file.text).substr(0, workerproto::kNameBytesMax);
  return out;
}

void AddDiagnostics(const syntax::Frontend& frontend, workerproto::RulesCompiled* answer) {
  std::size_t bytes = 0;
  for (const syntax::Diagnostic& diagnostic : frontend.diagnostics()) {
    if (answer->diagnostics.size() >= workerproto::kDiagnosticsMax ||
        bytes > kDiagnosticTextBytesMax) {
      return;
    }
    workerproto::Diagnostic out = ToWire(diagnostic, frontend.file(diagnostic.span.file));
    bytes += out.human_text.size() + out.yara_text.size() + out.message.size() + out.path.size();
    answer->diagnostics.push_back(std::move(out));
  }
}

// `bytes` counts the texts of all summaries; beyond kDiagnosticTextBytesMax there are only numbers.
workerproto::SignaturesBuilt::FileSummary SummaryOf(const signatures::sources::SourceReport& report,
                                                    std::size_t* bytes) {
  workerproto::SignaturesBuilt::FileSummary out;
  out.name = report.name.substr(0, workerproto::kPathBytesMax);
  out.type = report.type;
  out.title = report.title;
  out.note = report.note.substr(0, workerproto::kNameBytesMax);
  out.is_used = report.is_used;
  out.signatures = report.lines.signatures;
  out.lines_skipped = report.lines.lines_skipped;
  out.ignored = report.ignored;
  for (const auto& [reason, count] : report.lines.reasons) {
    *bytes += reason.size();
    if (*bytes < kDiagnosticTextBytesMax) {
      out.reasons.emplace_back(reason.substr(0, workerproto::kNameBytesMax), count);
    }
  }
  for (const signatures::LineDiagnostic& diagnostic : report.lines.diagnostics) {
    *bytes += diagnostic.reason.size();
    if (*bytes < kDiagnosticTextBytesMax) {
      out.diagnostics.push_back(std::to_string(diagnostic.line) + ": " + diagnostic.reason);
    }
  }
  return out;
}

}  // namespace

void EngineBackend::Preload(const workerproto::Configure& configure) {
  // libcrypto reads its configuration file and the C library the time zone at first use: both would
  // be refused behind the walls.
  ::OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, nullptr);
  (void)crypto::Md5({});
  (void)crypto::Sha1({});
  (void)crypto::Sha256({});
  ::tzset();
  if (configure.preload_magic && load_magic_) {
    load_magic_();
  }
}

std::pair<workerproto::RulesCompiled, std::string> EngineBackend::CompileRules(
    const workerproto::CompileRules& request, base::Bytes texts, const IncludeLoader& include) {
  workerproto::RulesCompiled answer;
  syntax::FrontendOptions options;
  options.strict_escape = request.strict_escape;
  options.strings_per_rule_max = static_cast<std::size_t>(request.strings_per_rule_max);
  options.yara_x_extensions = request.yara_x_extensions;
  if (request.includes_allowed) {
    options.include_loader = include;
  }
  syntax::Frontend frontend(registry_, std::move(options));
  for (const workerproto::External& external : request.externals) {
    const base::Status defined = frontend.DefineExternal({external.identifier, external.value});
    if (!defined.ok()) {
      answer.error = defined.error().message;
      return {std::move(answer), {}};
    }
  }
  bool valid = true;
  for (const workerproto::CompileRules::Source& source : request.sources) {
    if (!valid && request.stop_at_bad_file) {
      break;
    }
    const base::Bytes text = base::ClippedSlice(texts, source.offset, source.size_bytes);
    valid =
        frontend.AddFile(source.name_space, source.path, std::string(base::AsText(text))) && valid;
  }
  AddDiagnostics(frontend, &answer);
  if (!valid) {
    return {std::move(answer), {}};
  }
  const base::Result<syntax::RuleSet> rules = frontend.Finish();
  if (!rules.ok()) {
    answer.error = rules.error().message;
    return {std::move(answer), {}};
  }
  answer.rule_count = static_cast<std::uint32_t>(rules->rules.size());
  answer.string_count = static_cast<std::uint32_t>(rules->strings.size());
  for (const rules::module::Module* module : rules->modules) {
    answer.modules.emplace_back(module->name());
  }
  base::Result<std::string> blob = rules::compile::CompiledRules::Build(*rules);
  answer.ok = blob.ok();
  if (!blob.ok()) {
    answer.error = blob.error().message;
    return {std::move(answer), {}};
  }
  return {std::move(answer), std::move(blob).value()};
}

void EngineBackend::AddSignatures(std::string_view name, std::string_view text) {
  if (sources_ == nullptr) {
    sources_ = std::make_unique<signatures::sources::SourceSet>();
  }
  sources_->AddFile(name, text);
}

workerproto::SignaturesBuilt EngineBackend::BuildSignatures(
    const std::function<base::Status(base::Bytes)>& write) {
  const auto sources = sources_ != nullptr ? std::move(sources_)
                                           : std::make_unique<signatures::sources::SourceSet>();
  workerproto::SignaturesBuilt answer;
  const base::Status status = sources->WriteTo(write);
  answer.ok = status.ok();
  answer.error = status.ok() ? std::string() : status.error().message;
  answer.signature_count = sources->count();
  std::size_t bytes = 0;
  for (const signatures::sources::SourceReport& report : sources->reports()) {
    answer.files.push_back(SummaryOf(report, &bytes));
  }
  return answer;
}

base::Result<std::unique_ptr<FileScanner>> EngineBackend::Open(
    const DatabaseBytes& database, const workerproto::UseDatabase& use) {
  std::unique_ptr<rules::compile::CompiledRules> rules;
  if (use.has_rules) {
    DAY_TRY_ASSIGN(rules, rules::compile::CompiledRules::Open(database.rules, registry_));
  }
  if (use.settings.mode == workerproto::ScanMode::kYara) {
    if (rules == nullptr) {
      return base::MakeError(base::ErrorKind::kInvalidUse, "no rules");
    }
    return YaraScanner::Create(std::move(rules), database, use, registry_);
  }
  return EngineScanner::Create(std::move(rules), database, use);
}

std::unique_ptr<tools::Tool> EngineBackend::MakeTool(const workerproto::ToolBegin& begin,
                                                     IncludeLoader include) {
  const tools::ToolOptions options(begin.options.begin(), begin.options.end());
  return tools::MakeTool(begin.tool, options, {registry_, std::move(include)});
}

}  // namespace day::worker
