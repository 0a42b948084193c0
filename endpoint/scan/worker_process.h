// One daylight-worker as its parent sees it: a process, a socket, a page of progress.
//
// Writing never blocks: what the socket does not take waits in a queue, so a worker that is stopped
// or hangs cannot hang its parent. What a worker sends is hostile until decoded. Not thread-safe.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "libs/base/result.h"
#include "libs/os/fd.h"
#include "libs/os/memory.h"
#include "libs/os/process.h"
#include "libs/workerproto/messages.h"
#include "libs/workerproto/progress.h"

namespace day::endpoint::scan {

struct WorkerOptions {
  std::string program;                          // path of daylight-worker
  std::uint64_t memory_max_bytes = 4ull << 30;  // address space beyond the program; 0: unlimited
  std::uint64_t memory_file_max_bytes = 0;      // what a compiling worker may build
  bool preload_magic = false;
  bool keep_standard_error = false;  // for people who debug workers
};

// daylight-worker beside the running program. Errors: kNotFound.
base::Result<std::string> FindWorkerProgram();

struct ReceivedFrame {
  workerproto::Frame frame;  // valid until the next call of Receive() or NextFrame()
  std::vector<os::Fd> fds;
};

class WorkerProcess {
 public:
  // Starts the program and queues Configure. Errors: as os::ErrnoError.
  static base::Result<std::unique_ptr<WorkerProcess>> Start(const WorkerOptions& options);

  int socket() const { return socket_.get(); }
  pid_t pid() const { return child_.pid(); }

  // Queues a whole frame. `borrowed` descriptors must stay open until sent; `owned` are kept here.
  void Queue(std::string frame, std::vector<int> borrowed, std::vector<os::Fd> owned = {});
  bool has_output() const { return !output_.empty(); }
  // Sends what the socket takes. Errors: kCancelled (it is gone), as os::ErrnoError.
  base::Status Flush();

  // Takes in what has arrived; returns how much. Errors: as Flush().
  base::Result<std::size_t> Receive();
  // The next whole frame, or nothing. Errors: kMalformed.
  base::Result<std::optional<ReceivedFrame>> NextFrame();

  // Whether it has said that it is ready: what ends it from then on is what it was given.
  bool is_ready() const { return ready_; }

  // For exchanges of one question and one answer: waits for a frame. Errors: kTimeout; kTruncated
  // if the worker ended (the message says how), but kIo if it was never ready; kMalformed;
  // kCancelled (stop requested).
  base::Result<ReceivedFrame> WaitForFrame(std::int64_t deadline_ns);

  // What the worker claims to be at.
  std::uint64_t progress_mark() const;
  std::int64_t progress_started_ns() const;

  // Kills it if it still runs, and says how it ended.
  os::ExitStatus End();

 private:
  struct Output {
    std::string bytes;
    std::size_t sent = 0;
    std::vector<int> fds;
    std::vector<os::Fd> owned;
  };

  WorkerProcess() = default;

  os::Child child_;
  os::Fd socket_;
  os::Mapping progress_page_;
  workerproto::Progress* progress_ = nullptr;
  std::deque<Output> output_;
  workerproto::FrameReader reader_;
  std::vector<os::Fd> waiting_fds_;
  bool ready_ = false;
};

// Why a worker ended, for a report: "memory limit", "worker killed by signal 9 (Killed)", ...
std::string DescribeEnd(const os::ExitStatus& status);

}  // namespace day::endpoint::scan
