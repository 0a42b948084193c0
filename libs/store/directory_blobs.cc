#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <mutex>
#include <set>
#include <utility>

#include "libs/os/fd.h"
#include "libs/os/file.h"
#include "libs/os/system.h"
#include "libs/os/walk.h"
#include "libs/store/blobs.h"

namespace day::store {
namespace {

using base::ErrorKind;
using base::MakeError;
using os::ErrnoError;
using os::Fd;

constexpr mode_t kFileMode = 0644;
constexpr mode_t kFolderMode = 0755;
constexpr std::int64_t kTemporaryAgeMaxNs = std::int64_t{3600} * 1'000'000'000;
constexpr std::size_t kFoldersKnownMax = 4096;

base::Status SyncFolder(const std::string& path) {
  const Fd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.valid() || ::fsync(fd.get()) != 0) {
    return ErrnoError("fsync folder " + path, errno);
  }
  return base::OkStatus();
}

std::string FolderOf(const std::string& path) { return path.substr(0, path.rfind('/')); }

// Removes its file unless told that it was renamed.
class Temporary {
 public:
  Temporary() = default;
  explicit Temporary(std::string path) : path_(std::move(path)) {}
  Temporary(Temporary&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  Temporary& operator=(Temporary&& other) noexcept {
    std::swap(path_, other.path_);
    return *this;
  }
  Temporary(const Temporary&) = delete;
  Temporary& operator=(const Temporary&) = delete;
  ~Temporary() {
    if (!path_.empty()) {
      ::unlink(path_.c_str());
    }
  }
  const std::string& path() const { return path_; }
  void Forget() { path_.clear(); }

 private:
  std::string path_;
};

class DirectoryBlobs : public Blobs {
 public:
  explicit DirectoryBlobs(std::string folder)
      : folder_(std::move(folder)), temporary_folder_(folder_ + "/.tmp") {}

  base::Status Prepare() {
    DAY_TRY(os::MakeFolders(folder_, kFolderMode));
    DAY_TRY(os::MakeFolders(temporary_folder_, 0700));
    DAY_TRY(SyncFolder(folder_));
    RemoveOldTemporaries();
    return base::OkStatus();
  }

  base::Result<std::string> Get(std::string_view key, std::uint64_t size_max_bytes) override {
    DAY_TRY_ASSIGN(const std::string path, Path(key));
    return os::ReadFile(path, size_max_bytes);
  }

  base::Status Put(std::string_view key, base::Bytes bytes) override {
    DAY_TRY_ASSIGN(const std::string path, Path(key));
    DAY_TRY_ASSIGN(Temporary temporary, WriteTemporary(bytes));
    DAY_TRY(MakeFolderFor(path));
    DAY_TRY(Rename(&temporary, path));
    return SyncFolder(FolderOf(path));
  }

  base::Result<bool> PutIfAbsent(std::string_view key, base::Bytes bytes) override {
    DAY_TRY_ASSIGN(const std::string path, Path(key));
    DAY_TRY_ASSIGN(const Temporary temporary, WriteTemporary(bytes));
    DAY_TRY(MakeFolderFor(path));
    bool made = true;
    if (::link(temporary.path().c_str(), path.c_str()) != 0) {
      if (errno != EEXIST) {
        return ErrnoError("link " + path, errno);
      }
      made = false;
    }
    // Also if it was there: whoever made it may not have come so far yet.
    DAY_TRY(SyncFolder(FolderOf(path)));
    return made;
  }

  base::Status PutMany(std::span<const Blob> blobs) override {
    std::vector<std::pair<Temporary, std::string>> written;
    written.reserve(blobs.size());
    for (const Blob& blob : blobs) {
      DAY_TRY_ASSIGN(std::string path, Path(blob.key));
      DAY_TRY_ASSIGN(Temporary temporary, WriteTemporary(base::AsBytes(blob.bytes)));
      written.emplace_back(std::move(temporary), std::move(path));
    }
    std::set<std::string> folders;
    for (auto& [temporary, path] : written) {
      DAY_TRY(MakeFolderFor(path));
      DAY_TRY(Rename(&temporary, path));
      folders.insert(FolderOf(path));
    }
    for (const std::string& folder : folders) {
      DAY_TRY(SyncFolder(folder));
    }
    return base::OkStatus();
  }

  base::Status Delete(std::string_view key) override {
    DAY_TRY_ASSIGN(const std::string path, Path(key));
    if (::unlink(path.c_str()) != 0 && errno != ENOENT && errno != ENOTDIR) {
      return ErrnoError("delete " + path, errno);
    }
    // Empty folders go too, as far up as they are empty; whoever needs one makes it again.
    std::string folder = FolderOf(path);
    while (folder.size() > folder_.size() && ::rmdir(folder.c_str()) == 0) {
      const std::lock_guard lock(mutex_);
      known_folders_.erase(folder);
      folder = FolderOf(folder);
    }
    return base::OkStatus();
  }

