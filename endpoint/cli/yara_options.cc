#include "endpoint/cli/yara_options.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdlib>
#include <optional>
#include <variant>

namespace day::endpoint::cli {
namespace {

using Flag = bool YaraOptions::*;
using Number = std::int64_t YaraOptions::*;
using Text = std::string YaraOptions::*;
using Texts = std::vector<std::string> YaraOptions::*;

struct Option {
  char letter;  // 0: only the long form
  std::string_view name;
  std::variant<Flag, Number, Text, Texts> target;
  std::string_view value_name;
  std::string_view help;
  bool yarac = false;  // yarac has it, too
};

constexpr Option kOptions[] = {
    {0, "atom-quality-table", &YaraOptions::atom_quality_table, "FILE",
     "accepted for compatibility; atoms are chosen by our own statistics", true},
    {'C', "compiled-rules", &YaraOptions::compiled_rules, "",
     "the rules file was written by yarac"},
    {'c', "count", &YaraOptions::count_only, "", "print only how many rules match"},
    {'E', "strict-escape", &YaraOptions::strict_escape, "", "warn of unknown escape sequences",
     true},
    {'d', "define", &YaraOptions::definitions, "VAR=VALUE", "define an external variable", true},
    {'q', "disable-console-logs", &YaraOptions::no_console, "",
     "do not print what the console module logs"},
    {0, "fail-on-warnings", &YaraOptions::fail_on_warnings, "", "treat warnings as errors", true},
    {'f', "fast-scan", &YaraOptions::fast, "",
     "report only the first match of strings whose count does not matter"},
    {'h', "help", &YaraOptions::help, "", "show this help", true},
    {'i', "identifier", &YaraOptions::identifiers, "IDENTIFIER", "print only rules of this name"},
    {0, "max-process-memory-chunk", &YaraOptions::process_memory_chunk, "NUMBER",
     "accepted for compatibility; processes are not scanned"},
    {'l', "max-rules", &YaraOptions::rule_matches_max, "NUMBER",
     "stop after this many matching rules"},
    {0, "max-strings-per-rule", &YaraOptions::strings_per_rule_max, "NUMBER",
     "the most strings a rule may have (default: 10000)", true},
    {'x', "module-data", &YaraOptions::module_data, "MODULE=FILE",
     "hand FILE's content to a module"},
    {'n', "negate", &YaraOptions::negate, "", "print the rules that do not match"},
    {'N', "no-follow-symlinks", &YaraOptions::follow_symlinks, "",
     "do not follow symbolic links in directories"},
    {'w', "no-warnings", &YaraOptions::no_warnings, "", "do not print warnings", true},
    {'m', "print-meta", &YaraOptions::print_meta, "", "print metadata"},
    {'D', "print-module-data", &YaraOptions::print_module_data, "",
     "print what modules found in each file"},
    {'M', "module-names", &YaraOptions::module_names, "", "list the modules and exit"},
    {'e', "print-namespace", &YaraOptions::print_namespace, "", "print the namespace of rules"},
    {'S', "print-stats", &YaraOptions::print_stats, "", "print statistics of the rules"},
    {'s', "print-strings", &YaraOptions::print_strings, "", "print matching strings"},
    {'L', "print-string-length", &YaraOptions::print_string_length, "",
     "print the length of matching strings"},
    {'X', "print-xor-key", &YaraOptions::print_xor_key, "", "print xor keys and the plain text"},
    {'g', "print-tags", &YaraOptions::print_tags, "", "print tags"},
    {'r', "recursive", &YaraOptions::recursive, "", "scan directories with what is below them"},
    {0, "scan-list", &YaraOptions::scan_list, "", "TARGET is a file with one path a line"},
    {'z', "skip-larger", &YaraOptions::skip_larger_bytes, "NUMBER",
     "in directories, skip files larger than this"},
    {'k', "stack-size", &YaraOptions::stack_slots, "SLOTS",
     "accepted for compatibility; there is no such stack"},
    {'t', "tag", &YaraOptions::tags, "TAG", "print only rules with this tag"},
    {'p', "threads", &YaraOptions::threads, "NUMBER", "workers for scanning a directory"},
    {'a', "timeout", &YaraOptions::timeout_s, "SECONDS", "give up after this time"},
    {'v', "version", &YaraOptions::version, "", "show the version", true},
};

const Option* FindShort(YaraProgram program, char letter) {
  for (const Option& option : kOptions) {
    if (option.letter == letter && (program == YaraProgram::kYara || option.yarac)) {
      return &option;
    }
  }
  return nullptr;
}

const Option* FindLong(YaraProgram program, std::string_view name) {
  for (const Option& option : kOptions) {
    if (option.name == name && (program == YaraProgram::kYara || option.yarac)) {
      return &option;
    }
  }
  return nullptr;
}

std::optional<std::int64_t> ToNumber(const std::string& text) {
  char* end = nullptr;
  const long long number = std::strtoll(text.c_str(), &end, 0);
  return *end == '\0' ? std::optional<std::int64_t>(number) : std::nullopt;
}

// Applies an option; `value` may be null. Says whether the value was used.
base::Result<bool> Apply(const Option& option, const std::string* value, std::string_view word,
                         YaraOptions& out) {
  if (const Flag* flag = std::get_if<Flag>(&option.target)) {
    out.*(*flag) = !(out.*(*flag));
    return false;
  }
  if (const Number* number = std::get_if<Number>(&option.target)) {
    const std::optional<std::int64_t> parsed = value != nullptr ? ToNumber(*value) : std::nullopt;
    if (!parsed) {
      return base::MakeError(base::ErrorKind::kInvalidUse,
                             fmt::format("option `{}` requires an integer argument", word));
    }
    out.*(*number) = *parsed;
    return true;
  }
  if (value == nullptr) {
    return base::MakeError(base::ErrorKind::kInvalidUse,
                           fmt::format("option `{}` requires a string argument", word));
  }
  if (const Text* text = std::get_if<Text>(&option.target)) {
    out.*(*text) = *value;
  } else {
    (out.*std::get<Texts>(option.target)).push_back(*value);
  }
  return true;
}

base::Error UnknownOption(std::string_view word) {
  return base::MakeError(base::ErrorKind::kInvalidUse, fmt::format("unknown option `{}`", word));
}

base::Status ParseLong(YaraProgram program, const std::string& word, YaraOptions& out) {
  const std::size_t equals = word.find('=');
  const Option* option = FindLong(program, std::string_view(word).substr(2, equals - 2));
  if (option == nullptr) {
    return UnknownOption(word);
  }
  const std::string value = equals == std::string::npos ? "" : word.substr(equals + 1);
  DAY_TRY(Apply(*option, equals == std::string::npos ? nullptr : &value, word, out));
  return base::OkStatus();
}

// Parses the letters of a word such as "-rsp"; `next` is the word behind it, or null. Says whether
// the next word was taken as a value.
base::Result<bool> ParseShort(YaraProgram program, const std::string& word, const std::string* next,
                              YaraOptions& out) {
  bool used_next = false;
  for (std::size_t i = 1; i < word.size(); ++i) {
    const Option* option = FindShort(program, word[i]);
    if (option == nullptr) {
      return UnknownOption(word);
    }
    const bool is_last = i + 1 == word.size();
    DAY_TRY_ASSIGN(used_next, Apply(*option, is_last ? next : nullptr, word, out));
  }
  return used_next;
}

}  // namespace

base::Result<YaraOptions> ParseYaraOptions(YaraProgram program,
                                           std::span<const std::string> words) {
  YaraOptions out;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (word.starts_with("--") && word.size() > 2) {
      DAY_TRY(ParseLong(program, word, out));
    } else if (word.size() > 1 && word[0] == '-' && word != "--") {
      const std::string* next = i + 1 < words.size() ? &words[i + 1] : nullptr;
      DAY_TRY_ASSIGN(const bool used_next, ParseShort(program, word, next, out));
      i += used_next ? 1 : 0;
    } else {
      out.arguments.push_back(word);
    }
  }
  return out;
}

std::string YaraHelp(YaraProgram program) {
  const bool yara = program == YaraProgram::kYara;
  std::string help =
      yara ? "daylight yara: scan with YARA rules; the command line and the output of yara 4.5.8\n"
             "Usage: daylight yara [OPTION]... [NAMESPACE:]RULES_FILE... FILE | DIR\n\n"
             "Rules and files are parsed in sandboxed worker processes. Process ids are not "
             "scanned.\n\n"
           : "daylight yarac: check YARA rules and write them to one file for `daylight yara -C`\n"
             "Usage: daylight yarac [OPTION]... [NAMESPACE:]SOURCE_FILE... OUTPUT_FILE\n\n";
  for (const Option& option : kOptions) {
    if (!yara && !option.yarac) {
      continue;
    }
    const std::string letter = option.letter != 0 ? fmt::format("-{}, ", option.letter) : "    ";
    const std::string value =
        option.value_name.empty() ? "" : fmt::format("={}", option.value_name);
    help += fmt::format("  {:<38}{}\n", fmt::format("{}--{}{}", letter, option.name, value),
                        option.help);
  }
  help +=
      "\nExit status: 0 if everything was scanned, whether rules matched or not; 1 on any error.\n";
  return help;
}

}  // namespace day::endpoint::cli
