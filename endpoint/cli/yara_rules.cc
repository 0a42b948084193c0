#include "endpoint/cli/yara_rules.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <cstdlib>
#include <set>
#include <utility>

#include "libs/os/file.h"

namespace day::endpoint::cli {
namespace {

using workerproto::Diagnostic;
using workerproto::External;

constexpr std::string_view kDefaultNamespace = "default";
constexpr std::string_view kStdinPath = "-";
constexpr std::size_t kIdentifierBytesMax = 128;  // of rules

bool IsDigits(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool IsInteger(std::string_view text) {
  text.remove_prefix(text.starts_with('-') ? 1 : 0);
  return !text.empty() && IsDigits(text);
}

// Digits and exactly one dot, which does not come first.
bool IsFloat(std::string_view text) {
  text.remove_prefix(text.starts_with('-') ? 1 : 0);
  const std::size_t dot = text.find('.');
  return dot != std::string_view::npos && dot != 0 && IsDigits(text.substr(0, dot)) &&
         IsDigits(text.substr(dot + 1));
}

// Words that no rule can use as a name.
constexpr std::string_view kKeywords[] = {
    "all",       "and",         "any",      "ascii",     "at",         "base64",  "base64wide",
    "condition", "contains",    "defined",  "endswith",  "entrypoint", "false",   "filesize",
    "for",       "fullword",    "global",   "icontains", "iendswith",  "iequals", "import",
    "in",        "include",     "int16",    "int16be",   "int32",      "int32be", "int8",
    "int8be",    "istartswith", "matches",  "meta",      "nocase",     "none",    "not",
    "of",        "or",          "private",  "rule",      "startswith", "strings", "them",
    "true",      "uint16",      "uint16be", "uint32",    "uint32be",   "uint8",   "uint8be",
    "wide",      "xor"};

bool IsIdentifier(std::string_view text) {
  const auto is_word = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
  };
  return !text.empty() && !IsDigits(text.substr(0, 1)) && text.size() <= kIdentifierBytesMax &&
         std::all_of(text.begin(), text.end(), is_word) &&
         std::find(std::begin(kKeywords), std::end(kKeywords), text) == std::end(kKeywords);
}

// Splits "a=1"; false, and says so, if there is no '='.
bool Split(const std::string& definition, External* out) {
  const std::size_t equals = definition.find('=');
  if (equals == std::string::npos) {
    PrintYaraError("error: wrong syntax for `-d` option.\n");
    return false;
  }
  out->identifier = definition.substr(0, equals);
  out->value = TypeYaraValue(definition.substr(equals + 1));
  return true;
}

// A rule file to compile, or why there is none.
struct Resolved {
  std::vector<scan::RuleFile> files;
  std::string error;  // yara's line; what comes before the missing file is compiled first
};

// Reads what is no regular file (standard input, pipes); those cannot be read twice.
base::Result<std::string> ReadStream(const std::string& path) {
  const bool is_stdin = path == kStdinPath;
  const int fd =
      is_stdin ? ::dup(STDIN_FILENO) : ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY);
  const os::Fd owned(fd);
  if (fd < 0) {
    return base::MakeError(base::ErrorKind::kNotFound, "could not open");
  }
  return os::ReadFd(owned.get(), scan::kRuleFileBytesMax);
}

std::optional<scan::RuleFile> ResolveOne(const std::string& argument, std::string* error) {
  scan::RuleFile file{std::string(kDefaultNamespace), argument, std::nullopt};
  const std::size_t colon = argument.find(':');
  if (::access(argument.c_str(), F_OK) != 0 && colon != std::string::npos &&
      argument.substr(colon + 1, 1) != "\\") {
    file.name_space = argument.substr(0, colon);
    file.path = argument.substr(colon + 1);
  }
  const base::Result<os::FileStat> stat = os::StatPath(file.path, os::Symlinks::kFollow);
  if (stat.ok() && stat->kind == os::FileKind::kRegular && os::OpenRead(file.path).ok()) {
    return file;
  }
  base::Result<std::string> text = ReadStream(file.path);
  if (!text.ok()) {
    *error = text.error().kind == base::ErrorKind::kNotFound
                 ? fmt::format("error: could not open file: {}\n", file.path)
                 : fmt::format("{}(1): error: input in flex scanner failed\n", file.path);
    return std::nullopt;
  }
  file.text = std::move(text).value();
  return file;
}

Resolved Resolve(std::span<const std::string> arguments) {
  Resolved out;
  for (const std::string& argument : arguments) {
    std::optional<scan::RuleFile> file = ResolveOne(argument, &out.error);
    if (!file) {
      break;
    }
    out.files.push_back(std::move(*file));
  }
  return out;
}

// yarac prints what belongs to no rule in another order of words than yara.
std::string TextFor(YaraProgram program, const Diagnostic& diagnostic) {
  const std::string& text = diagnostic.yara_text;
  const std::string place = diagnostic.path + "(";
  const std::size_t end = text.find("): ", place.size());
  if (program == YaraProgram::kYara || !text.starts_with(place) || end == std::string::npos) {
    return text;
  }
  const std::string where = text.substr(0, end + 1);
  const std::string_view rest = std::string_view(text).substr(end + 3);
  const std::size_t colon = rest.find(": ");
  if (colon == std::string_view::npos) {
    return text;
  }
  return fmt::format("{}: {}: {}", rest.substr(0, colon), where, rest.substr(colon + 2));
}

// Prints errors and warnings; returns the number of warnings that yara counts.
std::size_t PrintDiagnostics(YaraProgram program, const YaraOptions& options,
                             const std::vector<Diagnostic>& diagnostics) {
  std::size_t warnings = 0;
  std::string out;
  for (const Diagnostic& diagnostic : diagnostics) {
    const bool is_warning = diagnostic.severity == Diagnostic::Severity::kWarning;
    if (diagnostic.severity == Diagnostic::Severity::kAdvice ||
        (is_warning && options.no_warnings)) {
      continue;
    }
    warnings += is_warning ? 1 : 0;
    out += TextFor(program, diagnostic);
  }
  PrintYaraError(out);
  return warnings;
}

scan::CompileRequest MakeRequest(const YaraOptions& options) {
  scan::CompileRequest request;
  request.strict_escape = options.strict_escape;
  request.yara_x_extensions = false;
  request.stop_at_bad_file = true;
  // yara takes the number as unsigned: a negative one is no limit.
  request.strings_per_rule_max = static_cast<std::uint32_t>(options.strings_per_rule_max);
  return request;
}

bool DefineExternals(YaraProgram program, const YaraOptions& options, YaraExternals* out) {
  *out = DefineForCompiler(options.definitions);
  if (out->error != kYaraSuccess) {
    if (program == YaraProgram::kYara) {
      PrintYaraError(YaraErrorText(out->error));
    }
    return false;
  }
  return true;
}

bool AtomTableReadable(YaraProgram program, const YaraOptions& options) {
  if (options.atom_quality_table.empty() || os::OpenRead(options.atom_quality_table).ok()) {
    return true;
  }
  PrintYaraError(program == YaraProgram::kYara
                     ? "error loading atom quality table: could not open file\n"
                     : "error loading atom quality table\n");
  return false;
}

// The texts of a bundle: those of files on the disk are read (again).
bool FillBundle(scan::CompileRequest request, std::vector<scan::IncludedFile> includes,
                RuleBundle* bundle) {
  for (scan::RuleFile& file : request.files) {
    if (!file.text) {
      base::Result<std::string> text = os::ReadFile(file.path, scan::kRuleFileBytesMax);
      if (!text.ok()) {
        PrintYaraError(fmt::format("error: could not open file: {}\n", file.path));
        return false;
      }
      file.text = std::move(text).value();
    }
  }
  bundle->sources = std::move(request.files);
  bundle->includes = std::move(includes);
  bundle->externals = std::move(request.externals);
  bundle->strings_per_rule_max = request.strings_per_rule_max;
  return true;
}

}  // namespace

