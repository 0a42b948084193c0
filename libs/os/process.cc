#include "libs/os/process.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "libs/os/file.h"
#include "libs/os/memory.h"

namespace day::os {
namespace {

constexpr int kChildFd = 3;

std::vector<char*> Pointers(const std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  pointers.reserve(texts.size() + 1);
  for (const std::string& text : texts) {
    pointers.push_back(const_cast<char*>(text.c_str()));  // posix_spawn does not write to them
  }
  pointers.push_back(nullptr);
  return pointers;
}

std::uint64_t Nanoseconds(const struct timeval& time) {
  return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000u +
         static_cast<std::uint64_t>(time.tv_usec) * 1'000u;
}

base::Result<std::string> ReadMemoryFile(const Fd& fd, std::uint64_t size_max_bytes) {
  if (::lseek(fd.get(), 0, SEEK_SET) < 0) {
    return ErrnoError("read a program's output", errno);
  }
  return ReadFd(fd.get(), size_max_bytes);
}

}  // namespace

Child& Child::operator=(Child&& other) noexcept {
  if (this != &other) {
    if (running()) {
      Kill();
      (void)Wait();
    }
    pid_ = std::exchange(other.pid_, -1);
  }
  return *this;
}

Child::~Child() {
  if (running()) {
    Kill();
    (void)Wait();
  }
}

base::Result<Child> Child::Start(const std::vector<std::string>& arguments,
                                 const std::vector<std::string>& environment, const Fd& fd,
                                 StandardError standard_error) {
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
  if (standard_error == StandardError::kDiscard) {
    ::posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
  }
  // Copying a descriptor to itself clears close-on-exec too (glibc does so for equal numbers).
  ::posix_spawn_file_actions_adddup2(&actions, fd.get(), kChildFd);
  posix_spawnattr_t attributes;
  ::posix_spawnattr_init(&attributes);
  sigset_t signals;
  ::sigemptyset(&signals);
  ::posix_spawnattr_setsigmask(&attributes, &signals);
  ::sigaddset(&signals, SIGPIPE);
  ::sigaddset(&signals, SIGINT);
  ::sigaddset(&signals, SIGTERM);
  ::posix_spawnattr_setsigdefault(&attributes, &signals);
  // A group of its own: Ctrl-C on the terminal reaches the parent alone, which ends the scan in
  // order.
  ::posix_spawnattr_setpgroup(&attributes, 0);
  ::posix_spawnattr_setflags(
      &attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  pid_t pid = -1;
  const int failure = ::posix_spawn(&pid, arguments[0].c_str(), &actions, &attributes,
                                    Pointers(arguments).data(), Pointers(environment).data());
  ::posix_spawnattr_destroy(&attributes);
  ::posix_spawn_file_actions_destroy(&actions);
  if (failure != 0) {
    return ErrnoError("start " + arguments[0], failure);
  }
  return Child(pid);
}

void Child::Kill() const {
  if (running()) {
    ::kill(pid_, SIGKILL);
  }
}

ExitStatus Child::Wait() {
  ExitStatus out;
  int status = 0;
  struct rusage usage = {};
  while (::wait4(pid_, &status, 0, &usage) < 0 && errno == EINTR) {
  }
  pid_ = -1;
  out.signalled = WIFSIGNALED(status);
  out.code = out.signalled ? WTERMSIG(status) : WEXITSTATUS(status);
  out.cpu_ns = Nanoseconds(usage.ru_utime) + Nanoseconds(usage.ru_stime);
  out.peak_rss_bytes = static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
  return out;
}

base::Result<ProgramOutput> RunProgram(const std::vector<std::string>& arguments,
                                       const std::vector<std::string>& environment,
                                       std::uint64_t output_max_bytes) {
  // Memory files instead of pipes: nobody has to read while the program writes.
  DAY_TRY_ASSIGN(const Fd out, CreateMemfd("stdout", 0));
  DAY_TRY_ASSIGN(const Fd err, CreateMemfd("stderr", 0));
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_adddup2(&actions, out.get(), 1);
  ::posix_spawn_file_actions_adddup2(&actions, err.get(), 2);
  pid_t pid = -1;
  const int failure = ::posix_spawn(&pid, arguments[0].c_str(), &actions, nullptr,
                                    Pointers(arguments).data(), Pointers(environment).data());
  ::posix_spawn_file_actions_destroy(&actions);
  if (failure != 0) {
    return ErrnoError("start " + arguments[0], failure);
  }
  Child child(pid);
  ProgramOutput done;
  done.status = child.Wait();
  DAY_TRY_ASSIGN(done.out, ReadMemoryFile(out, output_max_bytes));
  DAY_TRY_ASSIGN(done.err, ReadMemoryFile(err, output_max_bytes));
  return done;
}

std::string DescribeExit(const ExitStatus& status) {
  if (!status.signalled) {
    return "exit code " + std::to_string(status.code);
  }
  const char* name = ::sigdescr_np(status.code);
  return "killed by signal " + std::to_string(status.code) +
         (name != nullptr ? " (" + std::string(name) + ")" : "");
}

}  // namespace day::os
