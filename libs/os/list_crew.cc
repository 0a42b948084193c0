#include "libs/os/list_crew.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include "libs/os/system.h"

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

// Only a followed link can lead back into a folder that is being walked.
bool HoldsItself(const ListedFolder& folder) {
  for (const ListedFolder* above = folder.parent; above != nullptr; above = above->parent) {
    if (above->device == folder.device && above->inode == folder.inode) {
      return true;
    }
  }
  return false;
}

}  // namespace

ListCrew::~ListCrew() {
  Reset({});
  {
    const Lock lock(mutex_);
    stop_ = true;
  }
  work_.notify_all();
  for (std::thread& helper : helpers_) {
    helper.join();
  }
}

void ListCrew::Reset(const ListRules& rules) {
  Lock lock(mutex_);
  paused_ = true;
  walk_waits_ = true;
  done_.wait(lock, [this] { return busy_ == 0; });
  walk_waits_ = false;
  paused_ = false;
  order_.clear();
  ahead_ = 0;
  rules_ = rules;
}

std::unique_ptr<NameBlock> ListCrew::Next(ListedFolder* folder, std::unique_ptr<NameBlock> used) {
  if (used != nullptr) {
    used->names.clear();
    used->done = false;
  }
  Lock lock(mutex_);
  if (used != nullptr) {
    spare_.push_back(std::move(used));
  }
  while (folder->blocks.empty() || !folder->blocks.front()->done) {
    const bool begun = !folder->blocks.empty() || folder->reading;
    if (!begun && folder->ended) {
      return nullptr;
    }
    ListedFolder* work = begun ? FindWork() : folder;
    if (work != nullptr) {
      Read(work, &lock, work == folder);
    } else {
      walk_waits_ = true;
      done_.wait(lock);
      walk_waits_ = false;
    }
  }
  std::unique_ptr<NameBlock> block = std::move(folder->blocks.front());
  folder->blocks.erase(folder->blocks.begin());
  --ahead_;
  Call();
  return block;
}

ListedFolder* ListCrew::FindWork() const {
  if (paused_ || ahead_ >= kAheadMax) {
    return nullptr;
  }
  // At most as many as there are threads are being read.
  const auto found = std::find_if(order_.rbegin(), order_.rend(),
                                  [](const ListedFolder* folder) { return !folder->reading; });
  return found != order_.rend() ? *found : nullptr;
}

void ListCrew::Read(ListedFolder* folder, Lock* lock, bool needed_now) {
  folder->reading = true;
  ++ahead_;
  std::unique_ptr<NameBlock> block;
  if (!spare_.empty()) {
    block = std::move(spare_.back());
    spare_.pop_back();
  }
  lock->unlock();
  if (block == nullptr) {
    block = std::make_unique<NameBlock>();
    block->raw = std::make_unique_for_overwrite<char[]>(kBlockBytes);
  }
  if (folder->fd.valid() || Open(folder)) {
    ReadNames(folder, block.get());
  } else {
    folder->ended = folder->failure == 0 || needed_now;
  }
  lock->lock();
  folder->reading = false;
  Order(folder, *block);
  if (!folder->fd.valid() && !folder->ended) {
    folder->failure = 0;
    --ahead_;
    spare_.push_back(std::move(block));
    return;
  }
  NameBlock* read = block.get();
  folder->blocks.push_back(std::move(block));
  if (rules_.stat_files) {
    lock->unlock();
    StatFiles(*folder, read);
    lock->lock();
  }
  read->done = true;
}

void ListCrew::Order(ListedFolder* folder, const NameBlock& block) {
  auto place = std::find(order_.rbegin(), order_.rend(), folder).base();
  if (place == order_.begin()) {
    // The walk's thread was the first to ask for it, and needs it before all others.
    place = order_.insert(order_.end(), folder) + 1;
  }
  if (folder->ended || !folder->fd.valid()) {
    place = order_.erase(place - 1);
  }
  for (auto name = block.names.rbegin(); name != block.names.rend(); ++name) {
    if (name->folder != nullptr && name->folder->depth <= rules_.depth_max) {
      place = order_.insert(place, name->folder.get()) + 1;
    }
  }
}

