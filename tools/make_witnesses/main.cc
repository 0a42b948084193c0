// Writes files that rules probably match, one a rule, and damaged copies of them.
//
//   make_witnesses OUTPUT_DIRECTORY RULES_FILE [EXTERNAL=VALUE...]
//
// For tools/differential.py. The rule file may include others. Names are RULENUMBER.bin (the
// witness), RULENUMBER.cut.bin (truncated) and RULENUMBER.flip.bin (a few bytes changed).
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>

#include "libs/rules/modules/registry.h"
#include "libs/rules/syntax/frontend.h"
#include "libs/rules/witness/sample.h"
#include "libs/rules/witness/witness.h"

namespace {

namespace syntax = day::rules::syntax;

std::optional<std::string> ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    return std::nullopt;
  }
  return std::string{std::istreambuf_iterator<char>(file), {}};
}

void WriteFile(const std::filesystem::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

void WriteWitness(const std::filesystem::path& folder, std::uint32_t rule, std::string bytes) {
  const std::string name = std::to_string(rule);
  WriteFile(folder / (name + ".bin"), bytes);
  day::rules::witness::Dice dice(rule);
  if (bytes.empty()) {
    return;
  }
  WriteFile(folder / (name + ".cut.bin"),
            bytes.substr(0, bytes.size() / 2 + dice.Below(bytes.size() / 2 + 1)));
  for (int i = 0; i < 8; ++i) {
    bytes[dice.Below(bytes.size())] = static_cast<char>(dice.Below(256));
  }
  WriteFile(folder / (name + ".flip.bin"), bytes);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(stderr, "usage: make_witnesses OUTPUT_DIRECTORY RULES_FILE [EXTERNAL=VALUE...]\n");
    return 2;
  }
  const day::rules::modules::AllModules modules;
  syntax::Frontend frontend(modules, {.include_loader = ReadFile});
  for (int i = 3; i < argc; ++i) {
    const std::string definition = argv[i];
    const std::size_t equals = definition.find('=');
    (void)frontend.DefineExternal({definition.substr(0, equals), definition.substr(equals + 1)});
  }
  const std::optional<std::string> text = ReadFile(argv[2]);
  if (!text || !frontend.AddFile("default", argv[2], *text)) {
    for (const syntax::Diagnostic& diagnostic : frontend.diagnostics()) {
      if (diagnostic.severity == syntax::Severity::kError) {
        std::fprintf(stderr, "%s\n", diagnostic.message.c_str());
      }
    }
    return 1;
  }
  const auto rules = frontend.Finish();
  std::filesystem::create_directories(argv[1]);
  for (std::uint32_t rule = 0; rule < rules->rules.size(); ++rule) {
    WriteWitness(argv[1], rule, day::rules::witness::MakeWitness(*rules, rule, rule + 1));
  }
  std::printf("%zu rules\n", rules->rules.size());
  return 0;
}
