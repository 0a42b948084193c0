#include "libs/os/fd.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <system_error>

namespace day::os {

Fd& Fd::operator=(Fd&& other) noexcept {
  if (this != &other) {
    Close();
    fd_ = std::exchange(other.fd_, -1);
  }
  return *this;
}

void Fd::Close() {
  if (fd_ >= 0) {
    ::close(fd_);
    fd_ = -1;
  }
}

base::Error ErrnoError(std::string_view doing, int errno_value) {
  base::ErrorKind kind = base::ErrorKind::kIo;
  switch (errno_value) {
    case ENOENT:
    case ENOTDIR:
      kind = base::ErrorKind::kNotFound;
      break;
    case EACCES:
    case EPERM:
    case EROFS:
    case ELOOP:
      kind = base::ErrorKind::kPermission;
      break;
    case EMFILE:
    case ENFILE:
    case ENOMEM:
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      kind = base::ErrorKind::kLimit;
      break;
    case ETIMEDOUT:
      kind = base::ErrorKind::kTimeout;
      break;
    default:
      break;
  }
  std::string message(doing);
  message += ": ";
  message += std::generic_category().message(errno_value);
  return base::MakeError(kind, std::move(message));
}

base::Result<Fd> Duplicate(const Fd& fd) {
  const int copy = ::fcntl(fd.get(), F_DUPFD_CLOEXEC, 0);
  if (copy < 0) {
    return ErrnoError("duplicate a descriptor", errno);
  }
  return Fd(copy);
}

}  // namespace day::os