bool ListCrew::Open(ListedFolder* folder) const {
  const ListedFolder* parent = folder->parent;
  const int flags =
      O_RDONLY | O_DIRECTORY | O_CLOEXEC | (folder->symlinks == Symlinks::kRefuse ? O_NOFOLLOW : 0);
  Fd fd(::openat(parent != nullptr ? parent->fd.get() : AT_FDCWD, folder->name, flags));
  struct ::stat raw = {};
  if (!fd.valid() || ::fstat(fd.get(), &raw) != 0) {
    folder->failure = errno;
    folder->failed_at = fd.valid() ? "stat" : "open folder";
    return false;
  }
  folder->device = raw.st_dev;
  folder->inode = raw.st_ino;
  const bool crosses = parent != nullptr && parent->device != folder->device;
  if (crosses && (rules_.one_file_system ||
                  (rules_.skip_kernel_file_systems && IsKernelFileSystem(fd.get())))) {
    return false;
  }
  if (HoldsItself(*folder)) {
    return false;
  }
  folder->fd = std::move(fd);
  return true;
}

void ListCrew::ReadNames(ListedFolder* folder, NameBlock* block) const {
  std::size_t used = 0;
  while (kBlockBytes - used >= kEntryBytesMax) {
    const ssize_t count =
        ::getdents64(folder->fd.get(), block->raw.get() + used, kBlockBytes - used);
    if (count <= 0) {
      folder->ended = true;
      // A folder that was removed meanwhile is over.
      folder->failure = count < 0 && errno != ENOENT ? errno : 0;
      folder->failed_at = "list folder";
      return;
    }
    const std::size_t end = used + static_cast<std::size_t>(count);
    while (used < end) {
      const auto* item = reinterpret_cast<const struct ::dirent64*>(block->raw.get() + used);
      if (!IsDotName(item->d_name)) {
        block->names.push_back({item->d_name,
                                item->d_type,
                                {},
                                item->d_type == DT_DIR ? Below(folder, item->d_name) : nullptr});
      }
      used += item->d_reclen;
    }
  }
}

std::unique_ptr<ListedFolder> ListCrew::Below(ListedFolder* parent, const char* name) const {
  if (!rules_.recursive) {
    return nullptr;
  }
  std::string path = parent->path + name;
  if (rules_.filter != nullptr && !rules_.filter(rules_.filter_context, path, true)) {
    return nullptr;
  }
  auto folder = std::make_unique<ListedFolder>();
  folder->parent = parent;
  folder->name = name;
  folder->depth = parent->depth + 1;
  folder->path = std::move(path) + '/';
  return folder;
}

void ListCrew::StatFiles(const ListedFolder& folder, NameBlock* block) {
  for (NameBlock::Name& name : block->names) {
    struct ::stat raw = {};
    if (name.type == DT_REG &&
        ::fstatat(folder.fd.get(), name.text, &raw, AT_SYMLINK_NOFOLLOW) == 0) {
      name.stat = FromStat(raw);
    }
  }
}

void ListCrew::Call() {
  if (started_ && idle_ == 0) {
    return;
  }
  // Not for every block that the walk takes, but once half of what may be ahead is used up.
  const ListedFolder* work = 2 * ahead_ <= kAheadMax ? FindWork() : nullptr;
  if (work == nullptr || (order_.size() < kShareMin && !work->fd.valid())) {
    return;
  }
  if (!started_) {
    Start();
    return;
  }
  --idle_;
  ++calls_;
  work_.notify_one();
}

void ListCrew::Start() {
  started_ = true;
  const std::uint32_t helpers =
      rules_.helpers.value_or(std::min(ProcessorCount() - 1, kHelpersMax));
  try {
    for (std::uint32_t i = 0; i < helpers; ++i) {
      helpers_.emplace_back([this] { Help(); });
    }
  } catch (const std::system_error&) {
    // No more threads are to be had: those that started, or this one alone, will do.
  }
}

void ListCrew::Help() {
  Lock lock(mutex_);
  while (!stop_) {
    if (ListedFolder* work = FindWork()) {
      ++busy_;
      Call();
      Read(work, &lock, false);
      --busy_;
      if (walk_waits_) {
        done_.notify_one();
      }
      continue;
    }
    ++idle_;
    work_.wait(lock, [this] { return calls_ > 0 || stop_; });
    calls_ -= calls_ > 0 ? 1 : 0;
  }
}

}  // namespace day::os
