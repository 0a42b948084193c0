// Files: what they are, reading them whole, replacing them atomically.
//
// Nothing here trusts a size: a file may grow, shrink or lie (/proc) while it is read.
// Thread safety: free functions are safe; a ReadBuffer belongs to one thread.
#pragma once

#include <sys/stat.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "libs/base/bytes.h"
#include "libs/base/result.h"
#include "libs/os/fd.h"

namespace day::os {

enum class FileKind : std::uint8_t { kRegular, kDirectory, kSymlink, kOther };

// What identifies a state of a file: if any of it differs, the file is not the one it was.
struct FileStat {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::uint64_t size_bytes = 0;
  std::int64_t mtime_ns = 0;
  std::int64_t ctime_ns = 0;
  FileKind kind = FileKind::kOther;
  std::uint32_t mode = 0;  // permission bits
  std::uint32_t owner = 0;

  bool operator==(const FileStat&) const = default;
};

FileStat FromStat(const struct ::stat& raw);

enum class Symlinks : std::uint8_t { kFollow, kRefuse };

// Errors: as ErrnoError.
base::Result<FileStat> StatFd(int fd);
base::Result<FileStat> StatPath(const std::string& path, Symlinks symlinks);

// Opens for reading, never blocking on a FIFO or device and never becoming a controlling terminal.
// `dir_fd` may be AT_FDCWD. Errors: as ErrnoError (a refused symbolic link: kPermission).
base::Result<Fd> OpenReadAt(int dir_fd, const char* name, Symlinks symlinks);
base::Result<Fd> OpenRead(const std::string& path, Symlinks symlinks = Symlinks::kFollow);

// The whole content of a small trusted-to-be-small file. Errors: kLimit if it is longer than
// size_max_bytes; as ErrnoError.
base::Result<std::string> ReadFile(const std::string& path, std::uint64_t size_max_bytes);
base::Result<std::string> ReadFd(int fd, std::uint64_t size_max_bytes);

// Writes all bytes. Errors: as ErrnoError.
base::Status WriteAll(int fd, base::Bytes bytes);

// Replaces `path` so that any reader, and any crash at any time, sees the old or the new content
// whole: temporary file in the same folder, fsync if durable, rename. Errors: as ErrnoError.
enum class Durability : std::uint8_t { kCrashOfProcess, kCrashOfMachine };
base::Status WriteFileAtomic(const std::string& path, base::Bytes bytes, std::uint32_t mode,
                             Durability durability);

// That temporary file is called as `path`, with this and random letters behind. Whoever is killed
// while it writes leaves it there: under the name of nothing that anybody reads.
bool IsUnfinished(std::string_view name);
// Removes such files below a folder, as far as that works. REQUIRES: nobody writes there meanwhile.
void RemoveUnfinished(const std::string& folder);

// Creates the folder and its parents with `mode`; fine if it exists. Errors: as ErrnoError.
base::Status MakeFolders(const std::string& path, std::uint32_t mode);

// An exclusive advisory lock on `path` (made if absent), held while the descriptor is open.
// Waits for at most timeout_ms. Errors: kTimeout, as ErrnoError.
base::Result<Fd> LockFile(const std::string& path, std::uint32_t timeout_ms);

// Reads one file after the other into the same memory: no allocation a file once it has grown.
class ReadBuffer {
 public:
  // The whole content from offset 0, valid until the next Read(). `size_hint_bytes` saves a system
  // call if it is right and costs nothing if it is wrong. Memory beyond kKeepBytes is given back
  // before the next file. Errors: kLimit if the file is longer than size_max_bytes or there is no
  // memory; as ErrnoError.
  base::Result<base::Bytes> Read(int fd, std::uint64_t size_hint_bytes,
                                 std::uint64_t size_max_bytes);

  static constexpr std::size_t kKeepBytes = 64u << 20;

 private:
  base::Status Grow(std::size_t size_bytes);

  std::unique_ptr<std::byte[]> memory_;
  std::size_t capacity_ = 0;
  std::size_t used_ = 0;
};

}  // namespace day::os
