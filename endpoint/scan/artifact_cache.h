// Compiled rules and signature tables, kept in the user's cache folder.
//
// An artifact is a blob and a manifest: which sources it was made from (path, state, SHA-256), by
// which build of the worker, the blob's own state and SHA-256, and a note of whoever made it. The
// manifest ends with an HMAC under the user's key. Lookup() gives the blob only if the HMAC is
// right, the builder is the same, and every source and the blob itself are what they were: by state
// (device, inode, size, mtime, ctime), or if only the state differs by content. Nobody can give
// another file this inode and ctime, so an unchanged state needs no hashing, and starting costs a
// few system calls a source, however large the blob is.
//
// Store() makes room: artifacts that nobody has looked up for kUnusedDaysMax days go, and those
// that were not used for longest while the folder has more than kArtifactBytesMax.
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

inline constexpr int kUnusedDaysMax = 30;
inline constexpr std::uint64_t kArtifactBytesMax = 4ull << 30;

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
  void MakeRoom(const std::string& kept) const;

  std::string folder_;
  crypto::Sha256Digest key_;
};

// Reads a source's state and content hash. Errors: as os::ErrnoError.
base::Result<crypto::Sha256Digest> HashFile(int fd);

}  // namespace day::endpoint::scan
