#include "libs/os/system.h"

#include <sched.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdlib>

#include "libs/os/fd.h"

namespace day::os {
namespace {

std::atomic<bool> stop_requested{false};
static_assert(std::atomic<bool>::is_always_lock_free, "set in a signal handler");

extern "C" void OnStopSignal(int /*signal*/) { stop_requested.store(true); }

std::int64_t ClockNs(clockid_t clock) {
  struct timespec now = {};
  ::clock_gettime(clock, &now);
  return static_cast<std::int64_t>(now.tv_sec) * 1'000'000'000 + now.tv_nsec;
}

}  // namespace

std::int64_t MonotonicNs() { return ClockNs(CLOCK_MONOTONIC); }
std::int64_t RealtimeNs() { return ClockNs(CLOCK_REALTIME); }
std::int64_t ProcessCpuNs() { return ClockNs(CLOCK_PROCESS_CPUTIME_ID); }

base::Status FillRandom(std::span<std::byte> out) {
  while (!out.empty()) {
    const ssize_t count = ::getrandom(out.data(), out.size(), 0);
    if (count < 0) {
      if (errno == EINTR) {
        continue;
      }
      return ErrnoError("read random bytes", errno);
    }
    out = out.subspan(static_cast<std::size_t>(count));
  }
  return base::OkStatus();
}

base::Result<std::string> ExecutablePath() {
  std::string path(4096, '\0');
  const ssize_t size = ::readlink("/proc/self/exe", path.data(), path.size());
  if (size < 0) {
    return ErrnoError("read /proc/self/exe", errno);
  }
  path.resize(static_cast<std::size_t>(size));
  return path;
}

std::string UserCacheFolder() {
  // secure_getenv: a privileged program must not be led to a folder by its caller.
  const char* xdg = ::secure_getenv("XDG_CACHE_HOME");
  if (xdg != nullptr && xdg[0] == '/') {
    return std::string(xdg) + "/daylight";
  }
  const char* home = ::secure_getenv("HOME");
  if (home != nullptr && home[0] == '/') {
    return std::string(home) + "/.cache/daylight";
  }
  return {};
}

bool IsTerminal(int fd) { return ::isatty(fd) == 1; }

std::size_t TerminalColumns(int fd) {
  struct winsize size = {};
  if (::ioctl(fd, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) {
    return 80;
  }
  return size.ws_col;
}

std::uint64_t RaiseDescriptorLimit(std::uint64_t wanted) {
  struct rlimit limit = {};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) {
    return 256;
  }
  const rlim_t target = std::min<rlim_t>(limit.rlim_max, wanted);
  if (target > limit.rlim_cur) {
    limit.rlim_cur = target;
    ::setrlimit(RLIMIT_NOFILE, &limit);
    ::getrlimit(RLIMIT_NOFILE, &limit);
  }
  return limit.rlim_cur;
}

std::uint32_t ProcessorCount() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (::sched_getaffinity(0, sizeof(set), &set) != 0) {
    return 1;
  }
  return static_cast<std::uint32_t>(std::max(1, CPU_COUNT(&set)));
}

void CatchStopSignals() {
  struct sigaction action = {};
  action.sa_handler = OnStopSignal;
  // A second signal ends the program at once, and system calls that wait return.
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
}

bool StopRequested() { return stop_requested.load(std::memory_order_relaxed); }

}  // namespace day::os
