// Walks an ARJ archive: stored files and methods 1 to 4 of ARJ 2.x.
//
// Headers whose checksum is wrong are read all the same, if they can be; behind those and what
// cannot be read the next header is looked for by its mark and checksum, and problem() says so.
// Encrypted files and unknown methods are gaps; a file that goes on in another volume is given as
// far as it goes, with a gap. Bytes behind the end mark are not looked at. Linear in the file and
// its output. Not thread-safe.
#pragma once

#include <string>

#include "libs/unpack/parts/archive.h"

namespace day::unpack::arj {

// Marks that are looked at behind damage; each may cost a checksum over a whole header.
inline constexpr std::size_t kCandidatesMax = 10'000;

class ArjReader final : public parts::Archive {
 public:
  // Whether a main header starts the file, with the right checksum or with a header behind it; or a
  // damaged one, with a header that has the right checksum soon behind it. Looks at 4 KiB.
  static bool IsArj(base::Bytes file);

  // REQUIRES: IsArj(file), which outlives the reader.
  explicit ArjReader(base::Bytes file) : file_(file) {}

  std::optional<parts::Member> Next(base::Budget& budget, inflate::OutputBuffer& buffer) override;
  std::string_view problem() const override { return problem_; }

 private:
  bool Resync();

  base::Bytes file_;
  std::uint64_t offset_ = 0;
  std::size_t candidates_ = 0;
  bool ended_ = false;
  std::string problem_;
};

}  // namespace day::unpack::arj
