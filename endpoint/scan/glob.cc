#include "endpoint/scan/glob.h"

#include <fnmatch.h>

#include <algorithm>

namespace day::endpoint::scan {

GlobSet::GlobSet(std::vector<std::string> patterns) : patterns_(std::move(patterns)) {
  for (std::string& pattern : patterns_) {
    // "/srv/cache/" means the folder.
    while (pattern.size() > 1 && pattern.back() == '/') {
      pattern.pop_back();
    }
  }
}

bool GlobSet::Matches(std::string_view path) const {
  if (patterns_.empty()) {
    return false;
  }
  const std::string whole(path);
  const std::string last = whole.substr(whole.rfind('/') + 1);
  return std::any_of(patterns_.begin(), patterns_.end(), [&](const std::string& pattern) {
    const bool has_slash = pattern.find('/') != std::string::npos;
    return ::fnmatch(pattern.c_str(), (has_slash ? whole : last).c_str(), 0) == 0;
  });
}

}  // namespace day::endpoint::scan
