// The commands of daylight-audit; audit.cc reads the command line for them.
//
// Results go to standard output (with --json: one object a line), errors to standard error.
// Thread safety: one thread.
#pragma once

#include <cstdint>
#include <string>

#include "libs/base/result.h"
#include "libs/tlog/policy.h"
#include "network/core/passphrase.h"

namespace day::network::audit {

struct Flags {
  std::string policy;
  std::string where;
  std::string folder;
  std::string out;
  std::string proof;
  std::string entry;
  std::string leaf_hash;
  std::string key;
  std::string name;
  std::string logs;
  std::string listen;
  std::string root;
  std::string bundles;
  std::string submit;
  std::string sources;
  std::string sha256;
  core::PassphraseSource passphrase;
  std::uint64_t index = 0;
  std::uint64_t stale_after_s = 24 * 3600;
  std::uint32_t interval_s = 60;
  bool once = false;
  bool no_witnesses = false;
  bool json = false;
};

std::uint64_t NowS();
// A line on standard error, and text on standard output.
void Say(const std::string& text);
void Print(const std::string& text);
// Until then, or until the program is to stop.
void WaitSeconds(std::uint64_t seconds);
// Errors: as os::ReadFile(), tlog::Policy::Parse().
base::Result<tlog::Policy> LoadPolicy(const std::string& path);

// Each returns the exit code.
base::Result<int> RunMonitor(const Flags& flags);
base::Result<int> RunRebuild(const Flags& flags);

}  // namespace day::network::audit
