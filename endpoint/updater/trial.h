// The trial of a bundle before it is activated: the sandboxed worker compiles it within limits and
// scans files of this machine that are known to be good; whatever fails or is found there stops it.
//
// Thread safety: one thread. It starts processes.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "libs/base/result.h"
#include "libs/update/blindness.h"

namespace day::endpoint::updater {

struct TrialOptions {
  std::string worker_program;
  // Lists like those of dpkg (*.md5sums), relative to `root`: files that the distribution vouches
  // for.
  std::string dpkg_info = "/var/lib/dpkg/info";
  std::string root = "/";
  std::uint32_t files_max = 200;
  std::uint64_t file_bytes_max = 1u << 20;
  std::uint32_t file_timeout_ms = 5000;
  std::uint32_t timeout_ms = 120'000;  // for all files together
  std::uint64_t memory_max_bytes = 4ull << 30;
};

struct TrialReport {
  std::uint32_t rules = 0;
  std::uint32_t signatures = 0;
  std::uint32_t files = 0;  // known to be good, scanned
  // What speaks against the bundle, in words: it does not compile, it finds something in a file
  // that is good, a worker crashes, runs out of memory or time with it. Empty: it passed.
  std::string objection;
};

// Errors say nothing about the bundle (no worker starts, no memory, somebody asked to stop): the
// same trial may end otherwise the next time.
base::Result<TrialReport> TryBundle(const std::string& rules_folder, const TrialOptions& options);

// Whether an error of CompareInSandbox() is the doing of what it was given, not of this machine.
bool SpeaksAgainstBundle(const base::Error& error);

// What the newer bundle no longer sees, compared in the sandbox. Errors: kMalformed if the rules of
// one do not compile; those of a worker.
base::Result<update::Blindness> CompareInSandbox(const update::Bundle& older,
                                                 const update::Bundle& newer,
                                                 const TrialOptions& options);

// Files of this machine that still are what their package says, spread over all packages.
std::vector<std::string> KnownGoodFiles(const TrialOptions& options);

}  // namespace day::endpoint::updater
