#include "libs/os/file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <new>
#include <system_error>

#include "libs/os/system.h"

namespace day::os {
namespace {

constexpr std::size_t kFirstCapacityBytes = 256u << 10;
constexpr std::string_view kUnfinishedMark = ".unfinished-";
constexpr std::size_t kUnfinishedRandomBytes = 6;
constexpr int kOpenReadFlags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;

std::int64_t Nanoseconds(const struct timespec& time) {
  return static_cast<std::int64_t>(time.tv_sec) * 1'000'000'000 + time.tv_nsec;
}

// One positioned read, or a plain one if the descriptor has no positions; retries EINTR.
ssize_t ReadSome(int fd, std::byte* to, std::size_t size, std::uint64_t offset, bool* seekable) {
  for (;;) {
    const ssize_t count =
        *seekable ? ::pread(fd, to, size, static_cast<off_t>(offset)) : ::read(fd, to, size);
    if (count >= 0) {
      return count;
    }
    if (errno == ESPIPE && *seekable) {
      *seekable = false;
      continue;
    }
    if (errno != EINTR) {
      return -1;
    }
  }
}

}  // namespace

FileStat FromStat(const struct ::stat& raw) {
  FileStat out;
  out.device = raw.st_dev;
  out.inode = raw.st_ino;
  out.size_bytes = raw.st_size < 0 ? 0 : static_cast<std::uint64_t>(raw.st_size);
  out.mtime_ns = Nanoseconds(raw.st_mtim);
  out.ctime_ns = Nanoseconds(raw.st_ctim);
  out.mode = raw.st_mode & 07777u;
  out.owner = raw.st_uid;
  if (S_ISREG(raw.st_mode)) {
    out.kind = FileKind::kRegular;
  } else if (S_ISDIR(raw.st_mode)) {
    out.kind = FileKind::kDirectory;
  } else if (S_ISLNK(raw.st_mode)) {
    out.kind = FileKind::kSymlink;
  }
  return out;
}

base::Result<FileStat> StatFd(int fd) {
  struct ::stat raw = {};
  if (::fstat(fd, &raw) != 0) {
    return ErrnoError("stat", errno);
  }
  return FromStat(raw);
}

base::Result<FileStat> StatPath(const std::string& path, Symlinks symlinks) {
  struct ::stat raw = {};
  const int flags = symlinks == Symlinks::kRefuse ? AT_SYMLINK_NOFOLLOW : 0;
  if (::fstatat(AT_FDCWD, path.c_str(), &raw, flags) != 0) {
    return ErrnoError("stat " + path, errno);
  }
  return FromStat(raw);
}

base::Result<Fd> OpenReadAt(int dir_fd, const char* name, Symlinks symlinks) {
  const int flags = kOpenReadFlags | (symlinks == Symlinks::kRefuse ? O_NOFOLLOW : 0);
  const int fd = ::openat(dir_fd, name, flags);
  if (fd < 0) {
    return ErrnoError(std::string("open ") + name, errno);
  }
  return Fd(fd);
}

base::Result<Fd> OpenRead(const std::string& path, Symlinks symlinks) {
  return OpenReadAt(AT_FDCWD, path.c_str(), symlinks);
}

base::Result<std::string> ReadFd(int fd, std::uint64_t size_max_bytes) {
  ReadBuffer buffer;
  DAY_TRY_ASSIGN(const base::Bytes bytes, buffer.Read(fd, 0, size_max_bytes));
  return std::string(base::AsText(bytes));
}

base::Result<std::string> ReadFile(const std::string& path, std::uint64_t size_max_bytes) {
  DAY_TRY_ASSIGN(const Fd fd, OpenRead(path));
  base::Result<std::string> text = ReadFd(fd.get(), size_max_bytes);
  if (!text.ok()) {
    return base::MakeError(text.error().kind, path + ": " + text.error().message);
  }
  return text;
}

base::Status WriteAll(int fd, base::Bytes bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(fd, bytes.data(), bytes.size());
    if (count < 0) {
      if (errno == EINTR) {
        continue;
      }
      return ErrnoError("write", errno);
    }
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
  return base::OkStatus();
}

base::Status WriteFileAtomic(const std::string& path, base::Bytes bytes, std::uint32_t mode,
                             Durability durability) {
  std::string temporary =
      path + std::string(kUnfinishedMark) + std::string(kUnfinishedRandomBytes, 'X');
  Fd fd(::mkostemp(temporary.data(), O_CLOEXEC));
  if (!fd.valid()) {
    return ErrnoError("create " + temporary, errno);
  }
  base::Status status = WriteAll(fd.get(), bytes);
  if (status.ok() && ::fchmod(fd.get(), static_cast<mode_t>(mode)) != 0) {
    status = ErrnoError("set the mode of " + temporary, errno);
  }
  if (status.ok() && durability == Durability::kCrashOfMachine && ::fsync(fd.get()) != 0) {
    status = ErrnoError("fsync " + temporary, errno);
  }
  if (status.ok() && ::rename(temporary.c_str(), path.c_str()) != 0) {
    status = ErrnoError("rename " + temporary + " to " + path, errno);
  }
  if (!status.ok()) {
    ::unlink(temporary.c_str());
  }
  return status;
}

bool IsUnfinished(std::string_view name) {
  return name.size() >= kUnfinishedMark.size() + kUnfinishedRandomBytes &&
         name.substr(name.size() - kUnfinishedRandomBytes - kUnfinishedMark.size())
             .starts_with(kUnfinishedMark);
}

void RemoveUnfinished(const std::string& folder) {
  std::error_code failure;
  std::vector<std::string> paths;
  for (std::filesystem::recursive_directory_iterator it(folder, failure), end;
       !failure && it != end; it.increment(failure)) {
    if (IsUnfinished(it->path().filename().string())) {
      paths.push_back(it->path().string());
    }
  }
  for (const std::string& path : paths) {
    ::unlink(path.c_str());
  }
}

base::Status MakeFolders(const std::string& path, std::uint32_t mode) {
  for (std::size_t end = path.find('/', 1);; end = path.find('/', end + 1)) {
    const std::string part = path.substr(0, end);
    if (::mkdir(part.c_str(), static_cast<mode_t>(mode)) != 0 && errno != EEXIST) {
      return ErrnoError("create folder " + part, errno);
    }
    if (end == std::string::npos) {
      return base::OkStatus();
    }
  }
}

base::Result<Fd> LockFile(const std::string& path, std::uint32_t timeout_ms) {
  Fd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd.valid()) {
    return ErrnoError("open " + path, errno);
  }
  const std::int64_t deadline_ns = MonotonicNs() + std::int64_t{timeout_ms} * 1'000'000;
  while (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR) {
      return ErrnoError("lock " + path, errno);
    }
    if (MonotonicNs() >= deadline_ns) {
      return base::MakeError(base::ErrorKind::kTimeout, "lock " + path + ": held by another scan");
    }
    constexpr struct timespec kPause = {0, 5'000'000};
    ::nanosleep(&kPause, nullptr);
  }
  return fd;
}

