// kill_at: runs a program and kills it, with all its threads, at its N-th system call.
//
// usage: kill_at N REPORT PROGRAM ARGUMENT...
//
// The process gets SIGKILL at the moment it enters the call, before the kernel does it: for N = 1,
// 2, ... every state that the program can leave behind is seen once. N = 0 kills nothing. REPORT is
// a file that gets one line: "calls COUNT", or "killed COUNT NUMBER" with the call's number. The
// program's output is its own; kill_at exits with its exit code, or with 137 if it was killed.
// SIGTERM is passed on. A tool for tests: Linux only, for programs that trust it.
#include <fcntl.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <string>

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

// Whether the stopped thread is about to do a system call, and which.
bool EntersCall(pid_t thread, unsigned long long* number) {
  struct __ptrace_syscall_info info = {};
  if (::ptrace(PTRACE_GET_SYSCALL_INFO, thread, reinterpret_cast<void*>(sizeof(info)), &info) <=
      0) {
    return false;
  }
  *number = info.entry.nr;
  return info.op == PTRACE_SYSCALL_INFO_ENTRY;
}

// Lets threads run from call to call. Returns the exit code.
int Trace(unsigned long long kill_at, const char* report) {
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
      if (started && EntersCall(thread, &number) && ++count == kill_at) {
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
  if (argc < 4) {
    std::fputs("usage: kill_at N REPORT PROGRAM ARGUMENT...\n", stderr);
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
  return Trace(std::strtoull(argv[1], nullptr, 10), argv[2]);
}
