#include "worker/run.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <new>

#include "libs/os/fd.h"
#include "libs/os/sandbox.h"
#include "libs/os/system.h"
#include "libs/rules/modules/registry.h"
#include "libs/workerproto/progress.h"
#include "worker/engine_backend.h"
#include "worker/session.h"

namespace day::worker {
namespace {

constexpr int kControlFd = 3;

// Running out of memory is a result ("memory limit"), not a crash.
[[noreturn]] void EndOutOfMemory() { ::_exit(workerproto::kExitOutOfMemory); }

base::Result<workerproto::Ready> RaiseWalls(const workerproto::Configure& configure) {
  os::SandboxOptions options;
  options.memory_max_bytes = configure.memory_max_bytes;
  options.memory_file_max_bytes = configure.memory_file_max_bytes;
  DAY_TRY_ASSIGN(const os::SandboxReport report, os::SealProcess(options));
  return workerproto::Ready{report.landlock};
}

}  // namespace

int RunWorker() {
  struct ::stat control = {};
  if (::fstat(kControlFd, &control) != 0 || !S_ISSOCK(control.st_mode)) {
    std::fputs("daylight-worker is started by daylight; run `daylight help`.\n", stderr);
    return workerproto::kExitSetup;
  }
  std::set_new_handler(EndOutOfMemory);
  if (!os::DieWithParent().ok()) {
    return workerproto::kExitSetup;
  }
  rules::modules::AllModules modules;
  EngineBackend backend(modules, [&modules] {
    // One for the scanner, one for a dump of the module. Without a database the module's functions
    // are undefined: no reason not to scan.
    const base::Status status = modules.PreloadMagic(2);
    if (!status.ok()) {
      std::fprintf(stderr, "daylight-worker: %s\n", status.error().message.c_str());
    }
  });
  Session session(os::Fd(kControlFd), &backend, RaiseWalls);
  const base::Status status = session.Run();
  const bool expected = status.ok() || status.error().kind == base::ErrorKind::kCancelled;
  if (!expected) {
    std::fprintf(stderr, "daylight-worker: %s\n", status.error().message.c_str());
  }
  ::_exit(expected ? 0 : workerproto::kExitSetup);
}

}  // namespace day::worker
