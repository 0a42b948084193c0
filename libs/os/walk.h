// Walks folders, one entry at a time, without recursion and without trusting the tree.
//
//   Walker walker(options);
//   walker.Start("/srv/in");
//   WalkEntry entry;
//   while (walker.Next(&entry)) { if (entry.kind == WalkEntry::Kind::kFile) ... }
//
// Entries come in the order the folders list them, a folder's content where the folder stands (the
// order of `yara -r`). Folders are listed ahead, on several threads (libs/os/list_crew.h): what an
// entry tells was so a little before. Every folder is opened relative to its parent, so renaming a
// parent meanwhile cannot lead the walk elsewhere. Not thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libs/base/result.h"
#include "libs/os/file.h"
#include "libs/os/list_crew.h"

namespace day::os {

struct WalkOptions {
  enum class Links : std::uint8_t {
    kNever,   // symbolic links below the start are left alone
    kFollow,  // followed; a folder that holds itself is entered once
  };
  bool recursive = true;
  Links links = Links::kNever;
  bool one_file_system = false;
  // Leave out /proc, /sys and their like where they are mounted below the start: their files are
  // questions to the kernel, some of which never end.
  bool skip_kernel_file_systems = true;
  std::uint32_t depth_max = 256;  // folders inside folders; each holds a descriptor
  bool stat_files = false;        // tell the state of every file
  // Threads that list ahead; none: as many as the processors allow.
  std::optional<std::uint32_t> helpers = std::nullopt;
};

struct WalkEntry {
  enum class Kind : std::uint8_t {
    kFile,     // a regular file
    kSpecial,  // a device, socket or FIFO: never opened
    kError,    // `error` says what could not be listed
  };
  Kind kind = Kind::kFile;
  // Open relative to these; valid until the next Next().
  int folder_fd = -1;
  const char* name = "";
  // The path for people: the start's path, and the way down. Valid until the next Next().
  std::string_view path;
  // Set if the walk had to ask for it anyway, or was told to and could.
  std::optional<FileStat> stat;
  bool followed = false;  // the name is a symbolic link and `stat` is its target's
  base::Error error;
};

class Walker {
 public:
  explicit Walker(const WalkOptions& options) : options_(options) {}

  // Begins at `path`, a file or a folder; a symbolic link given here is always followed.
  // REQUIRES: the last walk is over. Errors are entries.
  void Start(std::string path);

  // The next file or error. False: the walk is over.
  bool Next(WalkEntry* entry);

  // Asked for each folder with its path before it is opened, and for each file; false leaves it
  // out. Folders are asked for ahead of the walk and by several threads at once. REQUIRES: before
  // Start().
  void set_filter(bool (*filter)(void* context, std::string_view path, bool is_folder),
                  void* context) {
    filter_ = filter;
    filter_context_ = context;
  }

 private:
  struct Level {
    std::unique_ptr<ListedFolder> folder;
    std::unique_ptr<NameBlock> block;  // none: the folder is over
    std::size_t next = 0;              // name of the block
  };

  bool StartEntry(WalkEntry* entry);
  // Handles one name of the top level; true if `entry` was filled.
  bool Visit(NameBlock::Name* name, WalkEntry* entry);
  bool EnterFolder(std::unique_ptr<ListedFolder> folder, WalkEntry* entry);
  bool FillError(base::Error error, WalkEntry* entry);
  bool Wanted(bool is_folder) const {
    return filter_ == nullptr || filter_(filter_context_, path_, is_folder);
  }

  WalkOptions options_;
  std::string path_;
  std::vector<Level> levels_;
  bool at_start_ = false;
  bool (*filter_)(void*, std::string_view, bool) = nullptr;
  void* filter_context_ = nullptr;
  ListCrew crew_;  // ends before the folders do
};

}  // namespace day::os
