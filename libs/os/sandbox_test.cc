// Each test seals a process of its own and tries what must not work. "Killed" means SIGSYS: the
// filter ended the process; anything else would have exited with a code.
#include "libs/os/sandbox.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <new>
#include <string>

#include "libs/os/file.h"
#include "libs/os/memory.h"

namespace day::os {
namespace {

constexpr int kAllowed = 10;
constexpr int kDenied = 11;
constexpr int kNotSealed = 12;
constexpr std::uint64_t kMemoryMax = 256u << 20;

// Seals a child, runs `attempt` in it, and returns how it ended: the exit code, or -signal.
int Attempt(const std::function<int()>& attempt) {
  const pid_t pid = ::fork();
  if (pid == 0) {
    const struct rlimit no_core = {0, 0};
    ::setrlimit(RLIMIT_CORE, &no_core);
    SandboxOptions options;
    options.memory_max_bytes = kMemoryMax;
    options.memory_file_max_bytes = 1u << 20;
    if (!DieWithParent().ok() || !SealProcess(options).ok()) {
      ::_exit(kNotSealed);
    }
    ::_exit(attempt());
  }
  int status = 0;
  EXPECT_EQ(::waitpid(pid, &status, 0), pid);
  return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

int DeniedIf(bool failed) { return failed ? kDenied : kAllowed; }

TEST(Sandbox, ComputingReadingAndAnsweringWork) {
  EXPECT_EQ(Attempt([] { return kAllowed; }), kAllowed);
  const auto file = CreateMemfd("test", base::AsBytes("content"));
  ASSERT_TRUE(file.ok());
  int ends[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
  const int code = Attempt([&] {
    ReadBuffer buffer;
    const auto bytes = buffer.Read(file->get(), 7, 100);
    if (!bytes.ok() || ::write(ends[1], bytes->data(), bytes->size()) != 7) {
      return kDenied;
    }
    const std::string text(100'000, 'x');  // the heap grows
    const auto made = CreateMemfd("made", base::AsBytes(text));
    return made.ok() && text.size() == 100'000 ? kAllowed : kDenied;
  });
  EXPECT_EQ(code, kAllowed);
  char text[8] = {};
  EXPECT_EQ(::read(ends[0], text, sizeof(text)), 7);
  EXPECT_STREQ(text, "content");
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST(Sandbox, NoFileCanBeOpenedOrAskedFor) {
  EXPECT_EQ(Attempt([] { return DeniedIf(::open("/etc/passwd", O_RDONLY) < 0); }), kDenied);
  EXPECT_EQ(Attempt([] { return DeniedIf(::open("/tmp/x", O_CREAT | O_WRONLY, 0600) < 0); }),
            kDenied);
  EXPECT_EQ(Attempt([] {
              struct ::stat info = {};
              return DeniedIf(::stat("/etc/passwd", &info) != 0);
            }),
            kDenied);
  EXPECT_EQ(Attempt([] { return DeniedIf(::unlink("/tmp/x") != 0); }), -SIGSYS);
  EXPECT_EQ(Attempt([] { return DeniedIf(::rename("/tmp/x", "/tmp/y") != 0); }), -SIGSYS);
  EXPECT_EQ(Attempt([] { return DeniedIf(::chdir("/") != 0); }), -SIGSYS);
}

TEST(Sandbox, NoNetworkAndNoProcesses) {
  EXPECT_EQ(Attempt([] { return DeniedIf(::socket(AF_INET, SOCK_STREAM, 0) < 0); }), -SIGSYS);
  EXPECT_EQ(Attempt([] { return DeniedIf(::socket(AF_UNIX, SOCK_STREAM, 0) < 0); }), -SIGSYS);
  EXPECT_EQ(Attempt([] {
              const pid_t pid = ::fork();
              return DeniedIf(pid < 0);
            }),
            -SIGSYS);
  EXPECT_EQ(Attempt([] {
              ::execl("/bin/true", "true", nullptr);
              return kDenied;
            }),
            -SIGSYS);
  EXPECT_EQ(Attempt([] { return DeniedIf(::kill(::getppid(), 0) != 0); }), -SIGSYS);
  EXPECT_EQ(Attempt([] { return DeniedIf(::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0); }),
            -SIGSYS);
}

TEST(Sandbox, NoExecutableMemory) {
  EXPECT_EQ(Attempt([] {
              void* page = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
                                  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
              return DeniedIf(page == MAP_FAILED);
            }),
            -SIGSYS);
  EXPECT_EQ(Attempt([] {
              void* page =
                  ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
              return DeniedIf(::mprotect(page, 4096, PROT_READ | PROT_EXEC) != 0);
            }),
            -SIGSYS);
}

TEST(Sandbox, MemoryFilesAndLimitsAreBounded) {
#if !defined(DAYLIGHT_SANITIZED)
  EXPECT_EQ(Attempt([] {
              void* block = std::malloc(2 * kMemoryMax);
              return DeniedIf(block == nullptr);
            }),
            kDenied);
#endif
  // Beyond RLIMIT_FSIZE the kernel sends SIGXFSZ.
  EXPECT_EQ(Attempt([] {
              const auto file = CreateMemfd("large", std::uint64_t{2u << 20});
              return DeniedIf(!file.ok());
            }),
            -SIGXFSZ);
  EXPECT_EQ(Attempt([] {
              const struct rlimit more = {RLIM_INFINITY, RLIM_INFINITY};
              return DeniedIf(::setrlimit(RLIMIT_AS, &more) != 0);
            }),
            kDenied);
}

TEST(Sandbox, AbortStillTellsTheTruth) {
  EXPECT_EQ(Attempt([]() -> int { std::abort(); }), -SIGABRT);
}

#if defined(__x86_64__)
TEST(Sandbox, TheX32DoorIsShut) {
  constexpr long kX32 = 0x40000000;
  EXPECT_EQ(Attempt([] {
              return DeniedIf(::syscall(kX32 + SYS_openat, AT_FDCWD, "/etc/passwd", 0) < 0);
            }),
            -SIGSYS);
}
#endif

}  // namespace
}  // namespace day::os