std::variant<std::int64_t, double, bool, std::string> TypeYaraValue(const std::string& value) {
  if (IsFloat(value)) {
    return std::strtod(value.c_str(), nullptr);
  }
  if (IsInteger(value)) {
    // yara uses atoi(): 32 bits of a 64-bit number.
    const long long number = std::strtoll(value.c_str(), nullptr, 10);
    return static_cast<std::int64_t>(static_cast<std::int32_t>(number));
  }
  if (value == "true" || value == "false") {
    return value == "true";
  }
  return value;
}

YaraExternals DefineForCompiler(const std::vector<std::string>& definitions) {
  YaraExternals out;
  std::set<std::string> seen;
  for (const std::string& definition : definitions) {
    External external;
    if (!Split(definition, &external)) {
      out.error = kYaraSuccess;
      return out;
    }
    const bool is_new = seen.insert(external.identifier).second;
    out.error = is_new ? kYaraSuccess : kYaraDuplicatedExternal;
    // No rule can name anything else, and yara accepts it.
    if (is_new && IsIdentifier(external.identifier)) {
      out.values.push_back(std::move(external));
    }
  }
  return out;
}

YaraExternals DefineForRules(const std::vector<std::string>& definitions,
                             const std::vector<External>& known) {
  YaraExternals out;
  for (const std::string& definition : definitions) {
    External external;
    if (!Split(definition, &external)) {
      out.error = kYaraSuccess;
      return out;
    }
    const auto declared = std::find_if(known.begin(), known.end(), [&](const External& other) {
      return other.identifier == external.identifier;
    });
    if (declared == known.end()) {
      out.error = kYaraInvalidArgument;
    } else if (declared->value.index() != external.value.index()) {
      out.error = kYaraWrongExternalType;
    } else {
      out.error = kYaraSuccess;
      out.values.push_back(std::move(external));
    }
  }
  return out;
}

