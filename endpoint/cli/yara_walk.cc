#include "endpoint/cli/yara_walk.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace day::endpoint::cli {
namespace {

bool IsDotName(const char* name) {
  return std::strcmp(name, ".") == 0 || std::strcmp(name, "..") == 0;
}

}  // namespace

YaraWalk::YaraWalk(std::string folder, const YaraWalkOptions& options)
    : options_(options), path_(std::move(folder)) {
  Enter(AT_FDCWD, path_.c_str());
}

// Opens the folder `name`, whose path path_ already is.
void YaraWalk::Enter(int folder_fd, const char* name) {
  const int fd = ::openat(folder_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) {
    return;
  }
  DIR* dir = ::fdopendir(fd);
  if (dir == nullptr) {
    ::close(fd);
    return;
  }
  path_ += '/';
  levels_.push_back({std::unique_ptr<DIR, CloseDir>(dir), path_.size()});
}

YaraWalk::Kind YaraWalk::ClassifyLink(int folder_fd, const char* name) {
  if (!options_.follow_symlinks) {
    return Kind::kLeftOut;
  }
  // yara reads two bytes of the target, so it takes "..x" for ".." as well.
  char target[2] = {};
  const ssize_t size = ::readlinkat(folder_fd, name, target, sizeof(target));
  if (size >= 1 && target[0] == '.' && (size == 1 || target[1] == '.')) {
    return Kind::kLeftOut;
  }
  // The whole path, so that the system counts all links on the way and ends cycles.
  struct ::stat raw = {};
  if (::stat(path_.c_str(), &raw) != 0) {
    return Kind::kLeftOut;
  }
  return S_ISREG(raw.st_mode) ? Kind::kFile : S_ISDIR(raw.st_mode) ? Kind::kFolder : Kind::kLeftOut;
}

YaraWalk::Kind YaraWalk::Classify(int folder_fd, const struct ::dirent& item) {
  unsigned char type = item.d_type;
  if (type == DT_UNKNOWN) {
    struct ::stat raw = {};
    if (::fstatat(folder_fd, item.d_name, &raw, AT_SYMLINK_NOFOLLOW) != 0) {
      return Kind::kLeftOut;
    }
    type = static_cast<unsigned char>(IFTODT(raw.st_mode));
  }
  switch (type) {
    case DT_REG:
      return Kind::kFile;
    case DT_DIR:
      return Kind::kFolder;
    case DT_LNK:
      return ClassifyLink(folder_fd, item.d_name);
    default:
      return Kind::kLeftOut;
  }
}

// False if the file is gone: yara passes over it.
bool YaraWalk::Open(int folder_fd, const char* name, YaraFile* file) {
  if (options_.skip_larger_bytes > 0) {
    struct ::stat raw = {};
    if (::fstatat(folder_fd, name, &raw, 0) != 0) {
      return false;
    }
    if (raw.st_size >= options_.skip_larger_bytes) {
      file->state = YaraFile::State::kTooLarge;
      file->stat = os::FromStat(raw);
      return true;
    }
  }
  const int fd = ::openat(folder_fd, name, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  if (fd < 0) {
    file->state = YaraFile::State::kNotOpened;
    return errno != ENOENT;
  }
  file->fd = os::Fd(fd);
  struct ::stat raw = {};
  file->state = YaraFile::State::kOpen;
  if (::fstat(fd, &raw) != 0) {
    file->state = YaraFile::State::kNotOpened;
    return true;
  }
  file->stat = os::FromStat(raw);
  return file->stat.kind == os::FileKind::kRegular;
}

bool YaraWalk::Next(YaraFile* file) {
  while (!levels_.empty()) {
    const Level& level = levels_.back();
    path_.resize(level.path_size);
    const struct ::dirent* item = ::readdir(level.dir.get());
    if (item == nullptr) {
      levels_.pop_back();
      continue;
    }
    path_ += item->d_name;
    if (path_.size() > kYaraPathBytesMax || IsDotName(item->d_name)) {
      continue;
    }
    const int folder_fd = ::dirfd(level.dir.get());
    const Kind kind = Classify(folder_fd, *item);
    if (kind == Kind::kFolder && options_.recursive) {
      Enter(folder_fd, item->d_name);
    } else if (kind == Kind::kFile && Open(folder_fd, item->d_name, file)) {
      return true;
    }
  }
  return false;
}

}  // namespace day::endpoint::cli