  base::Result<std::vector<std::string>> List(std::string_view prefix,
                                              std::size_t count_max) override {
    std::vector<std::string> keys;
    const std::string start = prefix.empty() ? folder_ : fmt::format("{}/{}", folder_, prefix);
    const auto stat = os::StatPath(start, os::Symlinks::kFollow);
    if (!stat.ok()) {
      return stat.error().kind == ErrorKind::kNotFound
                 ? base::Result(std::move(keys))
                 : base::Result<std::vector<std::string>>(stat.error());
    }
    os::Walker walker({});
    walker.Start(start);
    os::WalkEntry entry;
    while (walker.Next(&entry)) {
      if (entry.kind == os::WalkEntry::Kind::kError) {
        return entry.error;
      }
      std::string_view key = entry.path.substr(std::min(entry.path.size(), folder_.size()));
      while (key.starts_with('/')) {
        key.remove_prefix(1);
      }
      std::string clean(key);
      for (std::size_t at; (at = clean.find("//")) != std::string::npos;) {
        clean.erase(at, 1);
      }
      if (entry.kind != os::WalkEntry::Kind::kFile || !IsBlobKey(clean)) {
        continue;
      }
      if (keys.size() == count_max) {
        return MakeError(ErrorKind::kLimit, "more blobs than can be listed");
      }
      keys.push_back(std::move(clean));
    }
    std::sort(keys.begin(), keys.end());
    return keys;
  }

 private:
  base::Result<std::string> Path(std::string_view key) const {
    if (!IsBlobKey(key)) {
      return MakeError(ErrorKind::kInvalidUse, "not a key for a blob");
    }
    return fmt::format("{}/{}", folder_, key);
  }

  // A file with the bytes on the disk, but not yet in its place.
  base::Result<Temporary> WriteTemporary(base::Bytes bytes) {
    std::string path = temporary_folder_ + "/XXXXXX";
    const Fd fd(::mkostemp(path.data(), O_CLOEXEC));
    if (!fd.valid()) {
      return ErrnoError("create " + path, errno);
    }
    Temporary temporary(path);
    DAY_TRY(os::WriteAll(fd.get(), bytes));
    if (::fchmod(fd.get(), kFileMode) != 0 || ::fdatasync(fd.get()) != 0) {
      return ErrnoError("fsync " + path, errno);
    }
    return temporary;
  }

  // A folder that another process removes as empty between here and the use is made once more.
  base::Status Rename(Temporary* temporary, const std::string& path) {
    for (int attempt = 0;; ++attempt) {
      if (::rename(temporary->path().c_str(), path.c_str()) == 0) {
        temporary->Forget();
        return base::OkStatus();
      }
      if (errno != ENOENT || attempt == 3) {
        return ErrnoError("rename to " + path, errno);
      }
      ForgetFolders();
      DAY_TRY(MakeFolderFor(path));
    }
  }

  // Makes the folders above `path` durably: each new one, and its entry in its parent.
  base::Status MakeFolderFor(const std::string& path) {
    const std::string folder = FolderOf(path);
    {
      const std::lock_guard lock(mutex_);
      if (known_folders_.count(folder) != 0) {
        return base::OkStatus();
      }
    }
    for (std::size_t end = path.find('/', folder_.size() + 1); end != std::string::npos;
         end = path.find('/', end + 1)) {
      const std::string part = path.substr(0, end);
      if (::mkdir(part.c_str(), kFolderMode) != 0 && errno != EEXIST) {
        return ErrnoError("create folder " + part, errno);
      }
      // Also if it was there: a crash may have come between its making and this.
      DAY_TRY(SyncFolder(FolderOf(part)));
    }
    const std::lock_guard lock(mutex_);
    if (known_folders_.size() >= kFoldersKnownMax) {
      known_folders_.clear();
    }
    known_folders_.insert(folder);
    return base::OkStatus();
  }

  void ForgetFolders() {
    const std::lock_guard lock(mutex_);
    known_folders_.clear();
  }

  void RemoveOldTemporaries() {
    os::Walker walker({});
    walker.Start(temporary_folder_);
    os::WalkEntry entry;
    while (walker.Next(&entry)) {
      const std::string path(entry.path);
      const auto stat = os::StatPath(path, os::Symlinks::kRefuse);
      if (stat.ok() && stat->kind == os::FileKind::kRegular &&
          os::RealtimeNs() - stat->mtime_ns > kTemporaryAgeMaxNs) {
        ::unlink(path.c_str());
      }
    }
  }

  const std::string folder_;
  const std::string temporary_folder_;
  std::mutex mutex_;
  std::set<std::string> known_folders_;  // guarded by mutex_
};

}  // namespace

bool IsBlobKey(std::string_view key) {
  if (key.empty() || key.size() > kBlobKeyBytesMax || key.back() == '/') {
    return false;
  }
  bool at_start = true;
  for (const char c : key) {
    const bool word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      c == '_' || c == '-';
    if (at_start ? !word : !(word || c == '.' || c == '/')) {
      return false;
    }
    at_start = c == '/';
  }
  return true;
}

base::Result<std::unique_ptr<Blobs>> OpenDirectoryBlobs(const std::string& folder) {
  std::string clean = folder;
  while (clean.size() > 1 && clean.back() == '/') {
    clean.pop_back();
  }
  auto blobs = std::make_unique<DirectoryBlobs>(std::move(clean));
  DAY_TRY(blobs->Prepare());
  return std::unique_ptr<Blobs>(std::move(blobs));
}

}  // namespace day::store
