// Child processes: starting, ending, and what became of them.
//
// Thread safety: a Child belongs to one thread.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "libs/base/result.h"
#include "libs/os/fd.h"

namespace day::os {

// How a child ended.
struct ExitStatus {
  bool signalled = false;
  int code = 0;              // exit code, or the signal's number
  std::uint64_t cpu_ns = 0;  // user and system time
  std::uint64_t peak_rss_bytes = 0;
};

// A child that reads hostile bytes must not write to a person's terminal.
enum class StandardError : std::uint8_t { kDiscard, kKeep };

class Child {
 public:
  Child() = default;
  Child(Child&& other) noexcept : pid_(std::exchange(other.pid_, -1)) {}
  Child& operator=(Child&& other) noexcept;
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  // Kills and reaps: no child outlives its owner.
  ~Child();

  // Starts `arguments[0]` (a path) with `fd` as its descriptor 3, standard input, output and
  // (unless kept) error from /dev/null, and `environment` alone. Errors: as ErrnoError.
  static base::Result<Child> Start(const std::vector<std::string>& arguments,
                                   const std::vector<std::string>& environment, const Fd& fd,
                                   StandardError standard_error);

  bool running() const { return pid_ > 0; }
  pid_t pid() const { return pid_; }
  // SIGKILL; harmless if it has ended.
  void Kill() const;
  // Waits until it has ended, and forgets it. REQUIRES: running().
  ExitStatus Wait();

 private:
  friend base::Result<struct ProgramOutput> RunProgram(const std::vector<std::string>& arguments,
                                                       const std::vector<std::string>& environment,
                                                       std::uint64_t output_max_bytes);
  explicit Child(pid_t pid) : pid_(pid) {}
  pid_t pid_ = -1;
};

// A tool that was run to its end.
struct ProgramOutput {
  ExitStatus status;
  std::string out;  // standard output
  std::string err;  // standard error
};

// Runs `arguments[0]` (a path) with nothing on its standard input, in this process's group, so that
// Ctrl-C ends both, and waits for its end. REQUIRES: the program can be trusted to end and not to
// fill the memory. Errors: kLimit if it wrote more than output_max_bytes; as ErrnoError.
base::Result<ProgramOutput> RunProgram(const std::vector<std::string>& arguments,
                                       const std::vector<std::string>& environment,
                                       std::uint64_t output_max_bytes);

// "killed by signal 9 (Killed)", "exit code 3".
std::string DescribeExit(const ExitStatus& status);

}  // namespace day::os
