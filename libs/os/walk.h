// Walks folders, one entry at a time, without recursion and without trusting the tree.
//
//   Walker walker(options);
//   walker.Start("/srv/in");
//   WalkEntry entry;
//   while (walker.Next(&entry)) { if (entry.kind == WalkEntry::Kind::kFile) ... }
//
// Entries come in the order the folders list them, a folder's content where the folder stands (the
// order of `yara -r`). Names are read ahead, up to kNamesAhead of a folder. Every folder is opened
// relative to its parent, so renaming a parent meanwhile cannot lead the walk elsewhere. Not
// thread-safe.
#pragma once

#include <dirent.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libs/base/result.h"
#include "libs/os/fd.h"
#include "libs/os/file.h"
#include "libs/os/stat_crew.h"

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
  bool stat_files = false;        // tell the state of every file; asked for many at once
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

  // Asked for each folder with its path before it is entered; false leaves it out. Also for files.
  void set_filter(bool (*filter)(void* context, std::string_view path, bool is_folder),
                  void* context) {
    filter_ = filter;
    filter_context_ = context;
  }

 private:
  struct CloseDir {
    void operator()(DIR* dir) const { ::closedir(dir); }
  };
  struct Name {
    std::size_t text_at = 0;  // of Level::text
    unsigned char type = 0;
    std::optional<FileStat> stat;
  };
  struct Level {
    std::unique_ptr<DIR, CloseDir> dir;
    std::vector<Name> names;  // read and not yet visited: from `next`
    std::string text;         // of the names, each ended by a zero
    std::size_t next = 0;
    int failure = 0;            // errno of the listing, told behind the names
    bool ended = false;         // nothing is left to read
    std::size_t path_size = 0;  // of path_, up to and with the slash
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
  };

  bool StartEntry(WalkEntry* entry);
  // Reads the next names of a folder.
  void ReadNames(Level* level);
  // Handles one name of the top level; true if `entry` was filled.
  bool Visit(const char* text, const Name& name, WalkEntry* entry);
  bool EnterFolder(int folder_fd, const char* name, Symlinks symlinks, WalkEntry* entry);
  bool FillError(base::Error error, WalkEntry* entry);
  bool Wanted(bool is_folder) const {
    return filter_ == nullptr || filter_(filter_context_, path_, is_folder);
  }

  static constexpr std::size_t kNamesAhead = 1024;

  WalkOptions options_;
  StatCrew crew_;
  std::vector<StatRequest> requests_;
  std::string path_;
  std::vector<Level> levels_;
  bool at_start_ = false;
  std::uint64_t start_device_ = 0;
  bool (*filter_)(void*, std::string_view, bool) = nullptr;
  void* filter_context_ = nullptr;
};

}  // namespace day::os
