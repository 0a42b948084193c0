// kill_at: runs a program and kills it, with all its threads, at its N-th system call.
//
// usage: kill_at [--changing] N REPORT PROGRAM ARGUMENT...
//
// The process gets SIGKILL at the moment it enters the call, before the kernel does it: for N = 1,
// 2, ... every state that the program can leave behind is seen once. N = 0 kills nothing. REPORT is
// a file that gets one line: "calls COUNT", or "killed COUNT NUMBER" with the call's number. The
// program's output is its own; kill_at exits with its exit code, or with 137 if it was killed.
// SIGTERM is passed on. With --changing only calls are counted that others can see (writing, making
// and removing files, connecting, starting and ending processes): a process killed at a call that
// only reads, maps memory or waits leaves what it leaves at the next of these.
// A tool for tests: Linux only, for programs that trust it.
#include <fcntl.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <string>
#include <string_view>

namespace {

pid_t child = -1;

extern "C" void PassOn(int signal) {
  if (child > 0) {
    ::kill(child, signal);
  }
}

[[noreturn]] void Die(const char* what) {
  std::perror(what);
  ::_exit(125);
}

void WriteReport(const char* path, const std::string& line) {
  std::FILE* file = std::fopen(path, "w");
  if (file == nullptr) {
    Die("open the report");
  }
  std::fputs(line.c_str(), file);
  std::fclose(file);
}

[[noreturn]] void RunProgram(char** arguments) {
  if (::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0) {
    Die("ptrace");
  }
  ::raise(SIGSTOP);
  ::execvp(arguments[0], arguments);
  Die("execvp");
}

// Calls that nobody outside the process can see. Closing is one: dying closes everything, too.
// Whatever is not named here counts as changing something.
// clang-format off
constexpr unsigned long long kUnseen[] = {
    SYS_read, SYS_pread64, SYS_readv, SYS_close, SYS_fstat, SYS_newfstatat, SYS_statx,
    SYS_faccessat, SYS_faccessat2, SYS_readlinkat, SYS_getdents64, SYS_lseek, SYS_mmap,
    SYS_munmap, SYS_mprotect, SYS_mremap, SYS_madvise, SYS_brk, SYS_futex, SYS_rt_sigaction,
    SYS_rt_sigprocmask, SYS_rt_sigreturn, SYS_getrandom, SYS_clock_gettime, SYS_clock_nanosleep,
    SYS_nanosleep, SYS_getpid, SYS_gettid, SYS_geteuid, SYS_getuid, SYS_getegid, SYS_getgid,
    SYS_prlimit64, SYS_sched_yield, SYS_sched_getaffinity, SYS_set_tid_address,
    SYS_set_robust_list, SYS_rseq, SYS_uname, SYS_sysinfo, SYS_ppoll, SYS_pselect6,
    SYS_epoll_create1, SYS_epoll_ctl, SYS_epoll_pwait, SYS_eventfd2, SYS_timerfd_create,
    SYS_timerfd_settime, SYS_socket, SYS_socketpair, SYS_bind, SYS_getsockopt, SYS_setsockopt,
    SYS_getsockname, SYS_getpeername, SYS_recvmsg, SYS_recvfrom, SYS_ioctl, SYS_pipe2, SYS_dup,
    SYS_dup3, SYS_fcntl, SYS_flock, SYS_memfd_create, SYS_getcwd, SYS_fadvise64, SYS_wait4,
    SYS_waitid, SYS_umask, SYS_sigaltstack};
#if defined(__x86_64__)
constexpr unsigned long long kUnseenOld[] = {
    SYS_stat, SYS_lstat, SYS_access, SYS_readlink, SYS_arch_prctl, SYS_poll, SYS_select,
    SYS_epoll_wait, SYS_pipe, SYS_dup2, SYS_getrlimit, SYS_time};
#else
constexpr unsigned long long kUnseenOld[] = {~0ull};
#endif
// clang-format on

// Whether a call opens a file that is there already, without emptying it.
bool OnlyOpens(unsigned long long number, const std::uint64_t* arguments) {
  unsigned long long flags = O_CREAT;
  if (number == SYS_openat) {
    flags = arguments[2];
  }
#if defined(__x86_64__)
  if (number == SYS_open) {
    flags = arguments[1];
  }
#endif
  return (flags & (O_CREAT | O_TRUNC)) == 0;
}

bool ChangesSomething(const struct __ptrace_syscall_info& info) {
  const auto names = [&info](const auto& list) {
    return std::find(std::begin(list), std::end(list), info.entry.nr) != std::end(list);
  };
  return !names(kUnseen) && !names(kUnseenOld) && !OnlyOpens(info.entry.nr, info.entry.args);
}

// Whether the stopped thread is about to do a system call that counts, and which.
bool EntersCall(pid_t thread, bool changing, unsigned long long* number) {
  struct __ptrace_syscall_info info = {};
  if (::ptrace(PTRACE_GET_SYSCALL_INFO, thread, reinterpret_cast<void*>(sizeof(info)), &info) <=
      0) {
    return false;
  }
  *number = info.entry.nr;
  return info.op == PTRACE_SYSCALL_INFO_ENTRY && (!changing || ChangesSomething(info));
}

// Lets threads run from call to call. Returns the exit code.
int Trace(unsigned long long kill_at, bool changing, const char* report) {
  unsigned long long count = 0;
  bool started = false;
  for (;;) {
    int status = 0;
    const pid_t thread = ::waitpid(-1, &status, __WALL);
    if (thread < 0) {
      if (errno == EINTR) {
        continue;
      }
      Die("waitpid");
    }
    if (WIFEXITED(status) || WIFSIGNALED(status)) {
      if (thread == child) {
        WriteReport(report, "calls " + std::to_string(count) + "\n");
        return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
      }
      continue;
    }
    int signal = 0;
    if (WSTOPSIG(status) == (SIGTRAP | 0x80)) {
      unsigned long long number = 0;
      if (started && EntersCall(thread, changing, &number) && ++count == kill_at) {
        ::kill(child, SIGKILL);
        WriteReport(report,
                    "killed " + std::to_string(count) + " " + std::to_string(number) + "\n");
        // The first thread can be reaped only after all others, which are ours to reap too.
        for (pid_t ended = -1; ended != child || WIFSTOPPED(status);) {
          ended = ::waitpid(-1, &status, __WALL);
        }
        return 137;
      }
    } else if ((status >> 8) == (SIGTRAP | (PTRACE_EVENT_EXEC << 8))) {
      started = true;  // what kill_at itself does before is not counted
    } else if (status >> 16 == 0 && WSTOPSIG(status) != SIGSTOP) {
      signal = WSTOPSIG(status);
    }
    ::ptrace(PTRACE_SYSCALL, thread, nullptr, reinterpret_cast<void*>(static_cast<long>(signal)));
  }
}

}  // namespace

int main(int argc, char** argv) {
  const bool changing = argc > 1 && std::string_view(argv[1]) == "--changing";
  if (changing) {
    ++argv;
    --argc;
  }
  if (argc < 4) {
    std::fputs("usage: kill_at [--changing] N REPORT PROGRAM ARGUMENT...\n", stderr);
    return 2;
  }
  child = ::fork();
  if (child < 0) {
    Die("fork");
  }
  if (child == 0) {
    RunProgram(argv + 3);
  }
  ::signal(SIGTERM, PassOn);
  int status = 0;
  ::waitpid(child, &status, __WALL);
  const long options =
      PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL;
  if (::ptrace(PTRACE_SETOPTIONS, child, nullptr, reinterpret_cast<void*>(options)) != 0 ||
      ::ptrace(PTRACE_SYSCALL, child, nullptr, nullptr) != 0) {
    Die("ptrace");
  }
  return Trace(std::strtoull(argv[1], nullptr, 10), changing, argv[2]);
}
