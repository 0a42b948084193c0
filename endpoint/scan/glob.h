// --exclude: shell patterns against paths. A pattern with a slash is compared with the whole path,
// one without it with the last part alone. `*` and `?` match slashes too, as in `find -path`.
// Thread safety: immutable after construction.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace day::endpoint::scan {

class GlobSet {
 public:
  GlobSet() = default;
  explicit GlobSet(std::vector<std::string> patterns);

  bool empty() const { return patterns_.empty(); }
  bool Matches(std::string_view path) const;

 private:
  std::vector<std::string> patterns_;
};

}  // namespace day::endpoint::scan
