#include "libs/os/sandbox.h"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <string>
#include <string_view>
#include <vector>

#include "libs/os/fd.h"
#include "libs/os/file.h"

namespace day::os {
namespace {

#if defined(__x86_64__)
constexpr std::uint32_t kAuditArch = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr std::uint32_t kAuditArch = AUDIT_ARCH_AARCH64;
#else
#error "add the audit architecture of this processor"
#endif

// Calls that are allowed whatever their arguments: they touch only memory, time and descriptors
// that the process already holds.
constexpr int kAllowed[] = {
    SYS_read, SYS_pread64, SYS_write, SYS_recvmsg, SYS_sendmsg, SYS_close, SYS_fstat, SYS_lseek,
    SYS_munmap, SYS_mremap, SYS_madvise, SYS_brk, SYS_futex, SYS_clock_gettime, SYS_gettimeofday,
    SYS_getrandom, SYS_memfd_create, SYS_ftruncate, SYS_exit, SYS_exit_group, SYS_rt_sigreturn,
    SYS_rt_sigaction, SYS_rt_sigprocmask, SYS_getpid, SYS_gettid, SYS_sched_yield, SYS_nanosleep,
    SYS_clock_nanosleep, SYS_restart_syscall, SYS_sigaltstack, SYS_getrusage, SYS_set_robust_list,
#if defined(SYS_time)
    SYS_time,
#endif
#if defined(SYS_rseq)
    SYS_rseq,
#endif
#if defined(DAYLIGHT_SANITIZED)
    // The sanitizers' runtimes ask these of their own process.
    SYS_readv, SYS_writev, SYS_sched_getaffinity, SYS_getuid, SYS_geteuid, SYS_membarrier,
    SYS_pipe2,  // UBSan asks whether memory is readable by writing it to a pipe
#endif
};

// Calls that libraries try without need: refused with EACCES, and the library goes on.
constexpr int kRefused[] = {
    SYS_openat,     SYS_newfstatat, SYS_faccessat, SYS_readlinkat, SYS_statx,     SYS_ioctl,
    SYS_fcntl,      SYS_getcwd,     SYS_uname,     SYS_prctl,      SYS_prlimit64, SYS_sysinfo,
#if defined(SYS_faccessat2)
    SYS_faccessat2,
#endif
#if defined(__x86_64__)
    SYS_open,       SYS_access,     SYS_stat,      SYS_lstat,      SYS_readlink,  SYS_getrlimit,
#endif
};

constexpr std::uint32_t kDataNr = offsetof(struct seccomp_data, nr);
constexpr std::uint32_t kDataArch = offsetof(struct seccomp_data, arch);

// The low half of an argument. All processors we build for are little-endian.
constexpr std::uint32_t ArgumentLow(unsigned index) {
  return static_cast<std::uint32_t>(offsetof(struct seccomp_data, args) + 8 * index);
}

class Program {
 public:
  void Load(std::uint32_t offset) { Add(BPF_LD | BPF_W | BPF_ABS, 0, 0, offset); }
  void Return(std::uint32_t action) { Add(BPF_RET | BPF_K, 0, 0, action); }
  // If the loaded word equals `value`, ends with `action`.
  void ReturnIfEqual(std::uint32_t value, std::uint32_t action) {
    Add(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, value);
    Return(action);
  }
  void ReturnIfNotEqual(std::uint32_t value, std::uint32_t action) {
    Add(BPF_JMP | BPF_JEQ | BPF_K, 1, 0, value);
    Return(action);
  }
  // Call `nr` is allowed if argument `index` has none of `bits`, and otherwise kills.
  void AllowWithoutBits(int nr, unsigned index, std::uint32_t bits) {
    Add(BPF_JMP | BPF_JEQ | BPF_K, 0, 4, static_cast<std::uint32_t>(nr));
    Load(ArgumentLow(index));
    Add(BPF_JMP | BPF_JSET | BPF_K, 1, 0, bits);
    Return(SECCOMP_RET_ALLOW);
    Return(SECCOMP_RET_KILL_PROCESS);
  }
  // Call `nr` is allowed if argument 0 is `value`, and otherwise kills.
  void AllowFirstArgument(int nr, std::uint32_t value) {
    Add(BPF_JMP | BPF_JEQ | BPF_K, 0, 4, static_cast<std::uint32_t>(nr));
    Load(ArgumentLow(0));
    Add(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, value);
    Return(SECCOMP_RET_ALLOW);
    Return(SECCOMP_RET_KILL_PROCESS);
  }
  std::vector<struct sock_filter>& code() { return code_; }

