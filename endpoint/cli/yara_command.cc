#include "endpoint/cli/yara_command.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <utility>

#include "endpoint/cli/database_choice.h"
#include "endpoint/cli/format.h"
#include "endpoint/cli/yara_options.h"
#include "endpoint/cli/yara_rules.h"
#include "endpoint/cli/yara_scan.h"
#include "endpoint/scan/pool.h"
#include "libs/os/file.h"
#include "libs/os/system.h"

namespace day::endpoint::cli {
namespace {

constexpr std::string_view kYaraVersion = "4.5.8";
constexpr std::int64_t kYaraThreadsMax = 32;
constexpr std::int64_t kMsPerSecond = 1000;
// yara's default: eleven days, which is not worth looking at the clock for.
constexpr std::int64_t kTimeoutNever = 1'000'000;
// The modules of yara's default build in its order, then those that must be asked for, then ours.
constexpr std::array<std::string_view, 14> kModules = {
    "tests",  "pe",     "elf",   "math", "time", "console", "string",
    "dotnet", "cuckoo", "magic", "hash", "dex",  "macho",   "lnk"};

// Content for modules: `-x MODULE=FILE`, the last one of a module counts. False if yara would give
// up; that was printed.
bool OpenModuleData(const YaraOptions& options, scan::DatabaseFiles* files) {
  for (const std::string& option : options.module_data) {
    const std::size_t equals = option.find('=');
    if (equals == std::string::npos) {
      PrintYaraError("error: wrong syntax for `-x` option.\n");
      return false;
    }
    const std::string module = option.substr(0, equals);
    const std::string path = option.substr(equals + 1);
    base::Result<os::Fd> fd = os::OpenRead(path);
    const base::Result<os::FileStat> stat =
        fd.ok() ? os::StatFd(fd->get()) : base::Result<os::FileStat>(base::Error{});
    if (!stat.ok() || stat->kind != os::FileKind::kRegular) {
      PrintYaraError(fmt::format("error: could not open file \"{}\".\n", path));
      return false;
    }
    const auto same = std::find_if(files->module_data.begin(), files->module_data.end(),
                                   [&](const auto& entry) { return entry.first == module; });
    if (same != files->module_data.end()) {
      const auto index = static_cast<std::size_t>(same - files->module_data.begin());
      same->second = std::move(fd).value();
      files->module_data_bytes[index] = stat->size_bytes;
    } else {
      files->module_data.emplace_back(module, std::move(fd).value());
      files->module_data_bytes.push_back(stat->size_bytes);
    }
  }
  return true;
}

// What is answered without rules: the exit code, if it is one of those.
std::optional<int> AnswerDirectly(const YaraOptions& options) {
  if (options.version) {
    PrintText(fmt::format("{}\n", kYaraVersion));
    return EXIT_SUCCESS;
  }
  if (options.help) {
    PrintText(YaraHelp(YaraProgram::kYara));
    return EXIT_SUCCESS;
  }
  if (options.threads > kYaraThreadsMax) {
    PrintYaraError(fmt::format("maximum number of threads is {}\n", kYaraThreadsMax));
    return EXIT_FAILURE;
  }
  if (options.module_names) {
    PrintText(fmt::format("{}\n", fmt::join(kModules, "\n")));
    return EXIT_SUCCESS;
  }
  if (options.arguments.size() < 2) {
    PrintYaraError(
        "yara: wrong number of arguments\n"
        "Usage: yara [OPTION]... [NAMESPACE:]RULES_FILE... FILE | DIR | PID\n\n"
        "Try `--help` for more options\n");
    return EXIT_FAILURE;
  }
  return std::nullopt;
}

std::optional<YaraRules> LoadRules(const YaraOptions& options, const scan::WorkerOptions& worker,
                                   const CacheHome* home) {
  const scan::DatabaseLoader loader(worker, home != nullptr ? home->artifacts.get() : nullptr);
  const std::span<const std::string> files =
      std::span(options.arguments).first(options.arguments.size() - 1);
  if (!options.compiled_rules) {
    return CompileYaraRules(YaraProgram::kYara, options, files, loader, nullptr);
  }
  if (files.size() != 1) {
    PrintYaraError(
        "error: can't accept multiple rules files if one of them is in compiled form.\n");
    return std::nullopt;
  }
  return LoadYaraBundle(options, files[0], loader);
}

// Our own figures: there is no Aho-Corasick automaton to describe.
void PrintStatistics(const scan::CompiledRules& rules) {
  PrintText(
      fmt::format("size of compiled rules in bytes    : {}\n"
                  "number of rules                    : {}\n"
                  "number of strings                  : {}\n",
                  rules.size_bytes, rules.rule_count, rules.string_count));
}

YaraScan::Target TargetOf(const YaraOptions& options) {
  struct ::stat raw = {};
  const bool is_folder =
      ::stat(options.arguments.back().c_str(), &raw) == 0 && S_ISDIR(raw.st_mode);
  return options.scan_list ? YaraScan::Target::kList
         : is_folder       ? YaraScan::Target::kFolder
                           : YaraScan::Target::kFile;
}

scan::PoolOptions MakePoolOptions(const YaraOptions& options, scan::WorkerOptions worker,
                                  const YaraRules& rules, YaraScan::Target target) {
  const std::vector<std::string>& modules = rules.compiled.modules;
  scan::PoolOptions pool;
  pool.worker = std::move(worker);
  pool.worker.preload_magic = std::find(modules.begin(), modules.end(), "magic") != modules.end();
  const auto threads =
      static_cast<std::uint32_t>(std::clamp<std::int64_t>(options.threads, 1, kYaraThreadsMax));
  pool.workers = target == YaraScan::Target::kFile ? 1 : std::min(threads, os::ProcessorCount());
  pool.order = threads == 1 ? scan::ResultOrder::kAsSubmitted : scan::ResultOrder::kAsTheyCome;
  pool.externals = rules.externals;
  if (options.print_module_data) {
    pool.dump_modules = modules;
  }
  pool.want_rule_table = true;
  pool.want_metas = options.print_meta;
  workerproto::ScanSettings& settings = pool.settings;
  settings.mode = workerproto::ScanMode::kYara;
  if (options.timeout_s > 0 && options.timeout_s < kTimeoutNever) {
    const auto timeout_s = static_cast<std::uint64_t>(options.timeout_s);
    settings.timeout_ms = timeout_s * kMsPerSecond;
    if (target != YaraScan::Target::kFile) {
      settings.deadline_ns =
          os::MonotonicNs() + static_cast<std::int64_t>(settings.timeout_ms) * 1'000'000;
    }
  }
  settings.want_matches =
      options.print_strings || options.print_string_length || options.print_xor_key;
  settings.want_data = options.print_strings || options.print_xor_key;
  settings.want_console = !options.no_console;
  settings.negate = options.negate;
  settings.fast = options.fast;
  return pool;
}

int Scan(const YaraOptions& options, scan::WorkerOptions worker, YaraRules rules,
         scan::DatabaseFiles database) {
  const YaraScan::Target target = TargetOf(options);
  struct ::stat raw = {};
  const std::string& path = options.arguments.back();
  if (target == YaraScan::Target::kList && ::stat(path.c_str(), &raw) == 0 &&
      S_ISDIR(raw.st_mode)) {
    PrintYaraError("error: cannot use a directory as scan list.\n");
    return EXIT_FAILURE;
  }
  scan::PoolOptions pool = MakePoolOptions(options, std::move(worker), rules, target);
  database.rules = std::move(rules.compiled.blob);
  database.rules_bytes = rules.compiled.size_bytes;
  YaraScan scan(options, target, std::move(pool), &database);
  const base::Status ready = scan.WaitUntilReady();
  if (!ready.ok()) {
    PrintYaraError(fmt::format("error: {}\n", ready.error().message));
    return EXIT_FAILURE;
  }
  return scan.Run(path);
}

}  // namespace

int RunYara(const Arguments& arguments) {
  const base::Result<YaraOptions> options = ParseYaraOptions(YaraProgram::kYara, arguments);
  if (!options.ok()) {
    PrintYaraError(options.error().message + "\n");
    return EXIT_FAILURE;
  }
  if (const std::optional<int> code = AnswerDirectly(*options)) {
    return *code;
  }
  scan::DatabaseFiles database;
  if (!OpenModuleData(*options, &database)) {
    return EXIT_FAILURE;
  }
  scan::WorkerOptions worker;
  base::Result<std::string> program = scan::FindWorkerProgram();
  if (!program.ok()) {
    PrintError(program.error().message);
    return EXIT_FAILURE;
  }
  worker.program = std::move(program).value();
  // Without a place for the cache rules are compiled anew: slower, nothing to complain about.
  base::Result<std::unique_ptr<CacheHome>> home = OpenCacheHome();
  std::optional<YaraRules> rules = LoadRules(*options, worker, home.ok() ? home->get() : nullptr);
  if (!rules) {
    return EXIT_FAILURE;
  }
  if (options->print_stats) {
    PrintStatistics(rules->compiled);
    (void)std::fflush(stdout);
  }
  return Scan(*options, std::move(worker), std::move(*rules), std::move(database));
}

}  // namespace day::endpoint::cli
