#include "libs/os/socket.h"

#include <sys/socket.h>
#include <sys/uio.h>

#include <cerrno>
#include <cstring>

namespace day::os {
namespace {

// Room for one control message with kSendFdsMax descriptors, aligned as the kernel wants it.
struct ControlBuffer {
  alignas(struct cmsghdr) unsigned char bytes[CMSG_SPACE(sizeof(int) * kSendFdsMax)];
};

base::Error Gone() {
  return base::MakeError(base::ErrorKind::kCancelled, "the other process is gone");
}

// Takes the descriptors out of a received control buffer, so that none leaks whatever else happens.
void TakeDescriptors(struct msghdr* header, std::vector<Fd>* fds) {
  for (struct cmsghdr* part = CMSG_FIRSTHDR(header); part != nullptr;
       part = CMSG_NXTHDR(header, part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) {
      continue;
    }
    const std::size_t count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < count; ++i) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(part) + i * sizeof(int), sizeof(int));
      fds->emplace_back(fd);
    }
  }
}

}  // namespace

base::Result<std::pair<Fd, Fd>> SocketPair() {
  int ends[2] = {-1, -1};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
    return ErrnoError("create a socket pair", errno);
  }
  return std::pair<Fd, Fd>(Fd(ends[0]), Fd(ends[1]));
}

base::Result<std::size_t> SendSome(int socket, base::Bytes bytes, std::span<const int> fds,
                                   Wait wait) {
  if (fds.size() > kSendFdsMax || bytes.empty()) {
    return base::MakeError(base::ErrorKind::kInvalidUse, "send: too many descriptors or no bytes");
  }
  struct iovec part = {const_cast<std::byte*>(bytes.data()), bytes.size()};
  struct msghdr header = {};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  ControlBuffer control;
  if (!fds.empty()) {
    header.msg_control = control.bytes;
    header.msg_controllen = CMSG_SPACE(fds.size_bytes());
    struct cmsghdr* rights = CMSG_FIRSTHDR(&header);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(fds.size_bytes());
    std::memcpy(CMSG_DATA(rights), fds.data(), fds.size_bytes());
  }
  const int flags = MSG_NOSIGNAL | (wait == Wait::kNever ? MSG_DONTWAIT : 0);
  for (;;) {
    const ssize_t count = ::sendmsg(socket, &header, flags);
    if (count >= 0) {
      return static_cast<std::size_t>(count);
    }
    if (errno == EINTR) {
      continue;
    }
    // ETOOMANYREFS: too many descriptors are on their way; they drain as the other end reads.
    if (wait == Wait::kNever && (errno == EAGAIN || errno == ETOOMANYREFS || errno == ENOBUFS)) {
      return std::size_t{0};
    }
    if (errno == EPIPE || errno == ECONNRESET) {
      return Gone();
    }
    return ErrnoError("send", errno);
  }
}

base::Status SendAll(int socket, base::Bytes bytes, std::span<const int> fds) {
  while (!bytes.empty()) {
    DAY_TRY_ASSIGN(const std::size_t count, SendSome(socket, bytes, fds, Wait::kBlock));
    bytes = bytes.subspan(count);
    fds = {};
  }
  return base::OkStatus();
}

base::Result<std::size_t> Receive(int socket, std::string* bytes, std::vector<Fd>* fds,
                                  std::size_t size_max_bytes, Wait wait) {
  const std::size_t before = bytes->size();
  bytes->resize(before + size_max_bytes);
  struct iovec part = {bytes->data() + before, size_max_bytes};
  ControlBuffer control;
  struct msghdr header = {};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  ssize_t count = -1;
  do {
    header.msg_control = control.bytes;
    header.msg_controllen = sizeof(control.bytes);
    count =
        ::recvmsg(socket, &header, MSG_CMSG_CLOEXEC | (wait == Wait::kNever ? MSG_DONTWAIT : 0));
  } while (count < 0 && errno == EINTR);
  const int failure = errno;
  bytes->resize(before + (count > 0 ? static_cast<std::size_t>(count) : 0));
  if (count < 0) {
    if (failure == EAGAIN && wait == Wait::kNever) {
      return std::size_t{0};
    }
    if (failure == ECONNRESET) {
      return Gone();
    }
    return ErrnoError("receive", failure);
  }
  TakeDescriptors(&header, fds);
  if ((header.msg_flags & MSG_CTRUNC) != 0) {
    return base::MakeError(base::ErrorKind::kMalformed, "descriptors were lost on the way");
  }
  if (count == 0) {
    return Gone();
  }
  return static_cast<std::size_t>(count);
}

}  // namespace day::os
