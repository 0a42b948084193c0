#include "endpoint/cli/rules_command.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "endpoint/cli/format.h"
#include "endpoint/cli/texts.h"
#include "endpoint/scan/tool_run.h"
#include "libs/os/file.h"
#include "libs/os/memory.h"
#include "libs/os/walk.h"
#include "libs/wire/json_writer.h"

namespace day::endpoint::cli {
namespace {

using workerproto::ToolFileRole;
using workerproto::ToolOutput;

constexpr std::uint64_t kMemoryMaxBytes = 8ull << 30;
constexpr std::uint64_t kCorpusFileBytesMax = 1ull << 30;
constexpr std::uint32_t kNewFileMode = 0644;

struct RulesArguments {
  std::vector<std::string> words;
  bool json = false;
  bool check = false;
  bool write = false;
  std::string budget;
  std::string witness_dir;
};

int UsageError(const std::string& message) {
  PrintError(fmt::format(texts::kUsageHint, message, "rules"));
  return kExitError;
}

// Texts of rules and paths may hold anything: line ends stay, nothing else that a terminal obeys.
void PrintSafely(std::string_view text, std::FILE* stream) {
  std::string out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    out += wire::PrintableText(text.substr(0, end));
    out += end < text.size() ? "\n" : "";
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  (void)std::fwrite(out.data(), 1, out.size(), stream);
}

// A witness's name as the worker proposes it: kept only if it is a plain file name.
bool IsPlainName(std::string_view name) {
  return !name.empty() && name.size() < 200 && name.front() != '.' &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                  c == '_' || c == '.' || c == '-';
         });
}

class RulesRun {
 public:
  explicit RulesRun(RulesArguments arguments) : arguments_(std::move(arguments)) {}

  int Check() {
    if (arguments_.words.empty()) {
      return UsageError("rules check: name the rule files");
    }
    if (!Start("check", {})) {
      return kExitError;
    }
    bool complete = true;
    for (const std::string& path : arguments_.words) {
      complete = Add(ToolFileRole::kRules, path) && complete;
    }
    return complete ? Finish() : (Finish(), kExitError);
  }

  int Format() {
    if (arguments_.words.empty() || (arguments_.check && arguments_.write)) {
      return UsageError("rules format: name the rule files, and at most one of --check, --write");
    }
    int code = kExitClean;
    for (const std::string& path : arguments_.words) {
      code = std::max(code, FormatOne(path));
    }
    return code;
  }

  int Explain() {
    if (arguments_.words.size() != 3) {
      return UsageError("rules explain: name a rule, a rule file and a file");
    }
    return Start("explain", {{"rule", arguments_.words[0]}}) &&
                   Add(ToolFileRole::kRules, arguments_.words[1]) &&
                   Add(ToolFileRole::kTarget, arguments_.words[2])
               ? Finish()
               : kExitError;
  }

  int Cost() {
    if (arguments_.words.size() != 2) {
      return UsageError("rules cost: name a rule file and a file or folder");
    }
    return Start("cost", {}) && Add(ToolFileRole::kRules, arguments_.words[0]) &&
                   AddCorpus(arguments_.words[1])
               ? Finish()
               : kExitError;
  }

  int Diff() {
    if (arguments_.words.size() != 2) {
      return UsageError("rules diff: name the old and the new rule file");
    }
    std::vector<std::pair<std::string, std::string>> options;
    if (!arguments_.witness_dir.empty()) {
      options.emplace_back("witnesses", "");
    }
    return Start("diff", std::move(options)) && Add(ToolFileRole::kRules, arguments_.words[0]) &&
                   Add(ToolFileRole::kNewRules, arguments_.words[1])
               ? Finish()
               : kExitError;
  }

 private:
  bool Start(const std::string& tool, std::vector<std::pair<std::string, std::string>> options) {
    if (arguments_.json) {
      options.emplace_back("json", "");
    }
    if (!arguments_.budget.empty()) {
      options.emplace_back("budget", arguments_.budget);
    }
    scan::WorkerOptions worker;
    base::Result<std::string> program = scan::FindWorkerProgram();
    if (!program.ok()) {
      return Fail(program.error().message);
    }
    worker.program = std::move(program).value();
    worker.memory_max_bytes = kMemoryMaxBytes;
    base::Result<std::unique_ptr<scan::ToolRun>> run =
        scan::ToolRun::Start(std::move(worker), tool, std::move(options));
    if (!run.ok()) {
      return Fail(run.error().message);
    }
    run_ = std::move(run).value();
    return true;
  }

  static bool Fail(const std::string& message) {
    PrintError(message);
    return false;
  }

  bool Add(ToolFileRole role, const std::string& path) {
    const base::Status added = run_->AddFile(role, path);
    return added.ok() || Fail(wire::PrintableText(path) + ": " + added.error().message);
  }

  bool AddCorpus(const std::string& path) {
    os::Walker walker(os::WalkOptions{});
    walker.Start(path);
    os::WalkEntry entry;
    while (walker.Next(&entry)) {
      if (entry.kind == os::WalkEntry::Kind::kError) {
        PrintError(wire::PrintableText(entry.path) + ": " + entry.error.message);
        continue;
      }
      if (entry.kind != os::WalkEntry::Kind::kFile) {
        continue;
      }
      const std::string name(entry.path);
      base::Result<os::Fd> fd = os::OpenReadAt(entry.folder_fd, entry.name, os::Symlinks::kFollow);
      const base::Result<os::FileStat> stat =
          fd.ok() ? os::StatFd(fd->get()) : base::Result<os::FileStat>(fd.error());
      if (!stat.ok() || stat->size_bytes > kCorpusFileBytesMax) {
        PrintError(wire::PrintableText(name) + ": left out, it cannot be read");
        continue;
      }
      const base::Status added =
          run_->AddOpenFile(ToolFileRole::kTarget, name, std::move(fd).value(), stat->size_bytes);
      if (!added.ok()) {
        return Fail(added.error().message);
      }
    }
    return true;
  }

