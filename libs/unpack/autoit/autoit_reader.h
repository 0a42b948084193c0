// Opens what AutoIt's compiler appends to its interpreter: the script and the files that it
// installs (formats EA05 of AutoIt 3.0 to 3.2 and EA06 of 3.2.6 and later).
//
// Contents are "encrypted" with keys that are in the file or known to everybody, and packed by an
// LZ of AutoIt's own. EA06 scripts, which are tokens, are given as
// text (script_text.h). Linear in the file and its
// output. Not thread-safe.
#pragma once

#include <string>

#include "libs/unpack/parts/archive.h"

namespace day::unpack::autoit {

class AutoitReader final : public parts::Archive {
 public:
  // Whether the mark of either format starts the data.
  static bool IsAutoit(base::Bytes data);
  // Where such data starts in `data`, at or behind `from`.
  static std::optional<std::uint64_t> Find(base::Bytes data, std::uint64_t from);

  // REQUIRES: IsAutoit(data), which outlives the reader.
  explicit AutoitReader(base::Bytes data);

  std::optional<parts::Member> Next(base::Budget& budget, inflate::OutputBuffer& buffer) override;
  std::string_view problem() const override { return problem_; }

 private:
  void ShowScript(base::Budget& budget, parts::Member& member);

  base::Bytes data_;
  bool is_ea06_ = false;
  std::uint64_t offset_ = 0;
  std::uint32_t password_sum_ = 0;  // EA05: part of the contents' key
  bool ended_ = false;
  std::string problem_;
  inflate::OutputBuffer script_;  // as text
};

// The LZ of either format, with its header of eight bytes, which says which; a damaged one is a
// gap, and it is that of the archive. For the fuzz target too.
void DecodeAutoit(base::Bytes packed, bool is_ea06, base::Budget& budget,
                  inflate::OutputBuffer& buffer, parts::Member& member);

}  // namespace day::unpack::autoit
