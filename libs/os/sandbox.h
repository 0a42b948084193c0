// The walls around code that parses untrusted bytes.
//
// SealProcess() leaves a process that can compute, use the memory it may have, read descriptors it
// holds or is sent, and answer on sockets it holds: no opening of files, no network, no new
// processes or threads, no executable memory, no signals to others, no new privileges. Three walls
// stand one behind the other: Landlock (where the kernel has it), resource limits, and a seccomp
// allow-list that kills the process for everything unexpected. A few calls that libraries try
// harmlessly (open, stat, ioctl, ...) fail with EACCES instead.
//
// One way: nothing here can be undone. REQUIRES: the process has one thread.
#pragma once

#include <cstdint>

#include "libs/base/result.h"

namespace day::os {

struct SandboxOptions {
  // Address space beyond what is mapped now; 0: unlimited. Not enforced under sanitizers, which
  // reserve terabytes.
  std::uint64_t memory_max_bytes = 0;
  // Largest memory file it may make.
  std::uint64_t memory_file_max_bytes = 0;
  std::uint64_t descriptors_max = 512;
};

// Which walls stand, for reports and tests.
struct SandboxReport {
  bool landlock = false;
};

// Ends when the parent ends, dumps no core, cannot be traced by others. Call first.
// Errors: as ErrnoError.
base::Status DieWithParent();

// Errors: as ErrnoError; kUnsupported if the kernel has no seccomp filters. On error the process
// must end: some walls may already stand.
base::Result<SandboxReport> SealProcess(const SandboxOptions& options);

}  // namespace day::os
