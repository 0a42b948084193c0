// Checks rule vectors (JSON lines made by tools/yara_vectors.py) against this tree's compiler and
// scanner.
//
//   run_vectors FILE
//
// Prints one line a vector that fails and a summary; exits with 1 if any failed.
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "libs/rules/compile/compiled_rules.h"
#include "libs/rules/modules/basic/testing/tests_module.h"
#include "libs/rules/modules/registry.h"
#include "libs/rules/scan/scanner.h"
#include "libs/rules/syntax/frontend.h"

namespace {

namespace base = day::base;
namespace rules = day::rules;

// The shipped modules and the one that only YARA's tests import.
class TestRegistry final : public rules::module::Registry {
 public:
  TestRegistry() : tests_(rules::modules::basic::CreateTestsModule()) {
    const auto shipped = shipped_.modules();
    all_.assign(shipped.begin(), shipped.end());
    all_.push_back(tests_.get());
  }
  std::span<const rules::module::Module* const> modules() const override { return all_; }

 private:
  rules::modules::AllModules shipped_;
  std::unique_ptr<rules::module::Module> tests_;
  std::vector<const rules::module::Module*> all_;
};

std::string FromBase64(const std::string& text) {
  static const std::string kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  unsigned bits = 0;
  int count = 0;
  for (const char c : text) {
    const std::size_t digit = kAlphabet.find(c);
    if (digit == std::string::npos) {
      break;
    }
    bits = (bits << 6) | static_cast<unsigned>(digit);
    count += 6;
    if (count >= 8) {
      count -= 8;
      out.push_back(static_cast<char>((bits >> count) & 0xFF));
    }
  }
  return out;
}

struct Compiled {
  std::string error;  // YARA's name of the last error, as its compiler keeps it, or empty
  std::string message;
  std::size_t warnings = 0;
  std::vector<char> memory;
  std::unique_ptr<rules::compile::CompiledRules> rules;
};

std::optional<std::string> ReadInclude(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return file ? std::optional(text.str()) : std::nullopt;
}

Compiled CompileText(const TestRegistry& registry, const std::string& text, bool strict_escape,
                     std::size_t strings_per_rule_max) {
  Compiled out;
  rules::syntax::FrontendOptions options;
  options.include_loader = ReadInclude;
  options.strict_escape = strict_escape;
  options.strings_per_rule_max = strings_per_rule_max;
  rules::syntax::Frontend frontend(registry, std::move(options));
  (void)frontend.DefineExternal({"var_zero", std::int64_t{0}});
  (void)frontend.DefineExternal({"var_one", std::int64_t{1}});
  (void)frontend.DefineExternal({"var_true", true});
  (void)frontend.DefineExternal({"var_false", false});
  (void)frontend.AddFile("default", "", text);
  for (const auto& diagnostic : frontend.diagnostics()) {
    if (diagnostic.severity == rules::syntax::Severity::kError) {
      out.error = rules::syntax::CodeName(diagnostic.code);
      out.message = diagnostic.message;
    }
    out.warnings +=
        diagnostic.severity == rules::syntax::Severity::kWarning && diagnostic.printed_by_yara;
  }
  if (!out.error.empty()) {
    return out;
  }
  auto checked = frontend.Finish();
  auto blob = rules::compile::CompiledRules::Build(*checked);
  if (!blob.ok()) {
    out.error = "BUILD";
    out.message = blob.error().message;
    return out;
  }
  out.memory.resize(blob->size() + 64);
  char* aligned =
      out.memory.data() + (64 - reinterpret_cast<std::uintptr_t>(out.memory.data()) % 64);
  std::memcpy(aligned, blob->data(), blob->size());
  auto opened = rules::compile::CompiledRules::Open(std::as_bytes(std::span(aligned, blob->size())),
                                                    registry);
  if (!opened.ok()) {
    out.error = "OPEN";
    out.message = opened.error().message;
    return out;
  }
  out.rules = std::move(opened).value();
  return out;
}

// How often a rule matches (0 or more rules), and how often a string's match equals `expected`.
struct Counted {
  std::size_t rules = 0;
  std::size_t captures = 0;
};

Counted ScanText(const Compiled& compiled, const std::string& data, const std::string& module_data,
                 const std::optional<std::string>& expected) {
  Counted counted;
  const auto scanner = rules::scan::Scanner::Create(*compiled.rules);
  rules::scan::ScanOptions options;
  if (!module_data.empty()) {
    options.module_data["pb_tests"] = base::AsBytes(module_data);
  }
  (void)scanner->Scan(base::AsBytes(data), options);
  const std::vector<std::uint32_t> matching(scanner->matching_rules().begin(),
                                            scanner->matching_rules().end());
  counted.rules = matching.size();
  for (const std::uint32_t rule : matching) {
    const auto info = compiled.rules->rule(rule);
    for (std::uint32_t s = info.strings_begin; s < info.strings_begin + info.strings_count; ++s) {
      for (const auto& match : scanner->MatchesOf(s)) {
        const std::string bytes = data.substr(match.offset, match.length);
        counted.captures += expected && bytes.substr(0, 512) == *expected;
      }
    }
  }
  return counted;
}

// Empty if the vector holds, else what happened instead.
std::string CheckVector(const TestRegistry& registry, const nlohmann::json& vector) {
  const std::string kind = vector["kind"];
  const Compiled compiled =
      CompileText(registry, FromBase64(vector["rule"]), kind == "assert_warning_strict_escape",
                  vector.value("max_strings", rules::syntax::kStringsPerRuleMax));
  if (vector.contains("error")) {
    const std::string want = vector["error"];
    const std::string got = compiled.error.empty() ? "ERROR_SUCCESS" : compiled.error;
    return got == want ? "" : "want " + want + ", got " + got + " " + compiled.message;
  }
  if (!compiled.error.empty()) {
    return "does not compile: " + compiled.error + " " + compiled.message;
  }
  if (kind == "assert_no_warnings") {
    return compiled.warnings == 0 ? "" : "warns";
  }
  if (kind.starts_with("assert_warning")) {
    return compiled.warnings > 0 ? "" : "does not warn";
  }
  const std::string data = FromBase64(vector["data"]);
  const bool is_module_data = kind == "assert_true_rule_module_data_file";
  std::optional<std::string> expected;
  if (vector.contains("expected")) {
    expected = FromBase64(vector["expected"]);
  }
  const Counted counted =
      ScanText(compiled, is_module_data ? "" : data, is_module_data ? data : "", expected);
  if (expected) {
    return counted.captures > 0 ? "" : "no such match";
  }
  if (vector.contains("count")) {
    return counted.rules == vector["count"] ? ""
                                            : "matches " + std::to_string(counted.rules) + " times";
  }
  const bool want = kind.find("_true_") != std::string::npos;
  return (counted.rules > 0) == want ? "" : (want ? "does not match" : "matches");
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: run_vectors FILE\n");
    return 2;
  }
  const TestRegistry registry;
  std::ifstream file(argv[1]);
  std::size_t passed = 0;
  std::size_t failed = 0;
  for (std::string line; std::getline(file, line);) {
    const nlohmann::json vector = nlohmann::json::parse(line);
    const std::string problem = CheckVector(registry, vector);
    (problem.empty() ? passed : failed) += 1;
    if (!problem.empty()) {
      const std::string rule = FromBase64(vector["rule"]);
      std::printf("%s %s: %s\n    %s\n", vector["where"].get<std::string>().c_str(),
                  vector["kind"].get<std::string>().c_str(), problem.c_str(),
                  rule.substr(0, 300).c_str());
    }
  }
  std::printf("%zu passed, %zu failed\n", passed, failed);
  return failed == 0 ? 0 : 1;
}
