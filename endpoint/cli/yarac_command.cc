#include "endpoint/cli/yarac_command.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <optional>
#include <utility>

#include "endpoint/cli/format.h"
#include "endpoint/cli/rule_bundle.h"
#include "endpoint/cli/yara_options.h"
#include "endpoint/cli/yara_rules.h"
#include "libs/os/file.h"

namespace day::endpoint::cli {
namespace {

constexpr mode_t kFileMode = 0666;  // the umask takes its part, as for yarac

// Written in place, not renamed: the target may be /dev/stdout.
base::Status WriteBundle(const std::string& path, const std::string& bytes) {
  const os::Fd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, kFileMode));
  if (!fd.valid()) {
    return base::MakeError(base::ErrorKind::kIo, path + ": could not be opened for writing");
  }
  return os::WriteAll(fd.get(), base::AsBytes(bytes));
}

}  // namespace

int RunYarac(const Arguments& arguments) {
  const base::Result<YaraOptions> options = ParseYaraOptions(YaraProgram::kYarac, arguments);
  if (!options.ok()) {
    PrintYaraError(options.error().message + "\n");
    return EXIT_FAILURE;
  }
  if (options->version) {
    PrintText("4.5.8\n");
    return EXIT_SUCCESS;
  }
  if (options->help) {
    PrintText(YaraHelp(YaraProgram::kYarac));
    return EXIT_SUCCESS;
  }
  if (options->arguments.size() < 2) {
    PrintYaraError(
        "yarac: wrong number of arguments\n"
        "Usage: yarac [OPTION]... [NAMESPACE:]SOURCE_FILE... OUTPUT_FILE\n\n"
        "Try `--help` for more options\n");
    return EXIT_FAILURE;
  }
  scan::WorkerOptions worker;
  base::Result<std::string> program = scan::FindWorkerProgram();
  if (!program.ok()) {
    PrintError(program.error().message);
    return EXIT_FAILURE;
  }
  worker.program = std::move(program).value();
  const scan::DatabaseLoader loader(std::move(worker), nullptr);
  RuleBundle bundle;
  const std::optional<YaraRules> rules = CompileYaraRules(
      YaraProgram::kYarac, *options,
      std::span(options->arguments).first(options->arguments.size() - 1), loader, &bundle);
  if (!rules) {
    return EXIT_FAILURE;
  }
  const base::Result<std::string> bytes = EncodeBundle(std::move(bundle));
  const base::Status written =
      bytes.ok() ? WriteBundle(options->arguments.back(), *bytes) : base::Status(bytes.error());
  if (!written.ok()) {
    PrintYaraError(fmt::format("error: {}\n", written.error().message));
    return EXIT_FAILURE;
  }
  return EXIT_SUCCESS;
}

}  // namespace day::endpoint::cli
