#include "libs/os/walk.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <algorithm>
#include <cerrno>

namespace day::os {
namespace {

bool IsDotName(const char* name) {
  return name[0] == '.' && (name[1] == '\0' || (name[1] == '.' && name[2] == '\0'));
}

// File systems that hold no files but views of the kernel's state.
bool IsKernelFileSystem(int fd) {
  struct ::statfs info = {};
  if (::fstatfs(fd, &info) != 0) {
    return false;
  }
  switch (static_cast<std::uint64_t>(info.f_type)) {
    case PROC_SUPER_MAGIC:
    case SYSFS_MAGIC:
    case CGROUP_SUPER_MAGIC:
    case CGROUP2_SUPER_MAGIC:
    case DEBUGFS_MAGIC:
    case TRACEFS_MAGIC:
    case SECURITYFS_MAGIC:
    case SELINUX_MAGIC:
    case BPF_FS_MAGIC:
    case PSTOREFS_MAGIC:
    case EFIVARFS_MAGIC:
    case DEVPTS_SUPER_MAGIC:
    case BINFMTFS_MAGIC:
      return true;
    default:
      return false;
  }
}

}  // namespace

void Walker::Start(std::string path) {
  path_ = std::move(path);
  levels_.clear();
  at_start_ = true;
}

bool Walker::FillError(base::Error error, WalkEntry* entry) {
  entry->kind = WalkEntry::Kind::kError;
  entry->path = path_;
  entry->error = std::move(error);
  return true;
}

bool Walker::StartEntry(WalkEntry* entry) {
  at_start_ = false;
  base::Result<FileStat> stat = StatPath(path_, Symlinks::kFollow);
  if (!stat.ok()) {
    return FillError(std::move(stat).error(), entry);
  }
  start_device_ = stat->device;
  if (stat->kind == FileKind::kDirectory) {
    return EnterFolder(AT_FDCWD, path_.c_str(), Symlinks::kFollow, entry);
  }
  entry->kind =
      stat->kind == FileKind::kRegular ? WalkEntry::Kind::kFile : WalkEntry::Kind::kSpecial;
  entry->folder_fd = AT_FDCWD;
  entry->name = path_.c_str();
  entry->path = path_;
  entry->stat = *stat;
  entry->followed = true;
  return true;
}

bool Walker::EnterFolder(int folder_fd, const char* name, Symlinks symlinks, WalkEntry* entry) {
  if (levels_.size() >= options_.depth_max) {
    return FillError(
        base::MakeError(base::ErrorKind::kLimit,
                        "folders nest deeper than " + std::to_string(options_.depth_max)),
        entry);
  }
  const int flags =
      O_RDONLY | O_DIRECTORY | O_CLOEXEC | (symlinks == Symlinks::kRefuse ? O_NOFOLLOW : 0);
  Fd fd(::openat(folder_fd, name, flags));
  if (!fd.valid()) {
    return FillError(ErrnoError("open folder", errno), entry);
  }
  const base::Result<FileStat> stat = StatFd(fd.get());
  if (!stat.ok()) {
    return FillError(stat.error(), entry);
  }
  if (options_.one_file_system && stat->device != start_device_) {
    return false;
  }
  const bool crosses = !levels_.empty() && levels_.back().device != stat->device;
  if (crosses && options_.skip_kernel_file_systems && IsKernelFileSystem(fd.get())) {
    return false;
  }
  // Only a followed link can lead back into a folder that is being walked.
  const bool loops = std::any_of(levels_.begin(), levels_.end(), [&](const Level& level) {
    return level.device == stat->device && level.inode == stat->inode;
  });
  if (loops) {
    return false;
  }
  Level level;
  level.dir.reset(::fdopendir(fd.get()));
  if (level.dir == nullptr) {
    return FillError(ErrnoError("list folder", errno), entry);
  }
  (void)fd.Release();
  if (path_.empty() || path_.back() != '/') {
    path_ += '/';
  }
  level.path_size = path_.size();
  level.device = stat->device;
  level.inode = stat->inode;
  levels_.push_back(std::move(level));
  return false;
}

void Walker::ReadNames(Level* level) {
  level->names.clear();
  level->text.clear();
  level->next = 0;
  while (level->names.size() < kNamesAhead) {
    errno = 0;
    const struct ::dirent* item = ::readdir(level->dir.get());
    if (item == nullptr) {
      level->failure = errno;
      level->ended = true;
      break;
    }
    if (!IsDotName(item->d_name)) {
      level->names.push_back({level->text.size(), item->d_type, {}});
      level->text.append(item->d_name).push_back('\0');
    }
  }
  if (!options_.stat_files) {
    return;
  }
  requests_.clear();
  for (const Name& name : level->names) {
    if (name.type == DT_REG) {
      requests_.push_back({level->text.data() + name.text_at, false, {}});
    }
  }
  crew_.Run(::dirfd(level->dir.get()), requests_);
  std::size_t answered = 0;
  for (Name& name : level->names) {
    if (name.type == DT_REG) {
      const StatRequest& request = requests_[answered++];
      name.stat = request.ok ? std::optional(request.stat) : std::nullopt;
    }
  }
}

bool Walker::Visit(const char* text, const Name& name, WalkEntry* entry) {
  const int folder_fd = ::dirfd(levels_.back().dir.get());
  path_.append(text);
  unsigned char type = name.type;
  entry->stat = name.stat;
  Symlinks symlinks = Symlinks::kRefuse;
  if (type == DT_UNKNOWN || (type == DT_LNK && options_.links == WalkOptions::Links::kFollow)) {
    struct ::stat raw = {};
    const bool follow = options_.links == WalkOptions::Links::kFollow;
    if (::fstatat(folder_fd, text, &raw, follow ? 0 : AT_SYMLINK_NOFOLLOW) != 0) {
      // A link that points nowhere is not a file that could not be scanned.
      return type == DT_LNK ? false : FillError(ErrnoError("stat", errno), entry);
    }
    const FileStat stat = FromStat(raw);
    symlinks = follow ? Symlinks::kFollow : Symlinks::kRefuse;
    type = stat.kind == FileKind::kRegular     ? DT_REG
           : stat.kind == FileKind::kDirectory ? DT_DIR
           : stat.kind == FileKind::kSymlink   ? DT_LNK
                                               : DT_SOCK;
    entry->stat = stat;
    entry->followed = follow;
  }
  if (type == DT_LNK || (type == DT_DIR && !options_.recursive) || !Wanted(type == DT_DIR)) {
    return false;
  }
  if (type == DT_DIR) {
    return EnterFolder(folder_fd, text, symlinks, entry);
  }
  entry->kind = type == DT_REG ? WalkEntry::Kind::kFile : WalkEntry::Kind::kSpecial;
  entry->folder_fd = folder_fd;
  entry->name = text;
  entry->path = path_;
  return true;
}

bool Walker::Next(WalkEntry* entry) {
  entry->stat.reset();
  entry->followed = false;
  if (at_start_) {
    if (StartEntry(entry)) {
      return true;
    }
  }
  while (!levels_.empty()) {
    Level& level = levels_.back();
    path_.resize(level.path_size);
    if (level.next == level.names.size() && !level.ended) {
      ReadNames(&level);
    }
    if (level.next == level.names.size()) {
      const int failure = level.failure;
      levels_.pop_back();
      if (failure != 0) {
        return FillError(ErrnoError("list folder", failure), entry);
      }
      continue;
    }
    const Name& name = level.names[level.next++];
    entry->stat.reset();
    entry->followed = false;
    // Entering a folder moves the levels; the name's text stays where it is.
    if (Visit(level.text.data() + name.text_at, Name(name), entry)) {
      return true;
    }
  }
  return false;
}

}  // namespace day::os
