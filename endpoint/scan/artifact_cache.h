// Compiled rules and signature tables, kept in the user's cache folder.
//
// An artifact is a blob and a manifest: which sources it was made from (path, state, SHA-256), by
// which build of the worker, the blob's own state and SHA-256, and a note of whoever made it. The
// manifest ends with an HMAC under the user's key. Lookup() gives the blob only if the HMAC is
// right, every source is unchanged (by state; by content if only the state differs), the builder is
// the same, and the blob is the very file that was written: same inode, size, mtime and ctime, and
// for blobs of at most kHashedBlobBytesMax the same SHA-256 as well. A larger blob would take
// longer to hash than to use; a program cannot set ctime, so replacing its content still shows.
//
// Files are replaced atomically and never changed in place, so a mapping of an old one stays valid.
// Thread safety: safe across processes; an object belongs to one thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "endpoint/scan/user_key.h"
#include "libs/base/result.h"
#include "libs/crypto/hash.h"
#include "libs/os/fd.h"
#include "libs/os/file.h"

namespace day::endpoint::scan {

inline constexpr std::uint64_t kHashedBlobBytesMax = 64u << 20;

struct ArtifactSource {
  std::string path;
  os::FileStat stat;
  crypto::Sha256Digest sha256{};
};

struct Artifact {
  os::Fd blob;
  std::uint64_t size_bytes = 0;
  crypto::Sha256Digest sha256{};
  std::string note;
};

class ArtifactCache {
 public:
  // `folder` exists or can be made.
  ArtifactCache(std::string folder, const UserKey& key);

  // `name` identifies the request (which sources, which options) and is a file name.
  std::optional<Artifact> Lookup(const std::string& name,
                                 const crypto::Sha256Digest& builder) const;

  // Keeps `blob` (a memory file of size_bytes) and returns it as the file that was written.
  // Errors: as os::ErrnoError.
  base::Result<Artifact> Store(const std::string& name, const crypto::Sha256Digest& builder,
                               const std::vector<ArtifactSource>& sources, const os::Fd& blob,
                               std::uint64_t size_bytes, std::string note) const;

 private:
  std::string folder_;
  crypto::Sha256Digest key_;
};

// Reads a source's state and content hash. Errors: as os::ErrnoError.
base::Result<crypto::Sha256Digest> HashFile(int fd);

}  // namespace day::endpoint::scan
