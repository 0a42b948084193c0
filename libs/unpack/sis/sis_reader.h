// Opens Symbian's installation files of EPOC releases 3 to 6 (before Symbian 9): the files in them,
// of every language. UID3 says that it is one, UID2 whether it is of release 5; any other UID2 is
// read as release 6, and the second record tells whether that was wrong. Later files (0x10201A7A at
// the start) are Sis9Reader's.
//
// Conditions are not evaluated: both branches are given. Option lists end the walk, and problem()
// says so. Linear in the file and its output. Not thread-safe.
#pragma once

#include <string>

#include "libs/unpack/inflate/inflate.h"
#include "libs/unpack/parts/archive.h"

namespace day::unpack::sis {

class SisReader final : public parts::Archive {
 public:
  static bool IsSis(base::Bytes file);

  // REQUIRES: IsSis(file), which outlives the reader.
  explicit SisReader(base::Bytes file);

  std::optional<parts::Member> Next(base::Budget& budget, inflate::OutputBuffer& buffer) override;
  std::string_view problem() const override { return problem_; }

 private:
  bool IsRecord(std::uint64_t offset) const;
  bool ReadRecord();
  parts::Member ReadFile(base::Budget& budget, inflate::OutputBuffer& buffer);

  base::Bytes file_;
  bool is_release6_;
  bool is_unicode_;
  bool is_packed_;
  std::uint32_t languages_;
  std::uint32_t records_left_;
  std::uint64_t record_;       // offset of the next record
  std::uint64_t lengths_ = 0;  // of the record being read: offset of its sizes
  std::uint32_t files_ = 0;    // its files, one for each language
  std::uint32_t file_index_ = 0;
  std::string name_;
  inflate::Inflater inflater_;
  std::string problem_;
};

}  // namespace day::unpack::sis
