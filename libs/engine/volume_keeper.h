// The objects of one container that may be volumes of an archive, by their names, until all are
// there: a mail with "a.z01" and "a.zip", a disc with "data1.hdr" and "data1.cab".
//
// Memory: copies of what is kept, and once more of what is put together. Not thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libs/base/bytes.h"

namespace day::engine {

class VolumeKeeper {
 public:
  struct Archive {
    std::string lead;  // name of the object that stands for it
    std::vector<std::byte> joined;
    std::vector<std::uint64_t> starts;  // of each volume in `joined`
  };

  // By its name alone, which may have folders in front, or the number of a mail's part and a colon.
  static bool MayBeVolume(std::string_view name);

  // REQUIRES: MayBeVolume(name). Of two objects of one name the first is kept.
  void Keep(std::string_view name, base::Bytes content);
  std::uint64_t bytes() const { return bytes_; }

  // The next archive of two or more volumes, which are kept no longer.
  std::optional<Archive> Next();

 private:
  struct Volume {
    std::string name;
    std::vector<std::byte> content;
  };
  std::optional<Archive> Take(const std::vector<std::string>& keys, const std::string& lead);

  std::map<std::string, Volume> kept_;  // by folder and own name
  std::uint64_t bytes_ = 0;
};

}  // namespace day::engine
