#include "network/release/trial.h"

#include <fmt/core.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <system_error>
#include <utility>

#include "libs/base/lines.h"
#include "libs/os/file.h"
#include "network/core/compare.h"
#include "network/core/scratch.h"
#include "network/core/tools.h"

namespace day::network::release {
namespace {

namespace fs = std::filesystem;
using base::ErrorKind;
using base::MakeError;
using nlohmann::json;

constexpr std::size_t kListedMax = 50;
// A rule is slow only if it also takes this much: a tenth of a second for a gigabyte.
constexpr double kSlowNsPerByte = 0.1;

std::string TextOf(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

double NumberOf(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_number() ? found->get<double>() : 0;
}

json ArrayOf(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_array() ? *found : json::array();
}

base::Result<json> ParseOutput(const os::ProgramOutput& done, const std::string& what) {
  json parsed = json::parse(done.out, nullptr, false);
  if (done.status.signalled || parsed.is_discarded() || !parsed.is_object()) {
    return MakeError(ErrorKind::kMalformed,
                     fmt::format("{} failed ({}): {}", what, os::DescribeExit(done.status),
                                 done.err.substr(0, 4000)));
  }
  return parsed;
}

// The rule files of a bundle as one.
std::string JoinRules(const update::Bundle& bundle) {
  std::string out;
  for (const auto& [path, text] : bundle.files) {
    if (KindOfRuleFile(path) == RuleFileKind::kRules) {
      out += text + "\n";
    }
  }
  return out;
}

// The rules of a bundle by themselves, written as one file for each source and scanned.
struct Scan {
  struct Finding {
    std::string path;
    std::string rule;
  };
  std::vector<Finding> findings;
  std::vector<std::string> incomplete;
  std::size_t files = 0;
  std::string error;  // not empty: the rules do not compile
};

using core::RunTool;
using core::Scratch;

class Trial {
 public:
  Trial(const TrialOptions& options, const ReleaseRules& rules, const update::Bundle& bundle,
        const Scratch& scratch)
      : options_(options), rules_(rules), bundle_(bundle), scratch_(scratch) {}

  base::Status WriteBundle();
  // Whether the rules compile.
  base::Result<bool> Compile();
  base::Status CheckFixtures(const std::set<std::string>& must_have);
  base::Status CheckKnownGood();
  base::Status CheckCost();

  TestReport report;

 private:
  base::Result<Scan> Run(const std::vector<std::string>& paths);
  void Fail(std::string message) { report.failures.push_back(std::move(message)); }

  const TrialOptions& options_;
  const ReleaseRules& rules_;
  const update::Bundle& bundle_;
  const Scratch& scratch_;
  std::vector<std::string> arguments_;  // --rules FILE, --db FILE
};

base::Status Trial::WriteBundle() {
  for (const auto& [path, text] : bundle_.files) {
    // One folder: the name tells the way.
    std::string name = path;
    for (std::size_t at = 0; (at = name.find('/', at)) != std::string::npos;) {
      name.replace(at, 1, "__");
    }
    DAY_TRY(scratch_.Write(name, text));
    arguments_.push_back(KindOfRuleFile(path) == RuleFileKind::kRules ? "--rules" : "--db");
    arguments_.push_back(scratch_.Path(name));
  }
  return scratch_.Write("empty", "");
}

base::Result<Scan> Trial::Run(const std::vector<std::string>& paths) {
  std::vector<std::string> command = {options_.program, "scan", "--no-cache", "--no-progress",
                                      "--json"};
  command.insert(command.end(), arguments_.begin(), arguments_.end());
  command.push_back("--");
  command.insert(command.end(), paths.begin(), paths.end());
  DAY_TRY_ASSIGN(const os::ProgramOutput done, RunTool(command));
  Scan out;
  std::string_view text = done.out;
  while (!text.empty()) {
    const std::string_view line = base::TakeLine(&text);
    const json item = json::parse(line, nullptr, false);
    if (!item.is_object() || TextOf(item, "type") != "file") {
      continue;
    }
    ++out.files;
    const std::string path = TextOf(item, "path");
    for (const json& finding : ArrayOf(item, "findings")) {
      out.findings.push_back({path, TextOf(finding, "rule")});
    }
    if (TextOf(item, "completeness") != "complete") {
      out.incomplete.push_back(path);
    }
  }
  if (out.files == 0 || done.status.signalled) {
    out.error = done.err.empty() ? os::DescribeExit(done.status) : done.err.substr(0, 4000);
  }
  return out;
}

base::Result<bool> Trial::Compile() {
  DAY_TRY_ASSIGN(const Scan scan, Run({scratch_.Path("empty")}));
  if (!scan.error.empty()) {
    Fail("the rules do not compile: " + scan.error);
    return false;
  }
  if (!scan.incomplete.empty()) {
    Fail("the rules take too long even for an empty file");
    return false;
  }
  return true;
}

base::Status Trial::CheckFixtures(const std::set<std::string>& must_have) {
  const std::string match = options_.fixtures + "/match";
  const std::string clean = options_.fixtures + "/clean";
  DAY_TRY(os::StatPath(match, os::Symlinks::kFollow));
  std::set<std::string> fixtures;
  std::error_code error;
  for (fs::directory_iterator it(match, error), end; !error && it != end; it.increment(error)) {
    fixtures.insert(it->path().filename().string());
  }
  DAY_TRY_ASSIGN(const Scan scan, Run({match}));
  std::set<std::string> found;
  for (const Scan::Finding& finding : scan.findings) {
    if (fs::path(finding.path).filename() == finding.rule) {
      found.insert(finding.rule);
    }
  }
  std::set<std::string> rules;
  std::size_t without = 0;
  for (const std::string& rule : must_have) {
    if (!fixtures.contains(rule)) {
      Fail(fmt::format("rule {} is new or changed and has no fixture: make {}/{}", rule, match,
                       rule));
    }
  }
  for (const std::string& fixture : fixtures) {
    if (!found.contains(fixture)) {
      const bool removed =
          std::find(report.blindness.removed.begin(), report.blindness.removed.end(), fixture) !=
          report.blindness.removed.end();
      if (!removed) {
        Fail(
            fmt::format("{}/{} is not found by the rule {}; if there is no such rule any more, "
                        "delete it",
                        match, fixture, fixture));
      }
      ++without;
    }
  }
  report.notes.push_back(fmt::format("fixtures: {} of {} are found by their rule",
                                     fixtures.size() - without, fixtures.size()));
  if (os::StatPath(clean, os::Symlinks::kFollow).ok()) {
    DAY_TRY_ASSIGN(const Scan harmless, Run({clean}));
    for (const Scan::Finding& finding : harmless.findings) {
      Fail(fmt::format("{} is found in the harmless {}", finding.rule, finding.path));
    }
  }
  return base::OkStatus();
}

base::Status Trial::CheckKnownGood() {
  DAY_TRY_ASSIGN(const Scan scan, Run(options_.known_good));
  std::map<std::string, std::pair<std::size_t, std::string>> by_rule;
  for (const Scan::Finding& finding : scan.findings) {
    auto& [count, example] = by_rule[finding.rule];
    ++count;
    example = finding.path;
  }
  report.notes.push_back(fmt::format("known-good files: {} scanned, {} findings by {} rules",
                                     scan.files, scan.findings.size(), by_rule.size()));
  if (!scan.incomplete.empty()) {
    report.notes.push_back(fmt::format("known-good files: {} not scanned to the end, such as {}",
                                       scan.incomplete.size(), scan.incomplete.front()));
  }
  if (!scan.error.empty()) {
    Fail("the known-good files could not be scanned: " + scan.error);
  }
  if (static_cast<std::int64_t>(scan.findings.size()) <= rules_.false_alarms_max) {
    return base::OkStatus();
  }
  for (const auto& [rule, what] : by_rule) {
    Fail(fmt::format("false alarm: {} in {} known-good files, such as {}", rule, what.first,
                     what.second));
  }
  return base::OkStatus();
}

base::Status Trial::CheckCost() {
  DAY_TRY(scratch_.Write("all.rules", JoinRules(bundle_)));
  std::string corpus = options_.known_good.size() == 1 ? options_.known_good[0] : "/usr/bin";
  DAY_TRY_ASSIGN(
      const os::ProgramOutput done,
      RunTool({options_.program, "rules", "cost", scratch_.Path("all.rules"), corpus, "--json"}));
  DAY_TRY_ASSIGN(const json cost, ParseOutput(done, "daylight rules cost"));
  const double bytes = std::max(1.0, NumberOf(cost, "bytes"));
  struct Cost {
    double ns_per_byte;
    double percent;
    std::string rule;
  };
  std::vector<Cost> costs;
  for (const json& rule : ArrayOf(cost, "rules")) {
    costs.push_back(
        {NumberOf(rule, "time_ns") / bytes, NumberOf(rule, "percent"), TextOf(rule, "rule")});
  }
  std::sort(costs.begin(), costs.end(),
            [](const Cost& a, const Cost& b) { return a.ns_per_byte > b.ns_per_byte; });
  report.notes.push_back(
      fmt::format("cost: {} rules over {:.1f} MB of {}", costs.size(), bytes / 1e6, corpus));
  for (std::size_t i = 0; i < costs.size(); ++i) {
    const Cost& one = costs[i];
    if (i < 5) {
      report.notes.push_back(fmt::format("cost: {} takes {:.3f} s for a GB, {:.1f} % of all rules",
                                         one.rule, one.ns_per_byte, one.percent));
    }
    if (one.ns_per_byte > kSlowNsPerByte &&
        one.percent > static_cast<double>(rules_.cost_percent_max)) {
      Fail(
          fmt::format("{} is too slow: {:.1f} % of the time of all rules ({} % allowed), {:.2f} s "
                      "for a GB",
                      one.rule, one.percent, rules_.cost_percent_max, one.ns_per_byte));
    }
  }
  return base::OkStatus();
}

}  // namespace

base::Result<TestReport> RunTrial(const TrialOptions& options, const ReleaseRules& rules,
                                  const update::Bundle& bundle, const update::Bundle& previous,
                                  const std::string& scratch, const Progress& progress) {
  const Scratch folder(scratch);
  Trial trial(options, rules, bundle, folder);
  TestReport& report = trial.report;
  report.time_s = options.time_s;
  progress("compiling");
  DAY_TRY(trial.WriteBundle());
  DAY_TRY_ASSIGN(const bool compiles, trial.Compile());
  if (!compiles) {
    return report;
  }
  progress("comparing with the released rules");
  auto blindness = core::CompareBundles(options.program, previous, bundle, scratch + "-diff");
  if (!blindness.ok()) {
    report.failures.push_back("comparing with the released rules: " + blindness.error().message);
    return report;
  }
  report.blindness = std::move(*blindness);
  if (options.fixtures.empty()) {
    report.skipped.push_back("fixtures");
  } else {
    progress("scanning the fixtures");
    std::set<std::string> must_have(report.blindness.added.begin(), report.blindness.added.end());
    for (const std::string& changed : report.blindness.changed) {
      must_have.insert(changed.substr(0, changed.find(':')));
    }
    DAY_TRY(trial.CheckFixtures(must_have));
  }
  if (options.known_good.empty()) {
    report.skipped.push_back("false alarms and cost over known-good files");
  } else {
    progress("scanning known-good files");
    DAY_TRY(trial.CheckKnownGood());
    progress("measuring the cost of each rule");
    if (const base::Status cost = trial.CheckCost(); !cost.ok()) {
      report.failures.push_back("measuring the cost (names of rules must be unique in a bundle): " +
                                cost.error().message);
    }
  }
  if (report.failures.size() > kListedMax) {
    const std::size_t more = report.failures.size() - kListedMax;
    report.failures.resize(kListedMax);
    report.failures.push_back(fmt::format("and {} more", more));
  }
  return report;
}

std::vector<std::string> InstalledPrograms() {
  std::set<std::string> out;
  std::error_code error;
  for (fs::directory_iterator it("/var/lib/dpkg/info", error), end; !error && it != end;
       it.increment(error)) {
    if (it->path().extension() != ".list") {
      continue;
    }
    const auto text = os::ReadFile(it->path().string(), 64u << 20);
    for (std::string_view rest = text.ok() ? std::string_view(*text) : ""; !rest.empty();) {
      const std::string line(base::TakeLine(&rest));
      const auto stat = line.starts_with("/usr/bin/")
                            ? os::StatPath(line, os::Symlinks::kRefuse)
                            : base::Result<os::FileStat>(os::ErrnoError("", 0));
      if (stat.ok() && stat->kind == os::FileKind::kRegular) {
        out.insert(line);
      }
    }
  }
  return {out.begin(), out.end()};
}

}  // namespace day::network::release
