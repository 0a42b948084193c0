#include "endpoint/cli/cli.h"

#include <cstdio>
#include <exception>
#include <string_view>

#include "endpoint/cli/fingerprint_command.h"
#include "endpoint/cli/format.h"
#include "endpoint/cli/rules_command.h"
#include "endpoint/cli/texts.h"
#include "endpoint/cli/update_command.h"
#include "endpoint/cli/yara_command.h"
#include "endpoint/cli/yarac_command.h"

namespace day::endpoint::cli {
namespace {

struct Subcommand {
  std::string_view name;
  int (*run)(const Arguments& arguments);
};

constexpr Subcommand kSubcommands[] = {
    {"scan", RunScan},     {"import", RunImport},     {"update", RunUpdate},
    {"verify", RunVerify}, {"log", RunLog},           {"explain", RunExplain},
    {"trust", RunTrust},   {"rollback", RunRollback}, {"rules", RunRules},
    {"yara", RunYara},     {"yarac", RunYarac},       {"fingerprint", RunFingerprint},
};

const Subcommand* Find(std::string_view name) {
  for (const Subcommand& subcommand : kSubcommands) {
    if (subcommand.name == name) {
      return &subcommand;
    }
  }
  return nullptr;
}

int Unknown(std::string_view name) {
  PrintError(fmt::format(texts::kUnknownCommand, name));
  return kExitError;
}

int Help(const Arguments& arguments) {
  if (arguments.empty()) {
    PrintText(texts::MainHelp());
    return kExitClean;
  }
  const Subcommand* subcommand = Find(arguments[0]);
  return subcommand != nullptr ? subcommand->run({"--help"}) : Unknown(arguments[0]);
}

int Dispatch(std::span<char* const> words) {
  if (words.size() < 2) {
    PrintText(texts::MainHelp());
    return kExitError;
  }
  const std::string_view name = words[1];
  const Arguments arguments(words.begin() + 2, words.end());
  if (name == "--version" || name == "-V" || name == "version") {
    PrintText(fmt::format("daylight {}\n", texts::kVersion));
    return kExitClean;
  }
  if (name == "help" || name == "--help" || name == "-h") {
    return Help(arguments);
  }
  const Subcommand* subcommand = Find(name);
  return subcommand != nullptr ? subcommand->run(arguments) : Unknown(name);
}

}  // namespace

int RunCli(std::span<char* const> words) {
  // The last resort for exceptions of the standard library (no memory): none may escape main().
  try {
    const int code = Dispatch(words);
    if (std::fflush(stdout) != 0 && code == kExitClean) {
      return kExitError;
    }
    return code;
  } catch (const std::exception& exception) {
    PrintError(exception.what());
    return kExitError;
  }
}

}  // namespace day::endpoint::cli