base::Status ReadBuffer::Grow(std::size_t size_bytes) {
  std::unique_ptr<std::byte[]> larger(new (std::nothrow) std::byte[size_bytes]);
  if (larger == nullptr) {
    return base::MakeError(base::ErrorKind::kLimit, "no memory to read the file");
  }
  if (used_ > 0) {
    std::memcpy(larger.get(), memory_.get(), used_);
  }
  memory_ = std::move(larger);
  capacity_ = size_bytes;
  return base::OkStatus();
}

base::Result<base::Bytes> ReadBuffer::Read(int fd, std::uint64_t size_hint_bytes,
                                           std::uint64_t size_max_bytes) {
  if (capacity_ > kKeepBytes) {
    memory_.reset();
    capacity_ = 0;
  }
  used_ = 0;
  // One byte more than the hint, so that the first short read proves the end of the file.
  const std::uint64_t wanted = std::min(size_hint_bytes, size_max_bytes) + 1;
  if (wanted > capacity_) {
    DAY_TRY(Grow(std::max<std::size_t>(kFirstCapacityBytes, static_cast<std::size_t>(wanted))));
  }
  bool seekable = true;
  for (;;) {
    if (used_ == capacity_) {
      DAY_TRY(Grow(capacity_ * 2));
    }
    const ssize_t count = ReadSome(fd, memory_.get() + used_, capacity_ - used_, used_, &seekable);
    if (count < 0) {
      return ErrnoError("read", errno);
    }
    used_ += static_cast<std::size_t>(count);
    if (used_ > size_max_bytes) {
      return base::MakeError(
          base::ErrorKind::kLimit,
          "larger than the limit of " + std::to_string(size_max_bytes) + " bytes");
    }
    const bool at_expected_end = seekable && used_ == size_hint_bytes && used_ < capacity_;
    if (count == 0 || at_expected_end) {
      return base::Bytes(memory_.get(), used_);
    }
  }
}

}  // namespace day::os