std::string YaraErrorText(int error) {
  return error == kYaraWrongExternalType ? "invalid type for external variable\n"
                                         : fmt::format("error: {}\n", error);
}

void PrintYaraError(std::string_view text) {
  (void)std::fwrite(text.data(), 1, text.size(), stderr);
}

std::optional<YaraRules> CompileYaraRules(YaraProgram program, const YaraOptions& options,
                                          std::span<const std::string> arguments,
                                          const scan::DatabaseLoader& loader, RuleBundle* bundle) {
  YaraExternals externals;
  if (!DefineExternals(program, options, &externals) || !AtomTableReadable(program, options)) {
    return std::nullopt;
  }
  Resolved resolved = Resolve(arguments);
  if (resolved.files.empty()) {
    PrintYaraError(resolved.error);
    return std::nullopt;
  }
  scan::CompileRequest request = MakeRequest(options);
  request.files = std::move(resolved.files);
  request.externals = std::move(externals.values);
  std::vector<scan::IncludedFile> includes;
  request.includes_read = bundle != nullptr ? &includes : nullptr;
  base::Result<scan::CompiledRules> compiled = loader.LoadRules(request);
  if (!compiled.ok()) {
    PrintYaraError(fmt::format("error: {}\n", compiled.error().message));
    return std::nullopt;
  }
  const std::size_t warnings = PrintDiagnostics(program, options, compiled->diagnostics);
  if (!compiled->ok) {
    if (!compiled->error.empty()) {
      PrintYaraError(fmt::format("error: {}\n", compiled->error));
    }
    return std::nullopt;
  }
  if (!resolved.error.empty()) {
    PrintYaraError(resolved.error);
    return std::nullopt;
  }
  if (options.fail_on_warnings && warnings > 0) {
    return std::nullopt;
  }
  if (bundle != nullptr && !FillBundle(std::move(request), std::move(includes), bundle)) {
    return std::nullopt;
  }
  return YaraRules{std::move(compiled).value(), {}};
}

std::optional<YaraRules> LoadYaraBundle(const YaraOptions& options, const std::string& path,
                                        const scan::DatabaseLoader& loader) {
  const base::Result<std::string> bytes = os::ReadFile(path, kBundleBytesMax);
  if (!bytes.ok()) {
    PrintYaraError("could not open file\n");
    return std::nullopt;
  }
  if (IsLibyaraFile(base::AsBytes(*bytes))) {
    PrintYaraError(fmt::format(
        "{}: compiled by libyara's yarac. Such files hold machine code for libyara alone; compile "
        "the rules with `daylight yarac` instead.\n",
        path));
    return std::nullopt;
  }
  base::Result<RuleBundle> bundle = DecodeBundle(base::AsBytes(*bytes));
  if (!bundle.ok()) {
    PrintYaraError(bundle.error().kind == base::ErrorKind::kUnsupported
                       ? "rules were compiled with a different version of YARA\n"
                   : bundle.error().offset == 0 ? "invalid compiled rules file.\n"
                                                : "corrupt compiled rules file.\n");
    return std::nullopt;
  }
  YaraExternals externals = DefineForRules(options.definitions, bundle->externals);
  if (externals.error != kYaraSuccess) {
    PrintYaraError(YaraErrorText(externals.error));
    return std::nullopt;
  }
  scan::CompileRequest request = MakeRequest(options);
  request.strings_per_rule_max = bundle->strings_per_rule_max;
  request.files = std::move(bundle->sources);
  request.externals = std::move(bundle->externals);
  request.includes = &bundle->includes;
  base::Result<scan::CompiledRules> compiled = loader.LoadRules(request);
  if (!compiled.ok() || !compiled->ok) {
    const std::string& reason = compiled.ok() ? compiled->error : compiled.error().message;
    PrintYaraError(
        fmt::format("corrupt compiled rules file.{}{}\n", reason.empty() ? "" : " ", reason));
    return std::nullopt;
  }
  return YaraRules{std::move(compiled).value(), std::move(externals.values)};
}

}  // namespace day::endpoint::cli
