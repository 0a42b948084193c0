// Walks a folder as yara 4.5.8 does: in the order in which folders list their names, a folder's
// content where the folder stands, symbolic links followed unless told otherwise.
//
// As in yara, folders that cannot be listed are passed over in silence, a link to "." or ".." is
// left out, and a cycle of links ends where the system refuses to resolve the path. Folders are
// opened relative to their parents. Bounded by kYaraPathBytesMax. Not thread-safe.
#pragma once

#include <dirent.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "libs/os/fd.h"
#include "libs/os/file.h"

namespace day::endpoint::cli {

inline constexpr std::size_t kYaraPathBytesMax = 4095;

struct YaraWalkOptions {
  bool recursive = false;
  bool follow_symlinks = true;
  std::int64_t skip_larger_bytes = 0;  // files of at least this size; 0: none
};

// A file that yara would scan.
struct YaraFile {
  enum class State : std::uint8_t { kOpen, kNotOpened, kTooLarge };
  State state = State::kOpen;
  os::Fd fd;  // kOpen
  os::FileStat stat;
};

class YaraWalk {
 public:
  // `folder` may be absent: the walk is then empty.
  YaraWalk(std::string folder, const YaraWalkOptions& options);

  // The next file; false at the end.
  bool Next(YaraFile* file);
  // Its path, valid until the next Next().
  const std::string& path() const { return path_; }

 private:
  struct CloseDir {
    void operator()(DIR* dir) const { ::closedir(dir); }
  };
  struct Level {
    std::unique_ptr<DIR, CloseDir> dir;
    std::size_t path_size = 0;  // of path_, up to and with the slash
  };
  enum class Kind : std::uint8_t { kFile, kFolder, kLeftOut };

  Kind Classify(int folder_fd, const struct ::dirent& item);
  Kind ClassifyLink(int folder_fd, const char* name);
  void Enter(int folder_fd, const char* name);
  bool Open(int folder_fd, const char* name, YaraFile* file);

  YaraWalkOptions options_;
  std::string path_;
  std::vector<Level> levels_;
};

}  // namespace day::endpoint::cli
