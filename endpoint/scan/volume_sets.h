// Archives in several files of one folder (libs/volumes/volume_names.h).
//
// One file of a set is scanned with all of them: the lead (a.zip, a.7z.001, a.part1.rar, a.rar,
// data1.hdr) if the scan comes to it, else the first that the scan meets. What the files hold is
// for the worker to find out. Not thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libs/base/result.h"
#include "libs/os/fd.h"
#include "libs/os/walk.h"
#include "libs/volumes/volume_names.h"

namespace day::endpoint::scan {

class VolumeSets {
 public:
  // Where a file stands in its set.
  struct Place {
    std::vector<std::string> names;  // of all, in order, as they are opened
    std::uint32_t volume = 0;        // which of them the file is
    bool speaks_for_all = false;
  };

  // Sets of more than `bytes_max` bytes are none.
  explicit VolumeSets(std::uint64_t bytes_max) : bytes_max_(bytes_max) {}

  // Nothing if the file belongs to no set of two or more readable files. `comes_to` says whether
  // the scan meets the lead, given its path, by itself.
  std::optional<Place> Find(const os::WalkEntry& entry,
                            const std::function<bool(std::string_view)>& comes_to);

 private:
  struct Set {
    std::vector<std::string> names;  // without folders, in order; fewer than two: no set
    bool is_told = false;
  };

  Set Look(const os::WalkEntry& entry, std::string_view folder,
           const volumes::VolumeNames& names) const;

  std::uint64_t bytes_max_;
  std::map<std::string, Set> sets_;  // by the lead's path
};

// All volumes in one memory file.
struct JoinedVolumes {
  os::Fd fd;
  std::vector<std::uint64_t> volume_bytes;
};

// Errors: kLimit (more than `bytes_max`), as os::ErrnoError.
base::Result<JoinedVolumes> JoinVolumes(int folder_fd, const std::vector<std::string>& names,
                                        std::uint64_t bytes_max);

// Appends a stream to a memory file and returns how much that was. Errors: kLimit (more than
// `bytes_max`), as os::ErrnoError.
base::Result<std::uint64_t> AppendToMemory(int from, const os::Fd& to, std::uint64_t bytes_max);

}  // namespace day::endpoint::scan
