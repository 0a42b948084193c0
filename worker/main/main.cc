// daylight-worker: the sandboxed process that parses and matches. Started by `daylight` with its
// control socket as descriptor 3; it is of no use by itself.
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

namespace {

constexpr int kControlFd = 3;

// Running out of memory is a result ("memory limit"), not a crash.
[[noreturn]] void EndOutOfMemory() { ::_exit(day::workerproto::kExitOutOfMemory); }

day::base::Result<day::workerproto::Ready> Seal(const day::workerproto::Configure& configure) {
  day::os::SandboxOptions options;
  options.memory_max_bytes = configure.memory_max_bytes;
  options.memory_file_max_bytes = configure.memory_file_max_bytes;
  DAY_TRY_ASSIGN(const day::os::SandboxReport report, day::os::SealProcess(options));
  return day::workerproto::Ready{report.landlock};
}

}  // namespace

int main() {
  struct ::stat control = {};
  if (::fstat(kControlFd, &control) != 0 || !S_ISSOCK(control.st_mode)) {
    std::fputs("daylight-worker is started by daylight; run `daylight --help`.\n", stderr);
    return day::workerproto::kExitSetup;
  }
  std::set_new_handler(EndOutOfMemory);
  if (!day::os::DieWithParent().ok()) {
    return day::workerproto::kExitSetup;
  }
  const day::rules::modules::AllModules modules;
  day::worker::EngineBackend backend(modules, nullptr);
  day::worker::Session session(day::os::Fd(kControlFd), &backend, Seal);
  const day::base::Status status = session.Run();
  // No destructors: everything dies with the process anyway, and unmapping takes time.
  const bool expected = status.ok() || status.error().kind == day::base::ErrorKind::kCancelled;
  if (!expected) {
    std::fprintf(stderr, "daylight-worker: %s\n", status.error().message.c_str());
  }
  ::_exit(expected ? 0 : day::workerproto::kExitSetup);
}
