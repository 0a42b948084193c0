// What a database says files are, by their first bytes: ClamAV's .ftm, which adds to what
// libs/engine/descend/identify.h knows and never takes away from it.
//
//   FileTypeTable table(database.lists());
//   table.TypeOf(data, now, is_partition);
//
// Of lines of bytes the last one wins, as in ClamAV; patterns are asked only where the type is not
// known otherwise. Types that only say where a file is embedded (CL_TYPE_ZIPSFX, ...) and
// CL_TYPE_IGNORED ("do not scan") say nothing here. Not thread-safe: patterns are compiled when
// first needed.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libs/base/bytes.h"
#include "libs/signatures/clamav/regex.h"
#include "libs/signatures/filetypes/filetype_line.h"

namespace day::signatures::filetypes {

// How far ClamAV looks; patterns may stand elsewhere if their offset says so.
inline constexpr std::size_t kStartBytes = 1024;

class FileTypeTable {
 public:
  // Lists as database_builder.h's AddList() puts them together; others in them are passed over.
  explicit FileTypeTable(std::string_view lists);

  bool empty() const { return bytes_.empty() && partitions_.empty() && patterns_.empty(); }

  // The type, or nothing if the table does not know it. `now`: what it is taken for so far.
  std::optional<clamav::ClamType> TypeOf(base::Bytes data, clamav::ClamType now, bool is_partition);

 private:
  struct Pattern {
    FileTypeMagic magic;
    std::optional<clamav::Regex> regex;
    bool is_compiled = false;
  };

  std::optional<std::uint64_t> EndOf(Pattern& pattern, base::Bytes data);
  std::optional<clamav::ClamType> ByPatterns(base::Bytes data, clamav::ClamType now);

  std::vector<FileTypeMagic> bytes_;  // last line first
  std::vector<FileTypeMagic> partitions_;
  std::vector<Pattern> patterns_;
};

}  // namespace day::signatures::filetypes
