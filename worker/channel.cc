#include "worker/channel.h"

#include <algorithm>
#include <iterator>

#include "libs/os/socket.h"

namespace day::worker {

base::Result<Received> Channel::Receive() {
  for (;;) {
    DAY_TRY_ASSIGN(const std::optional<workerproto::Frame> frame, reader_.Next());
    if (frame) {
      if (waiting_fds_.size() < frame->fd_count) {
        return base::MakeError(base::ErrorKind::kMalformed, "a frame lacks its descriptors");
      }
      Received received;
      received.frame = *frame;
      const auto end = waiting_fds_.begin() + frame->fd_count;
      received.fds.assign(std::make_move_iterator(waiting_fds_.begin()),
                          std::make_move_iterator(end));
      waiting_fds_.erase(waiting_fds_.begin(), end);
      return received;
    }
    DAY_TRY(os::Receive(socket_.get(), reader_.buffer(), &waiting_fds_, reader_.wanted_bytes(),
                        os::Wait::kBlock));
  }
}

base::Status Channel::Send(std::string_view frames, std::span<const int> fds) {
  return os::SendAll(socket_.get(), base::AsBytes(frames), fds);
}

}  // namespace day::worker
