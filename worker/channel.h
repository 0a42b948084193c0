// The worker's end of its control socket: whole frames in, whole frames out. Blocking; not
// thread-safe. Failures mean that the parent is gone or talks nonsense: the worker then ends.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "libs/base/result.h"
#include "libs/os/fd.h"
#include "libs/workerproto/frame.h"

namespace day::worker {

struct Received {
  workerproto::Frame frame;  // its payload is valid until the next Receive()
  std::vector<os::Fd> fds;   // exactly frame.fd_count
};

class Channel {
 public:
  explicit Channel(os::Fd socket) : socket_(std::move(socket)) {}

  // Errors: kCancelled if the parent is gone, kMalformed, as os::ErrnoError.
  base::Result<Received> Receive();
  // Sends whole frames as Append() made them. REQUIRES: `fds` belong to the only frame.
  base::Status Send(std::string_view frames, std::span<const int> fds = {});

 private:
  os::Fd socket_;
  workerproto::FrameReader reader_;
  std::vector<os::Fd> waiting_fds_;
};

}  // namespace day::worker
