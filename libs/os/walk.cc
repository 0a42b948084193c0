#include "libs/os/walk.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <utility>

namespace day::os {

void Walker::Start(std::string path) {
  ListRules rules;
  rules.recursive = options_.recursive;
  rules.one_file_system = options_.one_file_system;
  rules.skip_kernel_file_systems = options_.skip_kernel_file_systems;
  rules.depth_max = options_.depth_max;
  rules.stat_files = options_.stat_files;
  rules.helpers = options_.helpers;
  rules.filter = filter_;
  rules.filter_context = filter_context_;
  crew_.Reset(rules);
  path_ = std::move(path);
  levels_.clear();
  at_start_ = true;
}

bool Walker::FillError(base::Error error, WalkEntry* entry) {
  entry->kind = WalkEntry::Kind::kError;
  entry->path = path_;
  entry->stat.reset();
  entry->followed = false;
  entry->error = std::move(error);
  return true;
}

bool Walker::StartEntry(WalkEntry* entry) {
  at_start_ = false;
  base::Result<FileStat> stat = StatPath(path_, Symlinks::kFollow);
  if (!stat.ok()) {
    return FillError(std::move(stat).error(), entry);
  }
  if (stat->kind == FileKind::kDirectory) {
    auto folder = std::make_unique<ListedFolder>();
    folder->name = path_.c_str();
    folder->symlinks = Symlinks::kFollow;
    folder->path = path_.back() == '/' ? path_ : path_ + '/';
    return EnterFolder(std::move(folder), entry);
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

bool Walker::EnterFolder(std::unique_ptr<ListedFolder> folder, WalkEntry* entry) {
  if (folder->depth > options_.depth_max) {
    return FillError(
        base::MakeError(base::ErrorKind::kLimit,
                        "folders nest deeper than " + std::to_string(options_.depth_max)),
        entry);
  }
  std::unique_ptr<NameBlock> block = crew_.Next(folder.get(), nullptr);
  if (folder->fd.valid()) {
    levels_.push_back({std::move(folder), std::move(block)});
    return false;
  }
  return folder->failure != 0 && FillError(ErrnoError(folder->failed_at, folder->failure), entry);
}

bool Walker::Visit(NameBlock::Name* name, WalkEntry* entry) {
  ListedFolder* parent = levels_.back().folder.get();
  path_.append(name->text);
  if (name->type == DT_DIR) {
    return name->folder != nullptr && EnterFolder(std::move(name->folder), entry);
  }
  unsigned char type = name->type;
  entry->stat = name->stat;
  entry->followed = false;
  const bool follow = options_.links == WalkOptions::Links::kFollow;
  if (type == DT_UNKNOWN || (type == DT_LNK && follow)) {
    struct ::stat raw = {};
    if (::fstatat(parent->fd.get(), name->text, &raw, follow ? 0 : AT_SYMLINK_NOFOLLOW) != 0) {
      // A link that points nowhere is not a file that could not be scanned.
      return type == DT_LNK ? false : FillError(ErrnoError("stat", errno), entry);
    }
    const FileStat stat = FromStat(raw);
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
    auto folder = std::make_unique<ListedFolder>();
    folder->parent = parent;
    folder->name = name->text;
    folder->symlinks = follow ? Symlinks::kFollow : Symlinks::kRefuse;
    folder->depth = parent->depth + 1;
    folder->path = path_ + '/';
    return EnterFolder(std::move(folder), entry);
  }
  entry->kind = type == DT_REG ? WalkEntry::Kind::kFile : WalkEntry::Kind::kSpecial;
  entry->folder_fd = parent->fd.get();
  entry->name = name->text;
  entry->path = path_;
  return true;
}

bool Walker::Next(WalkEntry* entry) {
  if (at_start_ && StartEntry(entry)) {
    return true;
  }
  while (!levels_.empty()) {
    Level& level = levels_.back();
    path_ = level.folder->path;
    if (level.block == nullptr) {
      const int failure = level.folder->failure;
      levels_.pop_back();
      if (failure != 0) {
        return FillError(ErrnoError("list folder", failure), entry);
      }
      continue;
    }
    if (level.next == level.block->names.size()) {
      level.block = crew_.Next(level.folder.get(), std::move(level.block));
      level.next = 0;
      continue;
    }
    if (Visit(&level.block->names[level.next++], entry)) {
      return true;
    }
  }
  return false;
}

}  // namespace day::os
