// The names of signatures that are left out: ClamAV's .ign2 and .ign files.
//
//   .ign2   NAME[:MD5 of the whole line]
//   .ign    FILE:LINE:NAME
//
// Names are compared exactly, without ".UNOFFICIAL". With an MD5 only a line that is exactly that
// one is left out, so that a corrected signature is used again. Not thread-safe; const operations
// are.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "libs/signatures/database_builder.h"

namespace day::signatures::sources {

inline constexpr std::size_t kIgnoredMax = 1'000'000;

class IgnoreList {
 public:
  // Adds the names of one file; its ending tells which format.
  FileReport AddFile(std::string_view file_name, std::string_view text);

  bool empty() const { return entries_.empty(); }
  // The names without an MD5, one a line, in order: for what has no lines, as rules.
  std::string Names() const;
  // Whether the signature of this name, standing in this line, is left out.
  bool Ignores(std::string_view name, std::string_view line) const;

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>{}(text);
    }
  };
  // By name: the MD5s that are asked for, in lower case; an empty one asks for none.
  std::unordered_map<std::string, std::vector<std::string>, Hash, std::equal_to<>> entries_;
};

}  // namespace day::signatures::sources