  int Finish() {
    const base::Result<std::uint8_t> code =
        run_->Finish([this](const ToolOutput& output) { Take(output); });
    if (!code.ok()) {
      PrintError(code.error().message);
      return kExitError;
    }
    return failed_ ? kExitError : *code;
  }

  void Take(const ToolOutput& output) {
    switch (output.kind) {
      case ToolOutput::Kind::kText:
        // JSON is safe as it is; PrintSafely would escape its escapes.
        if (collected_ != nullptr) {
          *collected_ += output.bytes;
        } else if (arguments_.json) {
          (void)std::fwrite(output.bytes.data(), 1, output.bytes.size(), stdout);
        } else {
          PrintSafely(output.bytes, stdout);
        }
        break;
      case ToolOutput::Kind::kError:
        PrintSafely(output.bytes, stderr);
        break;
      case ToolOutput::Kind::kFile:
        WriteWitness(output);
        break;
    }
  }

  void WriteWitness(const ToolOutput& output) {
    if (arguments_.witness_dir.empty() || !IsPlainName(output.name)) {
      return;
    }
    base::Status status = os::MakeFolders(arguments_.witness_dir, 0755);
    if (status.ok()) {
      status = os::WriteFileAtomic(arguments_.witness_dir + "/" + output.name,
                                   base::AsBytes(output.bytes), kNewFileMode,
                                   os::Durability::kCrashOfProcess);
    }
    if (!status.ok()) {
      PrintError(arguments_.witness_dir + ": " + status.error().message);
      failed_ = true;
    }
  }

  int FormatOne(const std::string& path) {
    const base::Result<std::string> before = os::ReadFile(path, scan::kToolTextBytesMax);
    const base::Result<os::FileStat> stat = os::StatPath(path, os::Symlinks::kFollow);
    if (!before.ok() || !stat.ok()) {
      PrintError(wire::PrintableText(path) + ": " +
                 (before.ok() ? stat.error() : before.error()).message);
      return kExitError;
    }
    std::string after;
    collected_ = &after;
    // From memory, so that what is compared and what was formatted are the same bytes.
    base::Result<os::Fd> copy = os::CreateMemfd("daylight-rules", base::AsBytes(*before));
    const bool ran =
        copy.ok() && Start("format", {}) &&
        run_->AddOpenFile(ToolFileRole::kRules, path, std::move(copy).value(), before->size())
            .ok() &&
        Finish() == kExitClean;
    collected_ = nullptr;
    if (!ran) {
      return kExitError;
    }
    if (!arguments_.check && !arguments_.write) {
      (void)std::fwrite(after.data(), 1, after.size(), stdout);
      return kExitClean;
    }
    if (after == *before) {
      return kExitClean;
    }
    if (arguments_.check) {
      PrintText(wire::PrintableText(path) + "\n");
      return kExitFound;
    }
    const base::Status written = os::WriteFileAtomic(path, base::AsBytes(after), stat->mode,
                                                     os::Durability::kCrashOfMachine);
    if (!written.ok()) {
      PrintError(wire::PrintableText(path) + ": " + written.error().message);
      return kExitError;
    }
    return kExitClean;
  }

  RulesArguments arguments_;
  std::unique_ptr<scan::ToolRun> run_;
  std::string* collected_ = nullptr;  // where text goes instead of standard output
  bool failed_ = false;
};

bool IsPositiveNumber(const std::string& text) {
  char* end = nullptr;
  const double number = std::strtod(text.c_str(), &end);
  return !text.empty() && *end == '\0' && number > 0;
}

}  // namespace

int RunRules(const Arguments& arguments) {
  const bool wants_help =
      arguments.empty() ||
      std::any_of(arguments.begin(), arguments.end(),
                  [](const std::string& word) { return word == "--help" || word == "-h"; });
  if (wants_help) {
    PrintText(RulesHelp());
    return arguments.empty() ? kExitError : kExitClean;
  }
  RulesArguments parsed;
  CLI::App app;
  app.set_help_flag();
  app.add_option("words", parsed.words);
  app.add_flag("--json", parsed.json);
  app.add_flag("--check", parsed.check);
  app.add_flag("--write", parsed.write);
  app.add_option("--budget", parsed.budget);
  app.add_option("--witness-dir", parsed.witness_dir);
  try {
    // CLI11 takes the words in reverse.
    app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend() - 1));
  } catch (const CLI::ParseError& error) {
    return UsageError(error.what());
  }
  if (!parsed.budget.empty() && !IsPositiveNumber(parsed.budget)) {
    return UsageError("--budget: \"" + parsed.budget + "\" is no positive number");
  }
  static constexpr struct {
    std::string_view name;
    int (RulesRun::*run)();
  } kCommands[] = {{"check", &RulesRun::Check},
                   {"format", &RulesRun::Format},
                   {"explain", &RulesRun::Explain},
                   {"cost", &RulesRun::Cost},
                   {"diff", &RulesRun::Diff}};
  for (const auto& command : kCommands) {
    if (command.name == arguments[0]) {
      RulesRun run(std::move(parsed));
      return (run.*command.run)();
    }
  }
  return UsageError("there is no \"rules " + arguments[0] + "\"");
}

}  // namespace day::endpoint::cli
