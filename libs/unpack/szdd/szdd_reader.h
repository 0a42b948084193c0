// Opens the files of Microsoft's COMPRESS.EXE: SZDD ("file.ex_"), its QBasic form, and KWAJ with
// all its methods.
//
// One member, named after the file with the letter that the header keeps, or as KWAJ's header says;
// and a second one, with all that can be decoded, if the data go on behind the declared size.
// Linear in the file and its output. Not thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "libs/unpack/parts/archive.h"

namespace day::unpack::szdd {

class SzddReader final : public parts::Archive {
 public:
  // Whether one of the magic numbers starts the file.
  static bool IsSzdd(base::Bytes file);

  // REQUIRES: IsSzdd(file), which outlives the reader. `name` is that of the file.
  explicit SzddReader(base::Bytes file, std::string_view name = {}) : file_(file), name_(name) {}

  std::optional<parts::Member> Next(base::Budget& budget, inflate::OutputBuffer& buffer) override;

 private:
  parts::Member ReadKwaj(base::Budget& budget, inflate::OutputBuffer& buffer);
  parts::Member ReadSzdd(base::Budget& budget, inflate::OutputBuffer& buffer);
  parts::Member Finish(std::string name, std::uint64_t size, base::Bytes content, std::string gap);

  base::Bytes file_;
  std::string name_;
  bool is_given_ = false;
  bool is_beyond_ = false;  // the next member is all that can be decoded
};

}  // namespace day::unpack::szdd