 private:
  void Add(unsigned code, std::uint8_t if_true, std::uint8_t if_false, std::uint32_t operand) {
    code_.push_back({static_cast<std::uint16_t>(code), if_true, if_false, operand});
  }
  std::vector<struct sock_filter> code_;
};

Program BuildFilter() {
  Program program;
  program.Load(kDataArch);
  program.ReturnIfNotEqual(kAuditArch, SECCOMP_RET_KILL_PROCESS);
  program.Load(kDataNr);
  // The x32 numbers (bit 30) are in no list below and so end at the last line.
  for (const int nr : kAllowed) {
    program.ReturnIfEqual(static_cast<std::uint32_t>(nr), SECCOMP_RET_ALLOW);
  }
  for (const int nr : kRefused) {
    program.ReturnIfEqual(static_cast<std::uint32_t>(nr), SECCOMP_RET_ERRNO | EACCES);
  }
  program.AllowWithoutBits(SYS_mmap, 2, PROT_EXEC);
  program.AllowWithoutBits(SYS_mprotect, 2, PROT_EXEC);
  // abort() and raise() signal the own process; the report then names the right signal.
  program.AllowFirstArgument(SYS_tgkill, static_cast<std::uint32_t>(::getpid()));
  program.Return(SECCOMP_RET_KILL_PROCESS);
  return program;
}

base::Status SetLimit(__rlimit_resource resource, rlim_t value, const char* name) {
  struct rlimit limit = {};
  if (::getrlimit(resource, &limit) == 0 && limit.rlim_max < value) {
    value = limit.rlim_max;
  }
  limit.rlim_cur = value;
  limit.rlim_max = value;
  if (::setrlimit(resource, &limit) != 0) {
    return ErrnoError(std::string("set ") + name, errno);
  }
  return base::OkStatus();
}

// Pages mapped now, the first number of /proc/self/statm; 0 if it cannot be read.
std::uint64_t MappedBytes() {
  const base::Result<std::string> text = ReadFile("/proc/self/statm", 4096);
  std::uint64_t pages = 0;
  if (text.ok()) {
    std::from_chars(text->data(), text->data() + text->size(), pages);
  }
  return pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

base::Status SetLimits(const SandboxOptions& options) {
  DAY_TRY(SetLimit(RLIMIT_CORE, 0, "RLIMIT_CORE"));
  DAY_TRY(SetLimit(RLIMIT_NOFILE, options.descriptors_max, "RLIMIT_NOFILE"));
  DAY_TRY(SetLimit(RLIMIT_FSIZE, options.memory_file_max_bytes, "RLIMIT_FSIZE"));
#if !defined(DAYLIGHT_SANITIZED)
  if (options.memory_max_bytes != 0) {
    DAY_TRY(SetLimit(RLIMIT_AS, MappedBytes() + options.memory_max_bytes, "RLIMIT_AS"));
  }
  DAY_TRY(SetLimit(RLIMIT_NPROC, 0, "RLIMIT_NPROC"));
#else
  (void)MappedBytes;
#endif
  return base::OkStatus();
}

// Forbids every file-system right on every path. False where the kernel has no Landlock.
bool InstallLandlock() {
  const long version =
      ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
  if (version < 1) {
    return false;
  }
  struct landlock_ruleset_attr attributes = {};
  // The thirteen rights of the first version; asking for more would fail on older kernels.
  attributes.handled_access_fs = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1;
  const Fd ruleset(
      static_cast<int>(::syscall(SYS_landlock_create_ruleset, &attributes, sizeof(attributes), 0)));
  return ruleset.valid() && ::syscall(SYS_landlock_restrict_self, ruleset.get(), 0) == 0;
}

}  // namespace

base::Status DieWithParent() {
  const pid_t parent = ::getppid();
  if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || ::prctl(PR_SET_DUMPABLE, 0) != 0) {
    return ErrnoError("prctl", errno);
  }
  // The parent may have ended before the request: then nobody would ever end this process.
  if (::getppid() != parent) {
    return base::MakeError(base::ErrorKind::kCancelled, "the parent is gone");
  }
  return base::OkStatus();
}

base::Result<SandboxReport> SealProcess(const SandboxOptions& options) {
  SandboxReport report;
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
    return ErrnoError("set no_new_privs", errno);
  }
  DAY_TRY(SetLimits(options));
  report.landlock = InstallLandlock();
  Program program = BuildFilter();
  const struct sock_fprog filter = {static_cast<unsigned short>(program.code().size()),
                                    program.code().data()};
  if (::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter) != 0) {
    return errno == EINVAL || errno == ENOSYS
               ? base::MakeError(base::ErrorKind::kUnsupported, "the kernel has no seccomp filters")
               : ErrnoError("install the system call filter", errno);
  }
  return report;
}

}  // namespace day::os
