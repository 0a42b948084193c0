// Fd: an open file descriptor with one owner; and how errno becomes an Error.
//
// Thread safety: as for any value type. Descriptors made by this library are close-on-exec.
#pragma once

#include <string_view>
#include <utility>

#include "libs/base/result.h"

namespace day::os {

class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept;
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  ~Fd() { Close(); }

  bool valid() const { return fd_ >= 0; }
  int get() const { return fd_; }
  // Gives up ownership.
  [[nodiscard]] int Release() { return std::exchange(fd_, -1); }
  // Idempotent. A failing close() is not reported: data that must last is fsync'ed before.
  void Close();

 private:
  int fd_ = -1;
};

// The error for a failed system call: `doing` says in words what was tried ("open /etc/x").
// kNotFound for ENOENT and ENOTDIR, kPermission for EACCES, EPERM, EROFS and ELOOP, kLimit for want
// of descriptors, memory or space, kTimeout for ETIMEDOUT, kIo for everything else.
base::Error ErrnoError(std::string_view doing, int errno_value);

// A second descriptor of the same open file. Errors: kLimit, kIo.
base::Result<Fd> Duplicate(const Fd& fd);

}  // namespace day::os
