// The rules of `daylight yara` and `daylight yarac`: found, compiled and complained about as yara
// 4.5.8 does it. What yara prints to standard error is printed here, in its words.
//
// Not thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "endpoint/cli/rule_bundle.h"
#include "endpoint/cli/yara_options.h"
#include "endpoint/scan/database.h"
#include "endpoint/scan/pool.h"
#include "libs/workerproto/messages.h"

namespace day::endpoint::cli {

// libyara's error numbers, where they show.
inline constexpr int kYaraSuccess = 0;
inline constexpr int kYaraInvalidArgument = 29;
inline constexpr int kYaraWrongExternalType = 48;
inline constexpr int kYaraDuplicatedExternal = 56;

// What `-d` options define, and the error of the last one: yara forgets earlier errors.
struct YaraExternals {
  std::vector<workerproto::External> values;
  int error = kYaraSuccess;
};

// A value as yara's `-d` types it: "1.5" is a float, "7" an integer, "true" a boolean.
std::variant<std::int64_t, double, bool, std::string> TypeYaraValue(const std::string& value);

// For a compilation. Prints wrong syntax, which ends the definitions but is no error.
YaraExternals DefineForCompiler(const std::vector<std::string>& definitions);
// For compiled rules, which declare `known`.
YaraExternals DefineForRules(const std::vector<std::string>& definitions,
                             const std::vector<workerproto::External>& known);

// "error: 29\n" or the text yara has for it.
std::string YaraErrorText(int error);

// Text to standard error, as it is.
void PrintYaraError(std::string_view text);

struct YaraRules {
  scan::CompiledRules compiled;
  std::vector<workerproto::External> externals;  // to set when scanning
};

// Compiles the rule files that `arguments` name ([NAMESPACE:]FILE). Diagnostics go to standard
// error in the words of `program`. `bundle`, if not null, gets what was compiled. Nothing if yara
// would give up; that was printed.
std::optional<YaraRules> CompileYaraRules(YaraProgram program, const YaraOptions& options,
                                          std::span<const std::string> arguments,
                                          const scan::DatabaseLoader& loader, RuleBundle* bundle);

// Loads what `daylight yarac` wrote. Nothing if that fails; that was printed.
std::optional<YaraRules> LoadYaraBundle(const YaraOptions& options, const std::string& path,
                                        const scan::DatabaseLoader& loader);

}  // namespace day::endpoint::cli
