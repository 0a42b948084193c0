// Blobs: named sequences of bytes that are there whole or not at all, and stay.
//
//   DAY_TRY_ASSIGN(const std::unique_ptr<Blobs> blobs, OpenDirectoryBlobs("/srv/log/public"));
//   DAY_TRY(blobs->Put("tile/0/000", bytes));        // durable when it returns
//
// Keys are relative paths: segments of letters, digits, '.', '_' and '-' that do not begin with a
// dot, joined by '/', at most kBlobKeyBytesMax long. A reader, and a crash of the process or the
// machine at any moment, sees a blob's old content or its new one, never a part. Several processes
// may use one store. Thread safety: all operations may be called from several threads at once.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "libs/base/bytes.h"
#include "libs/base/result.h"

namespace day::store {

inline constexpr std::size_t kBlobKeyBytesMax = 512;

struct Blob {
  std::string key;
  std::string bytes;
};

class Blobs {
 public:
  virtual ~Blobs() = default;

  // Errors: kNotFound; kLimit if it is longer than size_max_bytes; kInvalidUse for a bad key;
  // kPermission, kIo.
  virtual base::Result<std::string> Get(std::string_view key, std::uint64_t size_max_bytes) = 0;

  // Replaces or makes a blob, durably. Errors: kInvalidUse, kPermission, kLimit (no space), kIo.
  // After an error the blob has its old content or the new one.
  virtual base::Status Put(std::string_view key, base::Bytes bytes) = 0;
  // Makes a blob unless there is one; false if there was. Errors: as Put().
  virtual base::Result<bool> PutIfAbsent(std::string_view key, base::Bytes bytes) = 0;
  // Put() for several, with fewer waits for the disk. Not atomic together: after an error any of
  // them may have its new content. When it returns well all of them are durable.
  virtual base::Status PutMany(std::span<const Blob> blobs) = 0;

  // Fine if there is none. Not durable: a crash may bring it back. Errors: as Put().
  virtual base::Status Delete(std::string_view key) = 0;

  // The keys that begin with `prefix` (empty, or a folder with its slash), in order.
  // Errors: kLimit if there are more than count_max; kPermission, kIo.
  virtual base::Result<std::vector<std::string>> List(std::string_view prefix,
                                                      std::size_t count_max) = 0;
};

bool IsBlobKey(std::string_view key);

// Blobs as files below a folder, which is made if absent (mode 0755; files 0644, so that any web
// server can serve them). Temporary files live in its ".tmp" and are removed when they are older
// than an hour. Needs a local file system that keeps POSIX's promises for rename() and fsync()
// (ext4, XFS, ZFS); not NFS. Errors: as os::ErrnoError().
base::Result<std::unique_ptr<Blobs>> OpenDirectoryBlobs(const std::string& folder);

}  // namespace day::store
