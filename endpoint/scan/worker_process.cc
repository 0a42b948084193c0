#include "endpoint/scan/worker_process.h"

#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <utility>

#include "libs/os/file.h"
#include "libs/os/socket.h"
#include "libs/os/system.h"

namespace day::endpoint::scan {
namespace {

// Descriptors that may wait for their frames; more means that the worker floods us.
constexpr std::size_t kWaitingFdsMax = 256;

}  // namespace

base::Result<std::string> FindWorkerProgram() {
  DAY_TRY_ASSIGN(const std::string self, os::ExecutablePath());
  const std::string folder = self.substr(0, self.rfind('/'));
  for (const char* place : {"/daylight-worker", "/../libexec/daylight/daylight-worker",
                            "/../lib/daylight/daylight-worker"}) {
    const std::string path = folder + place;
    if (os::StatPath(path, os::Symlinks::kFollow).ok()) {
      return path;
    }
  }
  return base::MakeError(base::ErrorKind::kNotFound,
                         "daylight-worker is missing: it belongs beside " + self +
                             "; reinstall Daylight, or build it with ./dev build");
}

std::string DescribeEnd(const os::ExitStatus& status) {
  if (!status.signalled && status.code == workerproto::kExitOutOfMemory) {
    return "memory limit";
  }
  return "worker " +
         (status.signalled ? os::DescribeExit(status) : "ended with " + os::DescribeExit(status));
}

base::Result<std::unique_ptr<WorkerProcess>> WorkerProcess::Start(const WorkerOptions& options) {
  std::unique_ptr<WorkerProcess> worker(new WorkerProcess());
  DAY_TRY_ASSIGN(auto ends, os::SocketPair());
  DAY_TRY_ASSIGN(os::Fd page,
                 os::CreateMemfd("daylight-progress", std::uint64_t{workerproto::kProgressBytes}));
  DAY_TRY_ASSIGN(worker->progress_page_, os::Mapping::Shared(page, workerproto::kProgressBytes));
  worker->progress_ = workerproto::ProgressAt(worker->progress_page_.writable());
  // No PATH, no LD_PRELOAD, no locale: nothing of the caller's environment reaches the worker. The
  // time zone alone is passed on: the pe and dotnet modules print no local times, but libraries
  // may.
  const std::vector<std::string> environment = {"LC_ALL=C"};
  DAY_TRY_ASSIGN(worker->child_,
                 os::Child::Start({options.program}, environment, ends.second,
                                  options.keep_standard_error ? os::StandardError::kKeep
                                                              : os::StandardError::kDiscard));
  worker->socket_ = std::move(ends.first);
  workerproto::Configure configure;
  configure.memory_max_bytes = options.memory_max_bytes;
  configure.memory_file_max_bytes = options.memory_file_max_bytes;
  configure.preload_magic = options.preload_magic;
  std::string frame;
  DAY_TRY(workerproto::Append(configure, &frame));
  std::vector<os::Fd> owned;
  owned.push_back(std::move(page));
  worker->Queue(std::move(frame), {}, std::move(owned));
  return worker;
}

void WorkerProcess::Queue(std::string frame, std::vector<int> borrowed, std::vector<os::Fd> owned) {
  for (const os::Fd& fd : owned) {
    borrowed.push_back(fd.get());
  }
  output_.push_back({std::move(frame), 0, std::move(borrowed), std::move(owned)});
}

base::Status WorkerProcess::Flush() {
  while (!output_.empty()) {
    Output& next = output_.front();
    const std::string_view rest = std::string_view(next.bytes).substr(next.sent);
    DAY_TRY_ASSIGN(const std::size_t count,
                   os::SendSome(socket_.get(), base::AsBytes(rest), next.fds, os::Wait::kNever));
    if (count == 0) {
      return base::OkStatus();
    }
    next.fds.clear();
    next.owned.clear();
    next.sent += count;
    if (next.sent == next.bytes.size()) {
      output_.pop_front();
    }
  }
  return base::OkStatus();
}

base::Result<std::size_t> WorkerProcess::Receive() {
  if (waiting_fds_.size() > kWaitingFdsMax) {
    return base::MakeError(base::ErrorKind::kMalformed, "a worker sends too many descriptors");
  }
  return os::Receive(socket_.get(), reader_.buffer(), &waiting_fds_, reader_.wanted_bytes(),
                     os::Wait::kNever);
}

base::Result<std::optional<ReceivedFrame>> WorkerProcess::NextFrame() {
  DAY_TRY_ASSIGN(const std::optional<workerproto::Frame> frame, reader_.Next());
  if (!frame) {
    return std::optional<ReceivedFrame>();
  }
  if (waiting_fds_.size() < frame->fd_count) {
    return base::MakeError(base::ErrorKind::kMalformed, "a frame lacks its descriptors");
  }
  ready_ = ready_ || frame->type == workerproto::MessageType::kReady;
  ReceivedFrame received;
  received.frame = *frame;
  const auto end = waiting_fds_.begin() + frame->fd_count;
  received.fds.assign(std::make_move_iterator(waiting_fds_.begin()), std::make_move_iterator(end));
  waiting_fds_.erase(waiting_fds_.begin(), end);
  return std::optional<ReceivedFrame>(std::move(received));
}

base::Result<ReceivedFrame> WorkerProcess::WaitForFrame(std::int64_t deadline_ns) {
  for (;;) {
    DAY_TRY_ASSIGN(std::optional<ReceivedFrame> frame, NextFrame());
    if (frame) {
      return std::move(*frame);
    }
    const std::int64_t left_ns = deadline_ns - os::MonotonicNs();
    if (left_ns <= 0) {
      return base::MakeError(base::ErrorKind::kTimeout, "the worker did not answer in time");
    }
    if (os::StopRequested()) {
      return base::MakeError(base::ErrorKind::kCancelled, "stopped");
    }
    struct pollfd entry = {socket_.get(), POLLIN, 0};
    if (has_output()) {
      entry.events |= POLLOUT;
    }
    constexpr std::int64_t kPollMsMax = 200;
    (void)::poll(&entry, 1, static_cast<int>(std::min(left_ns / 1'000'000 + 1, kPollMsMax)));
    base::Status status = Flush();
    const bool gone = !status.ok() && status.error().kind == base::ErrorKind::kCancelled;
    if (gone || (status.ok() && (entry.revents & (POLLIN | POLLHUP)) != 0)) {
      const base::Result<std::size_t> received = Receive();
      if (!received.ok()) {
        status = received.error();
      } else if (*received > 0) {
        continue;  // what it said before it went
      }
    }
    if (!status.ok()) {
      if (status.error().kind != base::ErrorKind::kCancelled) {
        return status.error();
      }
      // A last frame may have arrived together with the end.
      DAY_TRY_ASSIGN(std::optional<ReceivedFrame> last, NextFrame());
      if (last) {
        return std::move(*last);
      }
      const std::string how = DescribeEnd(End());
      return ready_ ? base::MakeError(base::ErrorKind::kTruncated, how)
                    : base::MakeError(base::ErrorKind::kIo, "it does not start: " + how);
    }
  }
}

std::uint64_t WorkerProcess::progress_mark() const {
  return progress_->current.load(std::memory_order_acquire);
}

std::int64_t WorkerProcess::progress_started_ns() const {
  return progress_->started_ns.load(std::memory_order_relaxed);
}

os::ExitStatus WorkerProcess::End() {
  if (!child_.running()) {
    return {};
  }
  child_.Kill();
  return child_.Wait();
}

}  // namespace day::endpoint::scan
