// Testing a proposal: by running `daylight`, which compiles and scans in its sandbox.
//
// Nothing of the rules is parsed in this process. Thread safety: free functions.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "libs/base/result.h"
#include "libs/update/bundle.h"
#include "network/release/proposal.h"

namespace day::network::release {

struct TrialOptions {
  std::string program;  // `daylight`
  // A folder with match/RULE, files that the rule of that name must find, and clean/*, in which
  // nothing may be found. Empty: not tested, and the report says so.
  std::string fixtures;
  // Files and folders that are known to be good. Empty: not tested, and the report says so.
  std::vector<std::string> known_good;
  std::int64_t time_s = 0;
};

// Told what is being done now, for a person who waits.
using Progress = std::function<void(const std::string& what)>;

// Tests a bundle against `previous` (nothing: the first). Failures are in the report, not errors.
// Errors: kNotFound for folders that are not there; as os::RunProgram().
base::Result<TestReport> RunTrial(const TrialOptions& options, const ReleaseRules& rules,
                                  const update::Bundle& bundle, const update::Bundle& previous,
                                  const std::string& scratch, const Progress& progress);

// The files of /usr/bin that Debian's package manager installed.
std::vector<std::string> InstalledPrograms();

}  // namespace day::network::release
