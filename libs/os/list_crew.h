// The folders that a walk will enter next, listed ahead on several threads: a question to the
// kernel costs most of a microsecond, nearly all of it waiting for memory (or much longer, for a
// disk), and a tree of small folders asks several for each.
//
// Folders are listed in the order in which the walk will need them: a folder's subfolders in the
// order of their names, each with everything below it. Huge folders are read in blocks. Nobody is
// waited for who has not begun: what no helper has begun the walk's thread lists itself, and while
// a helper is at what it needs, it lists what comes after. On a busy machine it walks alone.
//
// At most kAheadMax blocks are ahead of the walk, and as many descriptors.
//
// Thread safety: all public members belong to the walk's thread.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "libs/os/fd.h"
#include "libs/os/file.h"

namespace day::os {

struct ListRules {
  bool recursive = true;
  bool one_file_system = false;
  bool skip_kernel_file_systems = true;
  std::uint32_t depth_max = 256;
  bool stat_files = false;
  std::optional<std::uint32_t> helpers = std::nullopt;  // none: as many as the processors allow
  // Asked for each folder before it is opened, by several threads at once; false leaves it out.
  bool (*filter)(void* context, std::string_view path, bool is_folder) = nullptr;
  void* filter_context = nullptr;
};

struct ListedFolder;

// Some names of a folder, in the order in which it lists them; never "." and "..".
struct NameBlock {
  struct Name {
    const char* text = nullptr;  // in `raw`
    unsigned char type = 0;      // DT_REG and its like
    std::optional<FileStat> stat;
    // For what the folder itself calls a folder, unless the rules leave it out. The walk takes it.
    std::unique_ptr<ListedFolder> folder;
  };
  std::unique_ptr<char[]> raw;  // as the kernel gave it
  std::vector<Name> names;
  bool done = false;  // the states of the files have been asked for
};

struct ListedFolder {
  // How to open it, relative to its parent (the start has none), which outlives it as the name
  // does. A symbolic link is followed only if told to.
  ListedFolder* parent = nullptr;
  const char* name = "";
  Symlinks symlinks = Symlinks::kRefuse;
  std::uint32_t depth = 1;  // 1: the start
  std::string path;         // for people; with a slash at its end

  // Known after the first ListCrew::Next(). Not valid: it was left out, or could not be opened.
  Fd fd;
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  // Why it could not be opened, or be read to its end: errno, and what was tried.
  int failure = 0;
  const char* failed_at = "";

 private:
  friend class ListCrew;
  // Somebody reads names: nobody else looks at what is above and at `ended`.
  bool reading = false;
  bool ended = false;                              // there are no more names
  std::vector<std::unique_ptr<NameBlock>> blocks;  // read, and not yet taken by the walk
};

class ListCrew {
 public:
  // Helpers start when first needed, and as many as the rules say then; if they do not say, one
  // less than there are processors, at most kHelpersMax.
  ListCrew() = default;
  ~ListCrew();
  ListCrew(const ListCrew&) = delete;
  ListCrew& operator=(const ListCrew&) = delete;

  // Forgets all folders, waiting for those that are being listed; what is asked for from now on
  // follows these rules.
  void Reset(const ListRules& rules);

  // The next names of a folder, maybe none of them; nullptr: it is over. Without a descriptor the
  // folder was left out, because it holds itself or the rules say so, or it has a failure. `used`
  // is a block that nobody needs any more, or none.
  std::unique_ptr<NameBlock> Next(ListedFolder* folder, std::unique_ptr<NameBlock> used);

 private:
  using Lock = std::unique_lock<std::mutex>;

  static constexpr std::uint32_t kHelpersMax = 4;
  static constexpr std::uint32_t kAheadMax = 64;
  // Fewer folders are not worth waking anybody for.
  static constexpr std::size_t kShareMin = 4;
  static constexpr std::size_t kBlockBytes = 32u << 10;
  // Room for the longest name there may be: 280 bytes where the kernel's own limit holds.
  static constexpr std::size_t kEntryBytesMax = 4096;

  // What should be listed next, if anything may.
  ListedFolder* FindWork() const;
  // Reads the next block of a folder; unlocks meanwhile. What cannot be opened and is not needed
  // now stays unread: the walk tries again, and tells what is wrong when it stands there.
  void Read(ListedFolder* folder, Lock* lock, bool needed_now);
  // Puts the folders that a block names before what is left of the one that was read.
  void Order(ListedFolder* folder, const NameBlock& block);
  bool Open(ListedFolder* folder) const;
  void ReadNames(ListedFolder* folder, NameBlock* block) const;
  // The folder of a name; none: the rules leave it out.
  std::unique_ptr<ListedFolder> Below(ListedFolder* parent, const char* name) const;
  static void StatFiles(const ListedFolder& folder, NameBlock* block);
  // Wakes a helper if there is enough to do.
  void Call();
  void Start();
  void Help();

  std::mutex mutex_;
  std::condition_variable work_;  // for helpers
  std::condition_variable done_;  // for the walk
  ListRules rules_;               // constant while anybody lists
  // The folders that have blocks to read, what is needed first last.
  std::vector<ListedFolder*> order_;
  std::vector<std::unique_ptr<NameBlock>> spare_;
  std::uint32_t ahead_ = 0;  // blocks that are being read or wait for the walk
  std::uint32_t busy_ = 0;   // helpers that list
  std::uint32_t idle_ = 0;   // helpers that sleep and were not called
  std::uint32_t calls_ = 0;  // that no helper has heard yet
  bool walk_waits_ = false;
  bool paused_ = false;  // nobody begins anything
  bool stop_ = false;
  bool started_ = false;
  std::vector<std::thread> helpers_;
};

}  // namespace day::os
